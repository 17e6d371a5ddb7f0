"""Pictures: figures as bytes, drawn without a display and without global state.

    style       format, theme, width and resolution
    coloring   what the colors of a figure say: classes, or a quantity
    palette     colors and shapes that the color-blind can tell apart
    lettering   any text at all made fit to be drawn
    caption     what must stand under a projection
    scatter     projections as a figure; layout, points, contours, naming, inlays and legend are its parts
    thumbnails  where the small pictures on a scatter come from
    course      what a run's history says of its training
    curves      the same as a figure
    screen      scatter and curves in characters, for a terminal

The same input gives the same bytes. Nothing here writes files.
"""

from latentkit.pictures.caption import Caption, caption
from latentkit.pictures.coloring import Classes, Quantity, coloring
from latentkit.pictures.course import Course, courses
from latentkit.pictures.curves import curves
from latentkit.pictures.scatter import Panel, panel, scatter
from latentkit.pictures.style import FORMATS, THEMES, Screen, Style
from latentkit.pictures.thumbnails import Thumbnails, thumbnails

__all__ = [
    "FORMATS",
    "THEMES",
    "Caption",
    "Classes",
    "Course",
    "Panel",
    "Quantity",
    "Screen",
    "Style",
    "Thumbnails",
    "caption",
    "coloring",
    "courses",
    "curves",
    "panel",
    "scatter",
    "thumbnails",
]
