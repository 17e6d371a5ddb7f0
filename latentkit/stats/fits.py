"""k-means and Gaussian mixtures by scikit-learn, with the settings that every package uses."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["KMeansFit", "gaussian_mixture", "kmeans", "quiet_fits"]

STARTS = 10
REGULARIZATION = 1e-6
"""Added to the variances of a mixture, in units of the data."""


class KMeansFit(NamedTuple):
    """Labels (N,), centers (k, D) and the within-cluster sum of squares."""

    labels: NDArray[np.intp]
    centers: NDArray[np.floating]
    inertia: float


@contextmanager
def quiet_fits() -> Iterator[None]:
    """Ignore scikit-learn's convergence warnings: a fit that has not quite converged is measured like any other."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def kmeans(X: NDArray[np.floating], k: int, seed: int = 0, starts: int = STARTS) -> KMeansFit:
    """Cluster X (N, D) into k clusters; the start with the least inertia wins."""
    from sklearn.cluster import KMeans

    with quiet_fits():
        model = KMeans(k, n_init=starts, random_state=seed).fit(X)
    return KMeansFit(model.labels_.astype(np.intp), model.cluster_centers_, float(model.inertia_))


def gaussian_mixture(
    X: NDArray[np.floating],
    k: int,
    covariance: str = "full",
    *,
    seed: int = 0,
    starts: int = 1,
    iterations: int = 100,
    labels: NDArray[np.intp] | None = None,
) -> Any:
    """Fit k Gaussians to X (N, D) and return scikit-learn's GaussianMixture; its `bic(X)` compares models.

    covariance: "full", "tied" or "diag". labels (N,) of an earlier clustering, if given, define the only start
    of a diagonal mixture, and k must be the number of different labels.
    """
    from sklearn.mixture import GaussianMixture

    start = {} if labels is None else _start(X, labels)
    model = GaussianMixture(
        k,
        covariance_type=covariance,
        n_init=starts,
        max_iter=iterations,
        reg_covar=REGULARIZATION,
        random_state=seed,
        **start,
    )
    with quiet_fits():
        return model.fit(X)


def _start(X: NDArray[np.floating], labels: NDArray[np.intp]) -> dict[str, NDArray[np.floating]]:
    present, codes = np.unique(labels, return_inverse=True)
    counts = np.bincount(codes)
    clusters = [X[codes == code] for code in range(len(present))]
    return {
        "weights_init": counts / counts.sum(),
        "means_init": np.stack([rows.mean(axis=0) for rows in clusters]),
        "precisions_init": 1 / (np.stack([rows.var(axis=0) for rows in clusters]) + REGULARIZATION),
    }
