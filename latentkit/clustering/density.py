"""HDBSCAN by scikit-learn (Campello 2013): as many clusters as are dense, and the rest is no cluster.

It has no rule for new rows; ours is: the cluster of the nearest row fitted on, unless the new row lies
sparser than any row of that cluster does. Rows fitted on keep what HDBSCAN said.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.found import Assigned, Found, by_size

__all__ = ["assign", "fit"]

SHARE = 0.02
"""The least share of the rows that a cluster holds; and 5 of them."""


def fit(X: NDArray[np.float64]) -> Found:
    """The dense clusters of X (N, D), N >= 10; there may be none. Nothing is drawn, so there is no seed."""
    from sklearn.cluster import HDBSCAN

    least = max(5, int(SHARE * len(X)))
    model = HDBSCAN(min_cluster_size=least, copy=True).fit(X)
    labels = model.labels_.astype(np.intp)
    k = int(labels.max()) + 1
    rank = np.append(np.argsort(by_size(labels, k)), -1)  # the last one is where label -1 looks
    labels = rank[labels]
    sparsity = _nearest(X, X, least)[0][:, -1]  # of these the row itself is one
    arrays = {
        "rows": X,
        "labels": labels,
        "probabilities": model.probabilities_,
        "reach": np.array([sparsity[labels == c].max() for c in range(k)]),
    }
    return Found(Assigned(labels, model.probabilities_), {"least": least}, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]], parameters: Mapping[str, Any], X: NDArray[np.float64]
) -> Assigned:
    """The cluster, and the confidence, of the nearest row fitted on."""
    distances, rows = _nearest(arrays["rows"], X, int(parameters["least"]) - 1)
    labels = arrays["labels"][rows[:, 0]].astype(np.intp)
    inside = labels >= 0
    inside[inside] = distances[inside, -1] <= arrays["reach"][labels[inside]]
    confidence = arrays["probabilities"][rows[:, 0]]
    return Assigned(np.where(inside, labels, -1), np.where(inside, confidence, 0.0))


def _nearest(
    rows: NDArray[np.float64], X: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Distances and indices (N, count) of the rows nearest to each of X (N, D)."""
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(X)
    return distances, indices
