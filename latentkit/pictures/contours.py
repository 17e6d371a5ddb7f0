"""Contours of density over a scatter, so that a crowd of points shows where its classes lie."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.coloring import Classes, Coloring
from latentkit.pictures.density import FEWEST, density, levels
from latentkit.pictures.palette import readable
from latentkit.pictures.style import Theme

__all__ = ["contours"]


def contours(axes: Any, points: NDArray[np.float64], coloring: Coloring, theme: Theme) -> None:
    """Around 30, 60 and 90 % of each class, or of all points (N, 2) where there are none; a class of fewer than
    FEWEST points has too few for it."""
    groups = [(points, theme.ink)]
    if isinstance(coloring, Classes):
        groups = [
            (points[coloring.codes == i], readable(theme.look(i).color, theme.paper, theme.ink))
            for i in range(len(coloring.names))
        ]
    for mine, color in groups:
        if len(mine) >= FEWEST:
            mass, x, y = density(mine)
            heights = levels(mass)
            widths = np.linspace(0.9, 1.7, len(heights))
            axes.contour(x, y, mass.T, levels=heights, colors=[color], linewidths=widths, zorder=3)
