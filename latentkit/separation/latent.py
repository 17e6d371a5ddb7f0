"""The health of a latent space: how much of it is used, and how much it says about an image.

Labels play no part. What needs logvar is None without it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCK = 65_536
SAMPLE = 2000  # images of the mutual information: its cost is the square of this


@dataclass(frozen=True)
class Health:
    """Nats; dead lists dimension numbers; mutual_information_capped: the estimate has reached its ceiling."""

    active_units: int
    dead: tuple[int, ...]
    effective_rank: float
    participation_ratio: float
    total_correlation: float | None
    mutual_information: float | None
    mutual_information_capped: bool
    kl_per_dim: tuple[float, ...] | None


def effective_rank(eigenvalues: Floats) -> float:
    """exp of the entropy of the normalised spectrum (Roy & Vetterli 2007); 0 for a constant space."""
    share = eigenvalues[eigenvalues > 0] / max(eigenvalues.sum(), np.finfo(float).tiny)
    return float(np.exp(-(share * np.log(share)).sum())) if len(share) else 0.0


def participation_ratio(eigenvalues: Floats) -> float:
    """(sum of variances)^2 / sum of squared variances: D for a ball, 1 for a line, 0 for a point."""
    squares = float((eigenvalues**2).sum())
    return float(eigenvalues.sum() ** 2 / squares) if squares > 0 else 0.0


def total_correlation(covariance: Floats) -> float | None:
    """Gaussian total correlation in nats: (sum of log variances - log det) / 2; None if singular or empty."""
    if not len(covariance):
        return None
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return None
    return float(max(-0.5 * np.linalg.slogdet(correlation)[1], 0.0))


def kl_per_dim(mu: NDArray[np.floating], logvar: NDArray[np.floating]) -> Floats:
    """(D,): mean over images of KL(N(mu, exp logvar) || N(0, 1)) in nats."""
    total = np.zeros(mu.shape[1])
    for first in range(0, len(mu), BLOCK):
        wide = logvar[first : first + BLOCK].astype(np.float64)
        mean = mu[first : first + BLOCK].astype(np.float64)
        total += (mean**2 + np.exp(wide) - 1 - wide).sum(axis=0)
    return 0.5 * total / len(mu)


def mutual_information(
    mu: NDArray[np.floating], logvar: NDArray[np.floating], rng: np.random.Generator
) -> float:
    """I(x; z) in nats among the M images given, which is at most log M (Hoffman & Johnson 2016).

    One z is drawn for each image; the aggregate posterior is the mixture of the M posteriors.
    """
    mean, spread = mu.astype(np.float64), logvar.astype(np.float64)
    z = mean + np.exp(spread / 2) * rng.standard_normal(mean.shape)
    precision = np.exp(-spread)
    # log q(z_i | x_j) up to a constant that cancels: every pair by three products.
    log_q = -0.5 * (
        z**2 @ precision.T - 2 * z @ (mean * precision).T + (mean**2 * precision + spread).sum(axis=1)
    )
    top = log_q.max(axis=1, keepdims=True)
    log_mixture = top[:, 0] + np.log(np.exp(log_q - top).mean(axis=1))
    return float((np.diag(log_q) - log_mixture).mean())


def health(
    mu: NDArray[np.floating],
    logvar: NDArray[np.floating] | None,
    active_variance: float,
    rng: np.random.Generator,
) -> Health:
    """mu and logvar (N, D). A dimension is dead when it is not active: its mu varies by `active_variance` or less."""
    centred = mu.astype(np.float64)
    centred -= centred.mean(axis=0)
    covariance = centred.T @ centred / max(len(mu) - 1, 1)
    variances = np.diag(covariance)
    active = variances > active_variance
    eigenvalues = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
    information, ceiling = None, 0.0
    if logvar is not None:
        picked = np.sort(rng.choice(len(mu), min(SAMPLE, len(mu)), replace=False))
        information = max(mutual_information(mu[picked], logvar[picked], rng), 0.0)
        ceiling = float(np.log(len(picked)))
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
