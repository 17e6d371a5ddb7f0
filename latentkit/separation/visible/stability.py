"""Number and stability of clusters: would another sample show the same ones?

Stability is Hennig's (2007) bootstrap of cluster-wise Jaccard. Stable does not mean real: a Gaussian cut in two can
be cut the same way every time. So stability counts only together with the structure test.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.visible import lloyd
from latentkit.separation.visible.clusters import kmeans
from latentkit.stats import gaussian_mixture, random_rows

__all__ = ["ComponentChoice", "choose_components", "jaccard", "largest_stable"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

MOST_CLUSTERS = 10
ROWS = 2000
DRAWS = 50
BATCH = 10
PATIENCE = 3
STARTS = 5


class ComponentChoice(NamedTuple):
    """Number of Gaussians, and the type of their covariances."""

    k: int
    covariance: str


def jaccard(X: Floats, labels: Index, rng: np.random.Generator, enough: float = 0.0) -> Floats:
    """Return the mean best Jaccard of each cluster in 50 bootstraps: rows (N, R), labels (N,) in 0..k-1 -> (k,).

    Each bootstrap sample is clustered again by k-means; clusters are compared on the rows it contains, once each.
    The bootstraps stop early once some cluster is 0.15 below `enough`.
    """
    rows = random_rows(np.arange(len(X)), ROWS, rng)
    points = (X[rows] - X[rows].mean(axis=0)).astype(np.float32)
    given = labels[rows]
    k = int(labels.max()) + 1
    total, counted = np.zeros(k), np.zeros(k)
    for _ in range(0, DRAWS, BATCH):
        drawn = rng.integers(len(rows), size=(BATCH, len(rows)))
        _, again = lloyd.kmeans_of_many(points[drawn], k, rng)
        for picked, clusters in zip(drawn, again, strict=True):
            once, place = np.unique(picked, return_index=True)
            table = np.zeros((k, k))
            np.add.at(table, (given[once], clusters[place]), 1)
            union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
            best = np.divide(table, union, out=np.zeros_like(table), where=union > 0).max(axis=1)
            present = table.sum(axis=1) > 0
            total += np.where(present, best, 0.0)
            counted += present
        if (total / np.maximum(counted, 1)).min() < enough - 0.15:
            break
    return total / np.maximum(counted, 1)


def largest_stable(
    X: Floats, enough: float, seed: int, rng: np.random.Generator
) -> tuple[Index, Floats] | None:
    """Return labels (N,) and stabilities (k,) for the largest k in 2..10 whose clusters all reach `enough`, or None.

    The idea is that of prediction strength (Tibshirani and Walther 2005): as many clusters as can be relied on.
    """
    for k in range(min(MOST_CLUSTERS, len(X) // 5), 1, -1):
        labels = kmeans(X, k, seed).labels
        stabilities = jaccard(X, labels, rng, enough)
        if stabilities.min() >= enough:
            return labels, stabilities
    return None


def choose_components(X: Floats, rng: np.random.Generator) -> ComponentChoice:
    """Choose among 1..10 Gaussians with diagonal or tied covariances by the least BIC; 1 means one blob.

    At most 2000 rows are used, with five starts each. A covariance type is given up after three numbers that do not
    improve on its best.
    """
    rows = random_rows(np.arange(len(X)), ROWS, rng)
    bics: list[tuple[float, ComponentChoice]] = []
    for covariance in ("diag", "tied"):
        waited, best = 0, np.inf
        for k in range(1, min(MOST_CLUSTERS, len(rows) // 2) + 1):
            seed = int(rng.integers(2**31))
            bic = float(gaussian_mixture(X[rows], k, covariance, seed=seed, starts=STARTS).bic(X[rows]))
            bics.append((bic, ComponentChoice(k, covariance)))
            waited = 0 if bic < best else waited + 1
            best = min(best, bic)
            if waited == PATIENCE:
                break
    return min(bics, key=lambda choice: choice[0])[1]
