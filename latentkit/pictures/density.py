"""How densely points lie in the plane: a kernel estimate on a grid, and the contours that hold given shares of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "Density", "density", "levels"]

CELLS = 160
FEWEST = 10
"""Points below which an estimate is drawn of noise."""
SHARPER = 0.6
"""Scott's bandwidth is that of one Gaussian cloud, and blurs islands: a part of it does not."""


class Density(NamedTuple):
    """mass (CELLS, CELLS) by x and y, with a sum of 1, and the middles of the cells along either axis."""

    mass: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def peak(self) -> tuple[float, float]:
        """Where it is densest."""
        i, j = np.unravel_index(int(self.mass.argmax()), self.mass.shape)
        return float(self.x[i]), float(self.y[j])


def density(points: NDArray[np.floating]) -> Density:
    """The Gaussian kernel estimate of points (n, 2), n >= 1, along each axis with 0.6 times the bandwidth of Scott
    (1992), n^(-1/6) standard deviations; the grid reaches three bandwidths beyond the points."""
    from scipy.ndimage import gaussian_filter1d

    points = np.asarray(points, np.float64)
    spread = points.std(axis=0)
    spread = np.where(spread > 0, spread, max(float(spread.max()), 1e-9))
    width = SHARPER * spread * len(points) ** (-1 / 6)
    low, high = points.min(axis=0) - 3 * width, points.max(axis=0) + 3 * width
    edges = [np.linspace(low[axis], high[axis], CELLS + 1) for axis in (0, 1)]
    mass = np.histogram2d(points[:, 0], points[:, 1], bins=edges)[0]
    for axis in (0, 1):
        cell = (high[axis] - low[axis]) / CELLS
        mass = gaussian_filter1d(mass, width[axis] / cell, axis=axis, mode="constant")
    x, y = ((edge[1:] + edge[:-1]) / 2 for edge in edges)
    return Density(mass / mass.sum(), x, y)


def levels(mass: NDArray[np.float64], shares: tuple[float, ...] = (0.9, 0.6, 0.3)) -> list[float]:
    """The heights, rising, above which these shares of the mass lie: highest density regions (Hyndman 1996)."""
    falling = np.sort(mass, axis=None)[::-1]
    held = np.cumsum(falling)
    last = np.minimum(np.searchsorted(held, shares), len(falling) - 1)
    return sorted(set(falling[last].tolist()))
