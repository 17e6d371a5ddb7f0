"""HDBSCAN by scikit-learn (Campello 2013): one cluster per dense region; other rows are in no cluster.

HDBSCAN has no rule for new rows. Here a new row joins the cluster of the nearest fitted row, unless it lies in a sparser
place than any row of that cluster. The fitted rows keep the labels of HDBSCAN.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.assignment import Assignment, ClusterFit, Tell, order_by_size

__all__ = ["assign", "fit"]

ARRAYS = {"rows": "md", "labels": "m", "probabilities": "m", "reach": "k"}
PARAMETERS = {"least": (2.0, "m")}
"""The keys are those of stored models, and stay."""

SHARE = 0.02
"""The smallest cluster holds this share of the rows, and at least 5 of them."""


def fit(
    X: NDArray[np.float64], clusters: int | None = None, *, seed: int = 0, tell: Tell = lambda _: None
) -> ClusterFit:
    """Find the dense clusters of X (N, D), N >= 10, if there are any; HDBSCAN is deterministic and uses no seed."""
    from sklearn.cluster import HDBSCAN

    least = max(5, int(SHARE * len(X)))
    model = HDBSCAN(min_cluster_size=least, copy=True).fit(X)
    labels = model.labels_.astype(np.intp)
    k = int(labels.max()) + 1
    rank = np.append(np.argsort(order_by_size(labels, k)), -1)  # the last entry is for label -1
    labels = rank[labels]
    sparsity = _nearest(X, X, least)[0][:, -1]  # the row itself is among them
    arrays = {
        "rows": X,
        "labels": labels,
        "probabilities": model.probabilities_,
        "reach": np.array([sparsity[labels == c].max() for c in range(k)]),
    }
    return ClusterFit(Assignment(labels, model.probabilities_), k, {"least": least}, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    *,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> Assignment:
    """Assign X (N, D) to the cluster of the nearest fitted row, with its confidence."""
    distances, rows = _nearest(arrays["rows"], X, int(parameters["least"]) - 1)
    labels = arrays["labels"][rows[:, 0]].astype(np.intp)
    inside = labels >= 0
    inside[inside] = distances[inside, -1] <= arrays["reach"][labels[inside]]
    confidence = arrays["probabilities"][rows[:, 0]]
    return Assignment(np.where(inside, labels, -1), np.where(inside, confidence, 0.0))


def _nearest(
    rows: NDArray[np.float64], X: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return distances and indices (N, count) of the rows nearest to each of X (N, D)."""
    from sklearn.neighbors import NearestNeighbors

    distances, indices = NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(X)
    return distances, indices
