"""Would the same clusters be found in another sample? Hennig's (2007) bootstrap of cluster-wise Jaccard.

Stable does not mean real: a Gaussian cut in two can be cut the same way every time. So stability only
counts beside the structure test.
"""

import numpy as np
from numpy.typing import NDArray

from latentkit.separation import lloyd
from latentkit.separation.clusters import kmeans
from latentkit.separation.sample import sample

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

DRAWS = 50
MOST = 10
ROWS = 2000
BATCH = 10


def jaccard(X: Floats, labels: Index, rng: np.random.Generator, enough: float = 0.0) -> Floats:
    """(N, R) rows clustered as labels (N,) in 0..k-1 -> (k,) mean best Jaccard of each cluster in 50 bootstraps.

    Each bootstrap sample is clustered anew by k-means; clusters are compared on the rows it contains, once each.
    A clustering that stays 0.15 below `enough` is given up after fewer bootstraps.
    """
    rows = sample(np.arange(len(X)), ROWS, rng)
    points = (X[rows] - X[rows].mean(axis=0)).astype(np.float32)
    given = labels[rows]
    k = int(labels.max()) + 1
    total, counted = np.zeros(k), np.zeros(k)
    for _ in range(0, DRAWS, BATCH):
        drawn = rng.integers(len(rows), size=(BATCH, len(rows)))
        _, again = lloyd.within(points[drawn], k, rng)
        for picked, found in zip(drawn, again, strict=True):
            once, place = np.unique(picked, return_index=True)
            table = np.zeros((k, k))
            np.add.at(table, (given[once], found[place]), 1)
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
    """Labels (N,) and stabilities (k,) of the largest k in 2..10 whose k-means clusters all reach `enough`, or None.

    In the manner of prediction strength (Tibshirani & Walther 2005): as many clusters as can be relied upon.
    """
    for k in range(min(MOST, len(X) // 5), 1, -1):
        labels = kmeans(X, k, seed).labels
        stable = jaccard(X, labels, rng, enough)
        if stable.min() >= enough:
            return labels, stable
    return None
