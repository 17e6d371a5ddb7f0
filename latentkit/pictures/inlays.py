"""Images on the points of a scatter, each at its own, none over another or over a name."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.coloring import Classes, Coloring
from latentkit.pictures.naming import Box
from latentkit.pictures.style import Theme
from latentkit.pictures.thumbnails import Thumbnails

__all__ = ["choose", "inlay"]

SIDES = (0.62, 0.54, 0.46, 0.39, 0.33, 0.28, 0.24, 0.2)
"""Inches: the largest at which there is room for as many as are asked for, else the smallest."""


def inlay(
    figure: Any,
    frame: Box,
    seen: NDArray[np.float64],
    coloring: Coloring,
    theme: Theme,
    thumbnails: Thumbnails,
    taken: Sequence[Box],
    dpi: int,
) -> None:
    """Put thumbnails on points seen (N, 2), in pixels of the figure, within a frame; the color of the class is
    their border."""
    wanted = min(thumbnails.most, int(thumbnails.there.sum()))
    for inches in SIDES:
        side = inches * figure.dpi
        rows = choose(seen, thumbnails.there, side, frame, wanted, taken)
        if len(rows) == wanted:
            break
    if not len(rows):
        return
    for row, pixels in thumbnails.read(rows, math.ceil(inches * max(dpi, 96))).items():
        color = theme.look(int(coloring.codes[row])).color if isinstance(coloring, Classes) else theme.faint
        _draw(figure, pixels, seen[row], side, color)


def choose(
    seen: NDArray[np.float64],
    there: NDArray[np.bool_],
    side: float,
    frame: Box,
    most: int,
    taken: Sequence[Box],
) -> NDArray[np.intp]:
    """Rows of at most so many points, in a seeded order, around which squares of that side lie within the frame and
    meet neither each other nor what is taken."""
    half = side / 2
    inside = (seen >= (frame.x0 + half, frame.y0 + half)) & (seen <= (frame.x1 - half, frame.y1 - half))
    good = there & inside.all(axis=1)
    for box in taken:
        apart = (seen[:, 0] + half <= box.x0) | (seen[:, 0] - half >= box.x1)
        good &= apart | (seen[:, 1] + half <= box.y0) | (seen[:, 1] - half >= box.y1)
    chosen: list[int] = []
    order = np.random.default_rng(0).permutation(len(seen))
    waiting = order[good[order]]
    while len(waiting) and len(chosen) < most:
        chosen.append(int(waiting[0]))
        waiting = waiting[np.abs(seen[waiting] - seen[chosen[-1]]).max(axis=1) > side * 1.05]
    return np.array(chosen, np.intp)


def _draw(figure: Any, pixels: NDArray[np.uint8], at: NDArray[np.float64], side: float, color: str) -> None:
    from matplotlib.image import BboxImage
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import Bbox, TransformedBbox

    height, width = pixels.shape[:2]
    size = np.array([width, height]) * side / max(width, height)
    low, high = ((at + way * size / 2) / (figure.get_size_inches() * figure.dpi) for way in (-1, 1))
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
