"""Properties of the dimensions of a latent space."""

import numpy as np
from numpy.typing import NDArray

from latentkit import objective

__all__ = ["ACTIVE_VARIANCE", "active_mask", "active_units", "center_and_scale", "kl_per_dim"]

ACTIVE_VARIANCE = 0.01
"""A latent dimension is active when the variance of its mu exceeds this (Burda 2016)."""
BLOCK = 65_536

Floats = NDArray[np.float64]


def kl_per_dim(mu: NDArray[np.floating], logvar: NDArray[np.floating]) -> Floats:
    """Return the mean over images of KL(N(mu, exp logvar) || N(0, 1)) in nats: (N, D), (N, D) -> (D,).

    Computed in float64, in blocks of rows, so memory does not grow with N.
    """
    total = np.zeros(mu.shape[1])
    for first in range(0, len(mu), BLOCK):
        rows = slice(first, first + BLOCK)
        total += objective.kl(mu[rows].astype(np.float64), logvar[rows].astype(np.float64)).sum(axis=0)
    return total / len(mu)


def active_mask(mu: NDArray[np.floating], threshold: float = ACTIVE_VARIANCE) -> NDArray[np.bool_]:
    """Return which dimensions are active: (N, D) -> (D,)."""
    active: NDArray[np.bool_] = mu.var(axis=0, dtype=np.float64) > threshold
    return active


def active_units(mu: NDArray[np.floating], threshold: float = ACTIVE_VARIANCE) -> int:
    """Return the number of active dimensions of mu (N, D)."""
    return int(active_mask(mu, threshold).sum())


def center_and_scale(mu: NDArray[np.floating]) -> Floats:
    """Return centered principal coordinates with the largest variance 1: (N, D) -> (N, R), 1 <= R <= D.

    Dimensions are never standardized one by one: that would inflate dead dimensions to the size of live ones.
    The space is centered, rotated onto its principal axes (distances are unchanged) and divided by one number,
    so results do not depend on how the latents were rotated. Directions without variance are dropped; a
    constant space becomes one column of zeros.
    """
    X = mu.astype(np.float64)
    X -= X.mean(axis=0)
    variances, axes = np.linalg.eigh(X.T @ X / max(len(X) - 1, 1))
    top = variances[-1]
    # A constant column leaves rounding noise of the size of its value, never of the size of a signal.
    noise = 1e-12 * max(top, float(np.abs(mu).max(initial=0.0)) ** 2 * 1e-2)
    keep = variances > noise
    return (X @ axes[:, keep][:, ::-1]) / np.sqrt(top) if keep.any() else np.zeros((len(X), 1))
