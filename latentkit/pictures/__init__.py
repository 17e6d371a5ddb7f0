"""Figures as bytes, drawn without a display and without global state.

    palette        distinguishable colors and marker shapes, of figures and pages
    coloring       what the colors of a figure stand for: classes, or a quantity
    text_metrics   text that can be drawn, and the space that it takes
    render         format, size and resolution; matplotlib figures to bytes
    caption        the caption of a projection
    scatter        projections as a figure; layout, points, density, class_names, insets and legend are its parts
    thumbnails     sources of the small images on a scatter plot
    history        the history of a training run as series
    curves         the series as a figure; findings are marked on it
    sheet          small images with text around them; arrangement and grid draw them
    screen         scatter plots and curves in characters, for a terminal

The same input gives the same bytes. Nothing here writes files.
"""

from latentkit.pictures.caption import Caption, Panel, caption, panel, relabel
from latentkit.pictures.coloring import Classes, Quantity, coloring
from latentkit.pictures.curves import curves
from latentkit.pictures.history import RunHistory, read_histories
from latentkit.pictures.palette import THEMES, with_palette
from latentkit.pictures.render import FORMATS, Screen, Style
from latentkit.pictures.scatter import scatter
from latentkit.pictures.thumbnails import Thumbnails, thumbnails

__all__ = [
    "FORMATS",
    "THEMES",
    "Caption",
    "Classes",
    "Panel",
    "Quantity",
    "RunHistory",
    "Screen",
    "Style",
    "Thumbnails",
    "caption",
    "coloring",
    "curves",
    "panel",
    "read_histories",
    "relabel",
    "scatter",
    "thumbnails",
    "with_palette",
]
