"""Test whether there is any cluster structure, or one Gaussian cloud would look the same.

k-means finds k clusters in anything. So the k-means cluster index (within-cluster over total sum of squares) of the
latents is compared with that of Gaussian clouds of the same mean and covariance, clustered the same way (SigClust:
Liu et al. 2008, with the sample covariance, the conservative choice of Huang et al. 2015).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.visible import lloyd
from latentkit.stats import random_rows

__all__ = ["ROWS", "Structure", "structure"]

Floats = NDArray[np.float64]

ROWS = 2000
DRAWS = 99
EXCEEDANCES = 5  # p can no longer be below 0.05: the simulation stops (Besag and Clifford 1991)
BATCH = 8


@dataclass(frozen=True)
class Structure:
    """p-value, under one Gaussian cloud, of the cluster index of k clusters of n rows, from `draws` simulations."""

    p: float
    k: int
    n: int
    draws: int


def structure(X: Floats, k: int, rng: np.random.Generator) -> Structure | None:
    """Test X (N, R), which is on one scale; None if there are too few rows for k clusters, or no variance.

    The p-value is (1 + exceedances) / (1 + draws), or exceedances / draws if five of them end it early.
    """
    rows = random_rows(np.arange(len(X)), ROWS, rng)
    centered = X[rows] - X[rows].mean(axis=0)
    total = float((centered**2).sum())
    if len(rows) < max(10, 3 * k) or k < 2 or total == 0:
        return None
    covariance = centered.T @ centered / (len(rows) - 1)
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0.0)).astype(np.float32)
    observed = lloyd.kmeans_of_many(centered[None].astype(np.float32), k, rng)[0][0] / total
    exceedances = done = 0
    while done < DRAWS:
        size = min(BATCH, DRAWS - done)
        clouds = rng.standard_normal((size, len(rows), len(spread)), dtype=np.float32) * spread
        clouds -= clouds.mean(axis=1, keepdims=True)
        totals = np.square(clouds).sum(axis=(1, 2), dtype=np.float64)
        for index in lloyd.kmeans_of_many(clouds, k, rng)[0] / totals:
            done += 1
            exceedances += int(index <= observed)
            if exceedances == EXCEEDANCES:
                return Structure(exceedances / done, k, len(rows), done)
    return Structure((1 + exceedances) / (1 + DRAWS), k, len(rows), DRAWS)
