"""How many clusters, when nobody says: as many as make k-means' mean silhouette largest (Rousseeuw 1987).

It cannot say "one": clusters are found in anything, and whether they are real is another question. BIC,
which can, named 12 components and more in real latents of three and of ten classes.
"""

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import kmeans

__all__ = ["MOST", "choose"]

MOST = 15
ROWS = 3000
STARTS = 3


def choose(X: NDArray[np.float64], seed: int) -> int:
    """The best k of 2..15 for X (N, D), N >= 3, judged on at most 3000 rows."""
    from sklearn.metrics import silhouette_score

    if len(X) > ROWS:
        X = X[np.sort(np.random.default_rng(seed).choice(len(X), ROWS, replace=False))]
    most = min(MOST, len(X) - 1, len(np.unique(X, axis=0)))
    scores = {}
    for k in range(2, most + 1):
        labels = kmeans.fit(X, k, seed, STARTS).assigned.labels
        scores[k] = float(silhouette_score(X, labels))
    return max(scores, key=lambda k: scores[k])
