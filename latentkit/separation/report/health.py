"""The health of a latent space: how much of it is used, and how much it says about an image.

Labels are not used. What requires logvar is None without it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.stats import active_mask, kl_per_dim

__all__ = ["MUTUAL_INFORMATION_ROWS", "Health", "measure_health"]

Floats = NDArray[np.float64]

MUTUAL_INFORMATION_ROWS = 2000
"""Images of the mutual information, whose cost is the square of their number."""


@dataclass(frozen=True)
class Health:
    """Health of a latent space; entropies and divergences are in nats."""

    active_units: int
    dead: tuple[int, ...]
    """Numbers of the dimensions that are not active."""
    effective_rank: float
    participation_ratio: float
    total_correlation: float | None
    mutual_information: float | None
    mutual_information_capped: bool
    """True if the estimate has reached its ceiling, the log of the number of images."""
    kl_per_dim: tuple[float, ...] | None


def effective_rank(eigenvalues: Floats) -> float:
    """Return exp of the entropy of the normalized spectrum (Roy and Vetterli 2007); 0 for a constant space."""
    share = eigenvalues[eigenvalues > 0] / max(eigenvalues.sum(), np.finfo(float).tiny)
    return float(np.exp(-(share * np.log(share)).sum())) if len(share) else 0.0


def participation_ratio(eigenvalues: Floats) -> float:
    """Return (sum of variances)^2 / sum of squared variances: D for a ball, 1 for a line, 0 for a point."""
    squares = float((eigenvalues**2).sum())
    return float(eigenvalues.sum() ** 2 / squares) if squares > 0 else 0.0


def total_correlation(covariance: Floats) -> float | None:
    """Return the Gaussian total correlation, (sum of log variances - log det) / 2; None if singular or empty."""
    if not len(covariance):
        return None
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return None
    return float(max(-0.5 * np.linalg.slogdet(correlation)[1], 0.0))


def mutual_information(
    mu: NDArray[np.floating], logvar: NDArray[np.floating], rng: np.random.Generator
) -> float:
    """Return I(x; z) among the M images given, which is at most log M (Hoffman and Johnson 2016).

    One z is drawn for each image; the aggregate posterior is the mixture of the M posteriors.
    """
    mean, log_variance = mu.astype(np.float64), logvar.astype(np.float64)
    z = mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape)
    precision = np.exp(-log_variance)
    # log q(z_i | x_j) up to a constant that cancels, for every pair by three matrix products.
    log_q = -0.5 * (
        z**2 @ precision.T - 2 * z @ (mean * precision).T + (mean**2 * precision + log_variance).sum(axis=1)
    )
    top = log_q.max(axis=1, keepdims=True)
    log_mixture = top[:, 0] + np.log(np.exp(log_q - top).mean(axis=1))
    return float((np.diag(log_q) - log_mixture).mean())


def measure_health(
    mu: NDArray[np.floating],
    logvar: NDArray[np.floating] | None,
    active_variance: float,
    rng: np.random.Generator,
) -> Health:
    """Measure the health of mu and logvar (N, D); a dimension is dead if it is not active."""
    centered = mu.astype(np.float64)
    centered -= centered.mean(axis=0)
    covariance = centered.T @ centered / max(len(mu) - 1, 1)
    active = active_mask(centered, active_variance)
    eigenvalues = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
    information, ceiling = None, 0.0
    if logvar is not None:
        rows = np.sort(rng.choice(len(mu), min(MUTUAL_INFORMATION_ROWS, len(mu)), replace=False))
        information = max(mutual_information(mu[rows], logvar[rows], rng), 0.0)
        ceiling = float(np.log(len(rows)))
    return Health(
        active_units=int(active.sum()),
        dead=tuple(int(j) for j in np.flatnonzero(~active)),
        effective_rank=effective_rank(eigenvalues),
        participation_ratio=participation_ratio(eigenvalues),
        total_correlation=total_correlation(covariance[np.ix_(active, active)]),
        mutual_information=information,
        mutual_information_capped=information is not None and information > 0.95 * ceiling,
        kl_per_dim=None if logvar is None else tuple(float(v) for v in kl_per_dim(mu, logvar)),
    )
