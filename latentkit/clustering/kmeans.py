"""k-means by scikit-learn: the best of ten starts by its own objective."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.found import Assigned, Found, by_size

__all__ = ["STARTS", "assign", "fit"]

STARTS = 10


def fit(X: NDArray[np.float64], k: int, seed: int, starts: int = STARTS) -> Found:
    """k clusters of X (N, D), N >= k >= 2."""
    from sklearn.cluster import KMeans

    model = KMeans(k, n_init=starts, random_state=seed).fit(X)
    centres = model.cluster_centers_[by_size(model.labels_.astype(np.intp), k)]
    arrays = {"centres": centres, "variance": np.array(model.inertia_ / X.size)}
    return Found(assign(arrays, X), {"starts": starts}, arrays)


def assign(arrays: Mapping[str, NDArray[Any]], X: NDArray[np.float64]) -> Assigned:
    """The nearest centre; confidence is the posterior probability of the mixture that k-means stands for:
    round Gaussians, all as wide and as many, so 1/2 half-way between two."""
    from scipy.spatial.distance import cdist

    squared = cdist(X, arrays["centres"], "sqeuclidean")
    nearest = squared.min(axis=1, keepdims=True)
    width = 2 * max(float(arrays["variance"]), 1e-12)  # 0 if every row is a centre
    return Assigned(squared.argmin(axis=1), 1 / np.exp((nearest - squared) / width).sum(axis=1))
