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
    return Found(assign({"centres": centres}, X), {"starts": starts}, {"centres": centres})


def assign(arrays: Mapping[str, NDArray[Any]], X: NDArray[np.float64]) -> Assigned:
    """The nearest centre; confidence is 1 - nearest / second nearest distance: 1 at a centre, 0 half-way
    between two (the simplified silhouette)."""
    from scipy.spatial.distance import cdist

    distances = cdist(X, arrays["centres"])
    nearest, second = np.partition(distances, 1, axis=1)[:, :2].T
    ratio = np.divide(nearest, second, out=np.ones_like(nearest), where=second > 0)
    return Assigned(distances.argmin(axis=1), 1 - ratio)
