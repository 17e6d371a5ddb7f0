"""Images on the points of a scatter plot, each at its own point, none over another or over a class name."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.class_names import Box
from latentkit.pictures.coloring import Classes, Coloring
from latentkit.pictures.palette import Theme
from latentkit.pictures.thumbnails import Thumbnails

__all__ = ["choose_rows", "draw_insets"]

SIDES = (0.62, 0.54, 0.46, 0.39, 0.33, 0.28, 0.24, 0.2)
"""Inches; the largest side at which all requested images fit is used, else the smallest."""


def draw_insets(
    figure: Any,
    frame: Box,
    positions: NDArray[np.float64],
    coloring: Coloring,
    theme: Theme,
    thumbnails: Thumbnails,
    occupied: Sequence[Box],
    dpi: int,
) -> None:
    """Draw thumbnails on points, within a frame and outside the occupied boxes, with borders in class colors.

    `positions` (N, 2) are those of the points, in pixels of the figure.
    """
    count = min(thumbnails.max_count, int(thumbnails.available.sum()))
    for inches in SIDES:
        side = inches * figure.dpi
        rows = choose_rows(positions, thumbnails.available, side, frame, count, occupied)
        if len(rows) == count:
            break
    if not len(rows):
        return
    for row, pixels in thumbnails.read(rows, math.ceil(inches * max(dpi, 96))).items():
        color = theme.look(int(coloring.codes[row])).color if isinstance(coloring, Classes) else theme.faint
        _draw(figure, pixels, positions[row], side, color)


def choose_rows(
    positions: NDArray[np.float64],
    available: NDArray[np.bool_],
    side: float,
    frame: Box,
    max_count: int,
    occupied: Sequence[Box],
) -> NDArray[np.intp]:
    """Return rows of at most `max_count` points for images of this side, in a seeded random order.

    The squares around the points lie within the frame and overlap neither each other nor the occupied boxes.
    """
    half = side / 2
    inside = (positions >= (frame.x0 + half, frame.y0 + half)) & (
        positions <= (frame.x1 - half, frame.y1 - half)
    )
    usable = available & inside.all(axis=1)
    for box in occupied:
        clear = (positions[:, 0] + half <= box.x0) | (positions[:, 0] - half >= box.x1)
        usable &= clear | (positions[:, 1] + half <= box.y0) | (positions[:, 1] - half >= box.y1)
    rows: list[int] = []
    order = np.random.default_rng(0).permutation(len(positions))
    candidates = order[usable[order]]
    while len(candidates) and len(rows) < max_count:
        rows.append(int(candidates[0]))
        distance = np.abs(positions[candidates] - positions[rows[-1]]).max(axis=1)
        candidates = candidates[distance > side * 1.05]
    return np.array(rows, np.intp)


def _draw(
    figure: Any, pixels: NDArray[np.uint8], center: NDArray[np.float64], side: float, color: str
) -> None:
    from matplotlib.image import BboxImage
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import Bbox, TransformedBbox

    height, width = pixels.shape[:2]
    size = np.array([width, height]) * side / max(width, height)
    low, high = ((center + sign * size / 2) / (figure.get_size_inches() * figure.dpi) for sign in (-1, 1))
    image = BboxImage(
        TransformedBbox(Bbox([low, high]), figure.transFigure),
        cmap="gray",
        interpolation="antialiased",
        zorder=4,
    )
    image.set_data(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    image.set_clim(0, 255)
    figure.add_artist(image)
    figure.add_artist(
        Rectangle(
            low,
            *(high - low),
            fill=False,
            edgecolor=color,
            linewidth=1.2,
            transform=figure.transFigure,
            zorder=4.1,
        )
    )
