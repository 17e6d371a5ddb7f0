"""Nearest neighbors by Euclidean distance; an image is never a neighbor of its own copies."""

import numpy as np
from numpy.typing import NDArray

from latentkit.stats.rows import stratified_rows

__all__ = ["FEWEST_SCORED", "NEIGHBORS", "leave_one_out", "nearest", "shared_neighbors", "vote"]

NEIGHBORS = 15
FEWEST_SCORED = 21
"""Fewest different labeled images that are scored: with fewer, 15 neighbors are most of the images."""
EXACT = 20_000
"""Up to this many rows, every row is a query of the vote."""
QUERIES = 4000
"""Queries of the vote, sampled from more rows."""

Index = NDArray[np.intp]


def nearest(
    X: NDArray[np.floating],
    queries: Index | None = None,
    reference: Index | None = None,
    groups: Index | None = None,
    k: int = NEIGHBORS,
) -> Index:
    """Return the k nearest reference rows of each query, nearest first: (M, k) row numbers of X (N, R).

    queries and reference are row numbers, all rows by default. groups (N,) is equal for copies of one image; a
    query's own group is skipped. -1 fills up where fewer than k neighbors exist.
    """
    from sklearn.neighbors import NearestNeighbors

    every = np.arange(len(X))
    queries = every if queries is None else queries
    reference = every if reference is None else reference
    groups = every if groups is None else groups
    # More than k copies of one image cannot change the k nearest, so at most k of each are kept.
    order = np.argsort(groups[reference], kind="stable")
    ordered = groups[reference][order]
    starts = np.maximum.accumulate(np.where(np.r_[True, np.diff(ordered) != 0], np.arange(len(order)), 0))
    place = np.arange(len(order)) - starts
    kept = reference[np.sort(order[place < k])]
    wanted = min(k + int(place.max(initial=0)) + 1, len(kept))
    index = NearestNeighbors(n_neighbors=wanted, algorithm="brute").fit(X[kept])
    neighbors = kept[index.kneighbors(X[queries], return_distance=False)]
    own = groups[neighbors] == groups[queries][:, None]
    first = np.argsort(own, axis=1, kind="stable")[:, :k]
    rows: Index = np.where(np.take_along_axis(own, first, 1), -1, np.take_along_axis(neighbors, first, 1))
    return rows


def vote(neighbors: Index, codes: Index, classes: int) -> Index:
    """Return the most common class of each row of neighbors (M, k): (M,) codes; -1 neighbors are ignored.

    codes (N,) are the classes of all rows. A tie goes to the class whose neighbors are nearer.
    """
    k = neighbors.shape[1]
    weights = 1.0 + np.linspace(0.5 / k, 0.0, k, endpoint=False)
    ballots = np.zeros((len(neighbors), classes))
    for column in range(k):
        valid = np.flatnonzero(neighbors[:, column] >= 0)
        ballots[valid, codes[neighbors[valid, column]]] += weights[column]
    winners: Index = ballots.argmax(axis=1)
    return winners


def leave_one_out(
    X: NDArray[np.floating], codes: Index, groups: Index | None = None, seed: int = 0
) -> tuple[Index, Index]:
    """Return row numbers (M,), and the class (M,) that the 15 nearest labeled rows of each one vote for.

    codes (N,) is -1 for rows without a label, which neither vote nor are scored. A row and its copies (equal groups)
    have no vote on the row itself. Of more than 20,000 labeled rows, 4000 are scored.
    """
    labeled = np.flatnonzero(codes >= 0)
    rows = labeled
    if len(labeled) > EXACT:
        rows = stratified_rows(labeled, codes, QUERIES, np.random.default_rng([seed, 3]))
    return rows, vote(nearest(X, rows, labeled, groups), codes, int(codes.max(initial=-1)) + 1)


def shared_neighbors(first: Index, second: Index) -> float:
    """Return the share of neighbors that two spaces have in common: (M, k), (M, k) of the same queries -> 0..1."""
    common = (first[:, :, None] == second[:, None, :]) & (first[:, :, None] >= 0)
    return float(common.sum() / max(int((first >= 0).sum()), 1))
