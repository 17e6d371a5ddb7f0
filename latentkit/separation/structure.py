"""Is there any cluster structure at all, or would one Gaussian cloud look the same?

k-means finds k clusters in anything. So the k-means cluster index (within / total sum of squares) of the
latents is set against those of Gaussian clouds with the same mean and covariance, clustered the same way
(SigClust: Liu et al. 2008, with the sample covariance, the conservative choice of Huang et al. 2015).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation import lloyd
from latentkit.separation.sample import sample

Floats = NDArray[np.float64]

ROWS = 2000
DRAWS = 99
EXCEEDANCES = 5  # p can no longer fall below .05: the simulation stops (Besag & Clifford 1991)
BATCH = 8


@dataclass(frozen=True)
class Structure:
    """p of the cluster index with k clusters, on n rows, after `draws` simulated clouds."""

    p: float
    k: int
    n: int
    draws: int


def structure(X: Floats, k: int, rng: np.random.Generator) -> Structure | None:
    """X (N, R) on one scale. None when there are too few rows for k clusters, or no variance at all.

    The p-value is (1 + exceedances) / (1 + draws), or exceedances / draws where five of them end it early.
    """
    rows = sample(np.arange(len(X)), ROWS, rng)
    centred = X[rows] - X[rows].mean(axis=0)
    total = float((centred**2).sum())
    if len(rows) < max(10, 3 * k) or k < 2 or total == 0:
        return None
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(centred.T @ centred / (len(rows) - 1)), 0.0)).astype(
        np.float32
    )
    observed = lloyd.within(centred[None].astype(np.float32), k, rng)[0][0] / total
    reached = done = 0
    while done < DRAWS:
        size = min(BATCH, DRAWS - done)
        clouds = rng.standard_normal((size, len(rows), len(spread)), dtype=np.float32) * spread
        clouds -= clouds.mean(axis=1, keepdims=True)
        totals = np.square(clouds).sum(axis=(1, 2), dtype=np.float64)
        for index in lloyd.within(clouds, k, rng)[0] / totals:
            done += 1
            reached += int(index <= observed)
            if reached == EXCEEDANCES:
                return Structure(reached / done, k, len(rows), done)
    return Structure((1 + reached) / (1 + DRAWS), k, len(rows), DRAWS)
