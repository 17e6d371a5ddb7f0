"""The objective that training minimizes, and the formulas of the optimizers.

Per image, in nats: sums over pixels and latent dimensions, mean over the batch.

    loss = reconstruction + beta * sum_j max(free_bits, mean_i KL_ij)

The reported `kl` is the raw sum, without beta or free bits. `logvar` is clamped to LOGVAR before any use. The functions
here define the objective in NumPy; a backend computes the same.

Reconstruction, with x the target in 0..1, m the decoded mean and D the number of values in an image:

    gaussian    sum (x - m)^2 / (2 sigma^2) + D/2 log(2 pi sigma^2)
                calibrated (sigma = None): sigma^2 = sum over the batch of (x - m)^2 / (n D), constant
                in the gradient (Rybkin, Daniilidis and Levine 2021), not below SIGMA2_FLOOR
    bernoulli   - sum x log m + (1 - x) log(1 - m), for x anywhere in 0..1

The optimizers, by PyTorch's formulas, with g the gradient after clipping and t = 1, 2, ...:

    clipping    g * min(1, clip / norm), norm over all weights together
    adam        m = .9 m + .1 g;  v = .999 v + .001 g^2
                w -= lr * (m / (1 - .9^t)) / (sqrt(v / (1 - .999^t)) + 1e-8)
    rmsprop     v = .99 v + .01 g^2;  w -= lr * g / (sqrt(v) + 1e-8)
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.choices import Likelihood, Optimizer

__all__ = [
    "ADAM_DECAY",
    "EPSILON",
    "LOGVAR",
    "RMSPROP_DECAY",
    "SIGMA2_FLOOR",
    "Likelihood",
    "Objective",
    "Optimizer",
    "bernoulli",
    "bits_per_dim",
    "calibrated_sigma2",
    "gaussian",
    "kl",
    "loss",
    "slots",
]

Array = NDArray[np.floating[Any]]

LOGVAR = (-30.0, 20.0)
"""logvar is clamped to these bounds."""
SIGMA2_FLOOR = 1 / 255**2 / 12
"""The variance of rounding to 8 bits: no reconstruction can be more precise."""
ADAM_DECAY = (0.9, 0.999)
RMSPROP_DECAY = 0.99
EPSILON = 1e-8
"""Added to the root, in both optimizers."""


@dataclass(frozen=True)
class Objective:
    """The part of the objective that is constant in a run: all but the learning rate and beta."""

    likelihood: Likelihood = "gaussian"
    sigma: float | None = None
    """Standard deviation of the Gaussian; None: calibrated."""
    free_bits: float = 0.0
    """KL per dimension, in nats, that is not penalized."""
    optimizer: Optimizer = "adam"
    clip: float | None = None
    """Maximum global norm of the gradient; None: no limit."""


def kl(mu: Array, logvar: Array) -> Array:
    """Return KL(N(mu, e^logvar) || N(0, 1)) of each image and dimension, in nats: (N, latent) to (N, latent)."""
    return (mu**2 + np.exp(logvar) - 1 - logvar) / 2


def gaussian(squared_error: Array, pixels: int, sigma2: float) -> Array:
    """Return the negative log-likelihood of each image, in nats; squared errors (N,) are sums over `pixels` values."""
    return squared_error / (2 * sigma2) + pixels / 2 * math.log(2 * math.pi * sigma2)


def calibrated_sigma2(squared_error: Array, pixels: int) -> float:
    """Return the variance that minimizes `gaussian` over these images (N,), but not less than the floor."""
    return max(float(np.mean(squared_error, dtype=np.float64)) / pixels, SIGMA2_FLOOR)


def bernoulli(targets: Array, logits: Array) -> Array:
    """Return the negative log-likelihood of each image, in nats, from logits: (N, ...) to (N,). Never overflows."""
    each = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    total: Array = each.reshape(len(each), -1).sum(axis=1)
    return total


def loss(reconstruction: float, kl_per_dimension: Array, beta: float, free_bits: float) -> float:
    """Return the loss of a set, from its mean reconstruction and its mean KL per dimension (latent,)."""
    return float(reconstruction + beta * np.maximum(kl_per_dimension, free_bits).sum())


def bits_per_dim(nats: float, pixels: int, likelihood: Likelihood) -> float:
    """Return `nats` (reconstruction + KL of an image of `pixels` values) as bits per value: lower is better.

    A Gaussian is a density of values in 0..1. Its mass at one of the 256 levels, which are 1/255 apart, is its density
    divided by 255 (midpoint rule), so the bits are nats / (pixels ln 2) + log2(255), as for the discrete values of
    Theis, van den Oord and Bethge (2016). They can be compared between runs, image sizes, beta and sigma. A Bernoulli
    is a mass already, nats / (pixels ln 2); it measures pixels that are black or white, and is no code for grays.
    """
    bits = nats / (pixels * math.log(2))
    return bits + math.log2(255) if likelihood == "gaussian" else bits


def slots(optimizer: Optimizer) -> tuple[str, ...]:
    """Return the prefixes of an optimizer's slots in a State."""
    return ("adam.m", "adam.v") if optimizer == "adam" else ("rmsprop.v",)
