"""Density of points in the plane: a kernel estimate on a grid, and contours that enclose given shares of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIN_POINTS", "Density", "density", "levels"]

CELLS = 160
MIN_POINTS = 10
"""Fewer points would give contours of noise."""
BANDWIDTH = 0.6
"""Fraction of Scott's bandwidth, which is right for a single Gaussian and blurs separate clusters."""


class Density(NamedTuple):
    """Mass (CELLS, CELLS) by x and y, which sums to 1, and the centers of the cells along each axis."""

    mass: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def peak(self) -> tuple[float, float]:
        """Return the point of highest density."""
        i, j = np.unravel_index(int(self.mass.argmax()), self.mass.shape)
        return float(self.x[i]), float(self.y[j])


def density(points: NDArray[np.floating]) -> Density:
    """Return the Gaussian kernel estimate of points (n, 2), n >= 1.

    The bandwidth along each axis is 0.6 times that of Scott (1992), n^(-1/6) standard deviations; the grid extends
    three bandwidths beyond the points.
    """
    from scipy.ndimage import gaussian_filter1d

    points = np.asarray(points, np.float64)
    spread = points.std(axis=0)
    spread = np.where(spread > 0, spread, max(float(spread.max()), 1e-9))
    bandwidth = BANDWIDTH * spread * len(points) ** (-1 / 6)
    low, high = points.min(axis=0) - 3 * bandwidth, points.max(axis=0) + 3 * bandwidth
    edges = [np.linspace(low[axis], high[axis], CELLS + 1) for axis in (0, 1)]
    mass = np.histogram2d(points[:, 0], points[:, 1], bins=edges)[0]
    for axis in (0, 1):
        cell = (high[axis] - low[axis]) / CELLS
        mass = gaussian_filter1d(mass, bandwidth[axis] / cell, axis=axis, mode="constant")
    x, y = ((edge[1:] + edge[:-1]) / 2 for edge in edges)
    return Density(mass / mass.sum(), x, y)


def levels(mass: NDArray[np.float64], shares: tuple[float, ...] = (0.9, 0.6, 0.3)) -> list[float]:
    """Return the densities, ascending, above which these shares of the mass lie.

    These are the bounds of highest density regions (Hyndman 1996).
    """
    descending = np.sort(mass, axis=None)[::-1]
    last = np.minimum(np.searchsorted(np.cumsum(descending), shares), len(descending) - 1)
    return sorted(set(descending[last].tolist()))
