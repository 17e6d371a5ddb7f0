"""Pictures: figures as bytes, drawn without a display and without global state.

    colouring   what the colours of a figure say: classes, or a quantity
    palette     colours and shapes that the colour-blind can tell apart
    lettering   any text at all made fit to be drawn
    caption     what must stand under a projection
    scatter     a projection as PNG, SVG or PDF

The same input gives the same bytes. Nothing here reads or writes files.
"""

from latentkit.pictures.caption import Caption, caption
from latentkit.pictures.colouring import Classes, Quantity, colouring
from latentkit.pictures.scatter import FORMATS, scatter

__all__ = ["FORMATS", "Caption", "Classes", "Quantity", "caption", "colouring", "scatter"]
