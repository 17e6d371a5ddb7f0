"""Metrics of a set of images, computed exactly from those of each image.

There is no accuracy here, and there must never be one: an autoencoder does not classify.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentkit import objective as objectives
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Group, Losses, Model
from latentkit.randomness import generator
from latentkit.stats import active_units, kl_per_dim
from latentkit.training.data import Subset

__all__ = ["Metrics", "RunningMeans", "evaluate", "pool", "variance"]

CHUNK = 64
"""Images that are copied to float64 at a time."""


@dataclass(frozen=True)
class Metrics:
    """Metrics of a set of images. Nats per image: sums over pixels and latent dimensions, means over the set."""

    loss: float
    """The loss at the target beta, even during warm-up."""
    reconstruction: float
    kl: float
    mse: float
    """Mean squared error per pixel, pixels in 0..1."""
    r2: float | None
    """1 - mse / variance of the pixels: 0 for the mean image, 1 for a perfect reconstruction; None if all images are equal."""
    active_units: int
    sigma: float | None
    """Standard deviation of the Gaussian likelihood, calibrated or fixed; None for the Bernoulli."""
    kl_per_dim: tuple[float, ...]
    bits_per_dim: float
    """Reconstruction and KL in bits per value of an image, whatever beta is; see `objective.bits_per_dim`."""

    def summary(self) -> dict[str, Any]:
        """Return what a line of history holds."""
        names = ("loss", "reconstruction", "kl", "mse", "r2", "active_units", "bits_per_dim")
        return {name: getattr(self, name) for name in names}


def variance(images: Subset) -> float:
    """Return the variance per pixel around the mean image, pixels in 0..1; one pass, in float64."""
    total = np.zeros(images.pixels.shape[1:], np.float64)
    squares = 0.0
    for start in range(0, len(images), CHUNK):
        x = images.take(slice(start, start + CHUNK)).astype(np.float64)
        total += x.sum(axis=0)
        squares += float(np.square(x).sum())
    n = len(images)
    return max(0.0, (squares - float(np.square(total).sum()) / n) / (n * total.size)) / 255**2


def evaluate(
    model: Model, images: Subset, latent: int, batch: int, seed: int, group: Group | None = None
) -> Iterator[Evaluation]:
    """Evaluate every image of a set, including the last partial batch, with the same noise at every call.

    The processes of a group take turns at whole batches, so that the results equal those of one process bit for bit.
    """
    parts = _parts(model, images, latent, batch, seed, group)
    if group is None:
        return parts
    return iter([Evaluation(*(group.sum(np.concatenate(column)) for column in zip(*parts, strict=True)))])


def _parts(
    model: Model, images: Subset, latent: int, batch: int, seed: int, group: Group | None
) -> Iterator[Evaluation]:
    """Evaluate each batch; return zeros for the batches of other processes."""
    noise = generator(seed, "validation")
    # This process does not read the images that others evaluate.
    step = 1 if group is None else group.size
    for turn, start in enumerate(range(0, len(images), batch)):
        n = min(batch, len(images) - start)
        sample = noise.standard_normal((n, latent), np.float32)
        if group is None or turn % group.size == group.rank:
            part = images.take(slice(start, start + batch))
            images.prefetch(slice(start + step * batch, start + (step + 1) * batch))
            yield model.evaluate(Batch(part, part, sample))
        else:
            scalar, vector = np.zeros(n, np.float32), np.zeros((n, latent), np.float32)
            yield Evaluation(scalar, scalar, vector, vector)


@np.errstate(over="ignore", invalid="ignore")  # the loop reports a loss that is not finite
def pool(
    evaluations: Iterable[Evaluation],
    objective: Objective,
    *,
    pixels: int,
    pixel_variance: float,
    beta: float,
) -> Metrics:
    """Return the metrics of all images together; a calibrated sigma is that of the whole set."""
    columns = [np.concatenate(column).astype(np.float64) for column in zip(*evaluations, strict=True)]
    reconstruction, squared_error, mu, logvar = columns
    kl = kl_per_dim(mu, logvar)
    mse = float(squared_error.mean()) / pixels
    sigma = None
    if objective.likelihood == "gaussian":
        sigma2 = (
            objective.sigma**2
            if objective.sigma is not None
            else objectives.calibrated_sigma2(squared_error, pixels)
        )
        reconstruction = objectives.gaussian(squared_error, pixels, sigma2).astype(np.float64)
        sigma = math.sqrt(sigma2)
    mean = float(reconstruction.mean())
    return Metrics(
        loss=objectives.loss(mean, kl, beta, objective.free_bits),
        reconstruction=mean,
        kl=float(kl.sum()),
        mse=mse,
        r2=1 - mse / pixel_variance if pixel_variance > 0 else None,
        active_units=active_units(mu),
        sigma=sigma,
        kl_per_dim=tuple(map(float, kl)),
        bits_per_dim=objectives.bits_per_dim(mean + float(kl.sum()), pixels, objective.likelihood),
    )


@dataclass
class RunningMeans:
    """The mean losses of the steps since the last validation, weighted by their numbers of images."""

    images: int = 0
    loss: float = 0.0
    reconstruction: float = 0.0
    kl: float = 0.0
    squared_error: float = 0.0
    seconds: float = 0.0

    def add(self, losses: Losses, images: int) -> None:
        """Add the losses of one step; this waits for them if they are still on a device."""
        self.images += images
        for name, value in losses._asdict().items():
            setattr(self, name, getattr(self, name) + float(value) * images)

    def summary(self, pixels: int, pixel_variance: float) -> dict[str, Any]:
        """Return what a line of history holds of training."""
        n = max(self.images, 1)
        mse = self.squared_error / n / pixels
        return {
            "loss": self.loss / n,
            "reconstruction": self.reconstruction / n,
            "kl": self.kl / n,
            "mse": mse,
            "r2": 1 - mse / pixel_variance if pixel_variance > 0 else None,
        }
