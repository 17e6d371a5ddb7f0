"""A Gaussian mixture by scikit-learn, with the covariance (full, tied or diagonal) of the best BIC.

New rows are assigned by their densities, computed from the weights, the means and one Cholesky factor of the precision per
component, whatever the covariance was.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import kmeans
from latentkit.clustering.assignment import Assignment, ClusterFit, Tell, order_by_size
from latentkit.stats import gaussian_mixture

__all__ = ["assign", "fit"]

ARRAYS = {"weights": "k", "means": "kd", "factors": "kdd"}
PARAMETERS: Mapping[str, tuple[float, str]] = {}

STARTS = 5


def fit(
    X: NDArray[np.float64], clusters: int | None, *, seed: int, tell: Tell = lambda _: None
) -> ClusterFit:
    """Fit X (N, D), whose largest variance along any direction is about 1; `clusters` is from 2 to N.

    A covariance with more parameters than there are rows is not tried: its likelihood is unbounded. Without a number of
    clusters, k-means chooses it (see `kmeans`).
    """
    k = kmeans.best_number(X, seed) if clusters is None else clusters
    n, d = X.shape
    sizes = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": 0}
    models = []
    for covariance in (name for name, count in sizes.items() if count <= n):
        model = gaussian_mixture(X, k, covariance, seed=seed, starts=STARTS)
        models.append((float(model.bic(X)), covariance, model))
    bic, covariance, best = min(models, key=lambda candidate: candidate[0])
    order = order_by_size(best.predict(X).astype(np.intp), k)
    arrays = {
        "weights": best.weights_[order],
        "means": best.means_[order],
        "factors": _factors(best.precisions_cholesky_, covariance, k)[order],
    }
    parameters = {"covariance": covariance, "bic": bic, "starts": STARTS}
    return ClusterFit(assign(arrays, {}, X), k, parameters, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    *,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> Assignment:
    """Assign X (N, D) to the most likely components, with their posterior probabilities."""
    joint = np.stack(
        [
            np.log(weight) + np.log(np.diag(factor)).sum() - (((X - mean) @ factor) ** 2).sum(axis=1) / 2
            for weight, mean, factor in zip(
                arrays["weights"], arrays["means"], arrays["factors"], strict=True
            )
        ],
        axis=1,
    )
    labels = joint.argmax(axis=1)
    return Assignment(labels, 1 / np.exp(joint - joint.max(axis=1, keepdims=True)).sum(axis=1))


def _factors(cholesky: NDArray[np.float64], covariance: str, k: int) -> NDArray[np.float64]:
    """Return scikit-learn's Cholesky factors of the precisions as (k, D, D)."""
    if covariance == "tied":
        return np.repeat(cholesky[None], k, axis=0)
    return np.stack([np.diag(row) for row in cholesky]) if covariance == "diag" else cholesky
