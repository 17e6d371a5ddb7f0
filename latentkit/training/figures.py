"""The figures of a whole set, formed exactly from those of its images: what is reported, and what is compared.

There is no accuracy here, and must never be: an auto-encoder classifies nothing.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from latentkit import objective as meaning
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Group, Losses, Model
from latentkit.randomness import generator
from latentkit.training.data import Subset

__all__ = ["ACTIVE", "Figures", "Sums", "evaluate", "pool", "variance"]

ACTIVE = 0.01
"""A latent dimension is active when the variance of its mu is above this (Burda, Grosse and Salakhutdinov 2016)."""

CHUNK = 64
"""Images at a time where float64 copies of them are made."""


@dataclass(frozen=True)
class Figures:
    """Of a set of images. Nats per image, sums over pixels and latent dimensions, means over the set."""

    loss: float
    """At the target beta, whatever beta training is at."""
    reconstruction: float
    kl: float
    mse: float
    """Mean squared error per pixel, pixels in 0..1."""
    r2: float | None
    """1 - mse / variance of the pixels: 0 predicts the mean image, 1 is perfect; None where all images are alike."""
    active_units: int
    sigma: float | None
    """Of the Gaussian: the calibrated one, or the one that was asked for."""
    kl_per_dim: tuple[float, ...]

    def summary(self) -> dict[str, Any]:
        """What a line of history holds."""
        names = ("loss", "reconstruction", "kl", "mse", "r2", "active_units")
        return {name: getattr(self, name) for name in names}


def variance(images: Subset) -> float:
    """The variance per pixel around the mean image, pixels in 0..1; one pass, float64."""
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
    """Every image of a set, the last partial batch too, with noise that is the same at every call.

    A group takes turns at whole batches, so that each image's figures are those of a process alone, bit for bit.
    """
    parts = _parts(model, images, latent, batch, seed, group)
    if group is None:
        return parts
    return iter([Evaluation(*(group.sum(np.concatenate(column)) for column in zip(*parts, strict=True)))])


def _parts(
    model: Model, images: Subset, latent: int, batch: int, seed: int, group: Group | None
) -> Iterator[Evaluation]:
    """The evaluation of each batch, zeros where it is another process's turn."""
    noise = generator(seed, "validation")
    # Of what another process evaluates nothing is read.
    step = 1 if group is None else group.size
    for turn, start in enumerate(range(0, len(images), batch)):
        n = min(batch, len(images) - start)
        drawn = noise.standard_normal((n, latent), np.float32)
        if group is None or turn % group.size == group.rank:
            part = images.take(slice(start, start + batch))
            images.expect(slice(start + step * batch, start + (step + 1) * batch))
            yield model.evaluate(Batch(part, part, drawn))
        else:
            each, dims = np.zeros(n, np.float32), np.zeros((n, latent), np.float32)
            yield Evaluation(each, each, dims, dims)


@np.errstate(over="ignore", invalid="ignore")  # the loop stops at a loss that is not finite, and says so once
def pool(
    evaluations: Iterable[Evaluation],
    objective: Objective,
    *,
    pixels: int,
    pixel_variance: float,
    beta: float,
) -> Figures:
    """The figures of all images together; a calibrated sigma is that of the whole set."""
    each = [np.concatenate(column).astype(np.float64) for column in zip(*evaluations, strict=True)]
    reconstruction, squared_error, mu, logvar = each
    kl_per_dim = meaning.kl(mu, logvar).mean(axis=0)
    mse = float(squared_error.mean()) / pixels
    sigma = None
    if objective.likelihood == "gaussian":
        sigma2 = (
            objective.sigma**2
            if objective.sigma is not None
            else meaning.calibrated_sigma2(squared_error, pixels)
        )
        reconstruction = meaning.gaussian(squared_error, pixels, sigma2).astype(np.float64)
        sigma = math.sqrt(sigma2)
    mean = float(reconstruction.mean())
    return Figures(
        loss=meaning.loss(mean, kl_per_dim, beta, objective.free_bits),
        reconstruction=mean,
        kl=float(kl_per_dim.sum()),
        mse=mse,
        r2=1 - mse / pixel_variance if pixel_variance > 0 else None,
        active_units=int((mu.var(axis=0) > ACTIVE).sum()),
        sigma=sigma,
        kl_per_dim=tuple(map(float, kl_per_dim)),
    )


@dataclass
class Sums:
    """The losses of the steps since the last validation, weighted by their images."""

    images: int = 0
    loss: float = 0.0
    reconstruction: float = 0.0
    kl: float = 0.0
    squared_error: float = 0.0
    seconds: float = 0.0

    def add(self, losses: Losses, images: int) -> None:
        """Count one step; its losses may still be on a device, and are fetched here."""
        self.images += images
        for name, value in losses._asdict().items():
            setattr(self, name, getattr(self, name) + float(value) * images)

    def means(self, pixels: int, pixel_variance: float) -> dict[str, Any]:
        """What a line of history holds of training."""
        n = max(self.images, 1)
        mse = self.squared_error / n / pixels
        return {
            "loss": self.loss / n,
            "reconstruction": self.reconstruction / n,
            "kl": self.kl / n,
            "mse": mse,
            "r2": 1 - mse / pixel_variance if pixel_variance > 0 else None,
        }
