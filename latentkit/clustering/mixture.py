"""A mixture of Gaussians by scikit-learn; of full, tied and diagonal covariances the one with the best BIC.

New rows are assigned by the density itself, from the weights, the means and one Cholesky factor of the
precision a component, whatever the covariance was.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.found import Assigned, Found, by_size

__all__ = ["assign", "fit"]

STARTS = 5
FLOOR = 1e-6
"""Added to variances, in units of the largest variance there is."""


def fit(X: NDArray[np.float64], k: int, seed: int) -> Found:
    """k components of X (N, D), N >= k >= 2, whose largest variance along any direction is about 1.

    A covariance of more parameters than there are rows is not tried: its likelihood has no bound.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    n, d = X.shape
    parameters = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": 0}
    models = []
    for covariance in (name for name, count in parameters.items() if count <= n):
        with warnings.catch_warnings():
            # A mixture that has not quite converged is still one; the best BIC decides.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = GaussianMixture(
                k, covariance_type=covariance, n_init=STARTS, reg_covar=FLOOR, random_state=seed
            ).fit(X)
        models.append((float(model.bic(X)), covariance, model))
    bic, covariance, best = min(models, key=lambda one: one[0])
    order = by_size(best.predict(X).astype(np.intp), k)
    arrays = {
        "weights": best.weights_[order],
        "means": best.means_[order],
        "factors": _factors(best.precisions_cholesky_, covariance, k)[order],
    }
    return Found(assign(arrays, X), {"covariance": covariance, "bic": bic, "starts": STARTS}, arrays)


def assign(arrays: Mapping[str, NDArray[Any]], X: NDArray[np.float64]) -> Assigned:
    """The likeliest component, and its posterior probability."""
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
    return Assigned(labels, 1 / np.exp(joint - joint.max(axis=1, keepdims=True)).sum(axis=1))


def _factors(cholesky: NDArray[np.float64], covariance: str, k: int) -> NDArray[np.float64]:
    """scikit-learn's Cholesky factors of the precisions as (k, D, D), the columns of which whiten."""
    if covariance == "tied":
        return np.repeat(cholesky[None], k, axis=0)
    return np.stack([np.diag(row) for row in cholesky]) if covariance == "diag" else cholesky
