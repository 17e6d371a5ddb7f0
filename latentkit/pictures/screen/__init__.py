"""Pictures in characters, for a terminal: over ssh one sees the classes, too.

    canvas      cells of characters, and finer dots within them (Braille)
    looks       colors and characters of classes, readable on dark and light terminals
    scatter     a projection
    curves      the curves of trainings

Whatever comes from files goes through lettering first: the only escape sequences are our own colors.
"""

from latentkit.pictures.screen.curves import curves
from latentkit.pictures.screen.scatter import scatter

__all__ = ["curves", "scatter"]
