"""Are the clusters of a partition separated by gaps, or are they pieces of one cloud?

A partition can agree with the classes although there is nothing to see: k-means cuts a long cloud in the middle, and so
do labels along its first axis. Two statistics look for a gap between each cluster and the one next to it:

valley    how many images lie half-way between two clusters, against as many at the less dense of their middles, along the
          line between their means. It sees Gaussian clusters well, but a bent cloud has a valley along every chord. So it
          counts only where the pair is straight, and where one Gaussian cloud would not be divided as well (`structure`).
crossing  how many nearest neighbors are on the other side of the border, against as many on the other side of a cut
          through the middle of a cluster itself. It follows any shape, but needs more images in many dimensions, so it is
          measured in the whole space and in its first five principal axes.

Both are z-like: 0 for a cloud of even density, negative for a cloud that is densest in the middle.

The cut-offs were chosen on simulations with the partition of k-means (2 and 3 clusters, 3 and 16 dimensions, 60 to 1000
images): Gaussian clouds, round and long, multivariate t5, a uniform box, a rod, an arc, a sheet and a normal arc, 12 to 60 sets
each. With slightly lower cut-offs (1.8 and 1.9), rods, arcs and snakes of 60 images had a clear gap in 7 to 10% of 30 sets, so the
cut-offs were raised; snakes were not simulated again. `views` has an independent, smaller table, and the power.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.stats import NEIGHBORS

__all__ = ["Gap", "measure_gap"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

VALLEY = 2.0
CROSSING = 1.9
"""Least values of the two statistics that are a clear gap, from the simulation above."""
STRAIGHT = 0.05
"""Largest bend, in units of the variance along the line, of a pair that is straight: arcs have 0.07 and more."""
AXES = 5
FEWEST = 5
"""Images of the smallest cluster."""
NEAREST = 4
"""Clusters next to a cluster that are looked at, if there are more than MANY."""
MANY = 12


class Gap(NamedTuple):
    """The statistics of a partition, and the bend of the most bent pair."""

    valley: float
    crossing: float
    bend: float

    def is_clear(self, p: float | None, alpha: float) -> bool:
        """Return whether there is a gap; p: of the structure test of the whole space."""
        straight = self.bend < STRAIGHT and p is not None and p < alpha
        return self.crossing >= CROSSING or (straight and self.valley >= VALLEY)


class _Count(NamedTuple):
    """Images or neighbors in the gap, as many in the less dense cluster, and the variance of the difference."""

    between: float
    within: float
    variance: float

    @property
    def z(self) -> float:
        return (self.within - self.between) / float(np.sqrt(self.variance + 1))


def measure_gap(X: Floats, labels: Index) -> Gap | None:
    """Measure the gaps between the clusters of X (N, R), at most some thousand rows, in principal coordinates.

    labels (N,) are the clusters, -1 for none. None if there are fewer than two clusters or one has fewer than five rows.
    """
    names, sizes = np.unique(labels[labels >= 0], return_counts=True)
    if len(names) < 2 or sizes.min() < FEWEST:
        return None
    members = [np.flatnonzero(labels == name) for name in names]
    pairs = _pairs(np.stack([X[rows].mean(axis=0) for rows in members]))
    valleys, bends = {}, {}
    for a, b in pairs:
        valleys[a, b], bends[a, b] = _valley(X[members[a]], X[members[b]])
    nearest = _nearest_of_each(valleys)
    spaces = [X] if X.shape[1] <= AXES else [X, X[:, :AXES]]
    return Gap(
        _sum(valleys, nearest),
        max(_crossings(space, members, pairs) for space in spaces),
        max(bends[pair] for pair in nearest),
    )


def _pairs(centers: Floats) -> list[tuple[int, int]]:
    """Return every pair of clusters, or each cluster with those next to it if there are many."""
    k = len(centers)
    if k <= MANY:
        return [(a, b) for a in range(k) for b in range(a + 1, k)]
    squared = np.square(centers[:, None] - centers).sum(axis=-1)
    order = np.argsort(squared, axis=1)[:, 1 : NEAREST + 1]
    return sorted({(min(a, int(b)), max(a, int(b))) for a in range(k) for b in order[a]})


def _nearest_of_each(counts: dict[tuple[int, int], _Count]) -> set[tuple[int, int]]:
    """Return, for each cluster, its pair with the least gap: clusters with another between them say nothing."""
    clusters = {cluster for pair in counts for cluster in pair}
    return {
        min((pair for pair in counts if one in pair), key=lambda pair: counts[pair].z) for one in clusters
    }


def _sum(counts: dict[tuple[int, int], _Count], pairs: set[tuple[int, int]]) -> float:
    return _Count(*(sum(parts) for parts in zip(*(counts[pair] for pair in pairs), strict=True))).z


def _valley(a: Floats, b: Floats) -> tuple[_Count, float]:
    """Count images in the valley between two clusters along the line between their means, and measure the bend."""
    line = b.mean(axis=0) - a.mean(axis=0)
    length = float(np.linalg.norm(line))
    if length == 0:
        return _Count(0, 0, 0), np.inf
    line /= length
    along_a, along_b = a @ line, b @ line
    middles = float(np.median(along_a)), float(np.median(along_b))
    width = (middles[1] - middles[0]) / 8
    if width <= 0:
        return _Count(0, 0, 0), np.inf
    center = sum(middles) / 2
    both = np.concatenate([along_a, along_b])
    between, *within = (float(np.count_nonzero(np.abs(both - at) <= width)) for at in (center, *middles))
    least = min(within)
    return _Count(between, least, between + least), _bend(np.concatenate([a, b]), both - center, line)


def _bend(points: Floats, along: Floats, line: Floats) -> float:
    """Return the variance across a line that its squared coordinate explains, less that of noise, over that along it."""
    across = points - np.outer(along, line)
    design = np.stack([np.ones(len(along)), along, along**2], axis=1)
    inverse = np.linalg.pinv(design.T @ design)
    fit = inverse @ (design.T @ across)
    noise = float(inverse[2, 2]) * float(np.square(across - design @ fit).sum()) / max(len(along) - 3, 1)
    bend = max(float(np.square(fit[2]).sum()) - noise, 0.0)
    return bend * float(np.var(along**2) / np.var(along))


def _crossings(X: Floats, members: list[Index], pairs: list[tuple[int, int]]) -> float:
    norms = np.square(X).sum(axis=1)
    squared = (norms[:, None] + norms - 2 * X @ X.T).astype(np.float32)
    np.fill_diagonal(squared, np.inf)
    axes = []
    for rows in members:
        centered = X[rows] - X[rows].mean(axis=0)
        axes.append(np.linalg.eigh(centered.T @ centered)[1][:, -1])
    counts = {(a, b): _crossing(X, squared, (members[a], members[b]), (axes[a], axes[b])) for a, b in pairs}
    return _sum(counts, _nearest_of_each(counts))


def _crossing(
    X: Floats, squared: NDArray[np.float32], sides: tuple[Index, Index], axes: tuple[Floats, Floats]
) -> _Count:
    """Count neighbors across the border of two clusters, and across a cut through the middle of either.

    A cluster is cut at its median, along the line between the means or along its own first axis, whichever fewer cross.
    """
    rows = np.concatenate(sides)
    k = max(3, min(NEIGHBORS, len(rows) // 8))
    near = np.argpartition(squared[np.ix_(rows, rows)], k - 1, axis=1)[:, :k]
    second = np.arange(len(rows)) >= len(sides[0])
    between = float(np.count_nonzero(second[:, None] != second[near]))
    line = X[sides[1]].mean(axis=0) - X[sides[0]].mean(axis=0)
    cuts = []
    for side, own, axis in zip((False, True), sides, axes, strict=True):
        inside = second == side
        for direction in (line, axis):
            along = X[own] @ direction
            part = np.zeros(len(rows), bool)
            part[inside] = along > np.median(along)
            crossed = (part[:, None] != part[near]) & inside[:, None] & inside[near]
            cuts.append(float(np.count_nonzero(crossed)))
    within = min(cuts)
    return _Count(between, within, k * (between + within))
