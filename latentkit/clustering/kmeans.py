"""k-means by scikit-learn: the best of ten starts by its own objective.

Without a number of clusters, the one with the largest mean silhouette is used (Rousseeuw 1987). It is never 1: some
clusters are found in anything, and whether they are real is another question. BIC, which can be best at 1, named 12 or
more components in real latents of three and of ten classes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.clustering.assignment import Assignment, ClusterFit, Tell, order_by_size

__all__ = ["assign", "best_number", "fit"]

ARRAYS = {"centres": "kd", "variance": ""}
"""The keys are those of stored models, and stay."""
PARAMETERS: Mapping[str, tuple[float, str]] = {}

STARTS = 10
MOST_CLUSTERS = 15
SILHOUETTE_ROWS = 3000
SILHOUETTE_STARTS = 3


def fit(
    X: NDArray[np.float64],
    clusters: int | None,
    *,
    seed: int,
    tell: Tell = lambda _: None,
    starts: int = STARTS,
) -> ClusterFit:
    """Cluster X (N, D); `clusters` is from 2 to N."""
    k = best_number(X, seed) if clusters is None else clusters
    model = stats.kmeans(X, k, seed, starts)
    centers = model.centers[order_by_size(model.labels, k)]
    arrays = {"centres": centers, "variance": np.array(model.inertia / X.size)}
    return ClusterFit(assign(arrays, {}, X), k, {"starts": starts}, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    *,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> Assignment:
    """Assign X (N, D) to the nearest centers.

    The confidence is the posterior probability under the mixture that k-means stands for, spherical Gaussians of the
    same variance and weight: 1/2 half-way between two centers.
    """
    from scipy.spatial.distance import cdist

    squared = cdist(X, arrays["centres"], "sqeuclidean")
    nearest = squared.min(axis=1, keepdims=True)
    width = 2 * max(float(arrays["variance"]), 1e-12)  # 0 if every row is a center
    return Assignment(squared.argmin(axis=1), 1 / np.exp((nearest - squared) / width).sum(axis=1))


def best_number(X: NDArray[np.float64], seed: int) -> int:
    """Return the number of clusters, from 2 to 15, with the best silhouette for X (N, D), N >= 3, on at most 3000 rows."""
    from sklearn.metrics import silhouette_score

    if len(X) > SILHOUETTE_ROWS:
        X = X[np.sort(np.random.default_rng(seed).choice(len(X), SILHOUETTE_ROWS, replace=False))]
    most = min(MOST_CLUSTERS, len(X) - 1, len(np.unique(X, axis=0)))
    scores = {}
    for k in range(2, most + 1):
        labels = fit(X, k, seed=seed, starts=SILHOUETTE_STARTS).assignment.labels
        scores[k] = float(silhouette_score(X, labels))
    return max(scores, key=lambda k: scores[k])
