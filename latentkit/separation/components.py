"""How many clusters, when nobody says: the Gaussian mixture with the best BIC."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.clusters import quiet_fits
from latentkit.separation.sample import sample

Floats = NDArray[np.float64]

MOST = 10
PATIENCE = 3
STARTS = 5
ROWS = 2000


class Components(NamedTuple):
    """k components of one covariance type, on `rows` rows; 1 means one blob."""

    k: int
    covariance: str
    bic: float
    rows: int


def choose_components(X: Floats, rng: np.random.Generator) -> Components:
    """The k in 1..10 with the least BIC over diagonal and tied covariances, five starts each.

    A covariance type is given up after three values of k that do not improve on its best.
    """
    from sklearn.mixture import GaussianMixture

    rows = sample(np.arange(len(X)), ROWS, rng)
    found = []
    for covariance in ("diag", "tied"):
        waited, best = 0, np.inf
        for k in range(1, min(MOST, len(rows) // 2) + 1):
            with quiet_fits():
                model = GaussianMixture(
                    k,
                    covariance_type=covariance,
                    n_init=STARTS,
                    reg_covar=1e-6,
                    random_state=int(rng.integers(2**31)),
                ).fit(X[rows])
            value = float(model.bic(X[rows]))
            found.append(Components(k, covariance, value, len(rows)))
            waited = 0 if value < best else waited + 1
            best = min(best, value)
            if waited == PATIENCE:
                break
    return min(found, key=lambda one: one.bic)
