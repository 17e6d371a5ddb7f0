"""Decode latents drawn from the prior, and from a mixture fitted to the latents of images.

A VAE decodes well where its images are, and in many dimensions few draws from the prior are near any image. Samples of
the mixture show what the decoder can do; those of the prior show how far the two distributions agree.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import decode_batches
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, rows_of, to_uint8
from latentkit.randomness import generator
from latentkit.run import Run
from latentkit.stats import gaussian_mixture

__all__ = ["Mixture", "Samples", "fit_mixture", "sample"]

Origin = Literal["both", "images", "prior"]

FRAMES, MILLISECONDS = 24, 100
COMPONENTS = (1, 2, 4, 8, 16)
MOST_ROWS = 5000
"""Latents that a mixture is fitted to; more are sampled."""


class Mixture(NamedTuple):
    """A mixture of k Gaussians in the latent space, N(means[c], factors[c].T @ factors[c]), fitted to `rows` latents."""

    weights: NDArray[np.float64]
    """(k,)"""
    means: NDArray[np.float64]
    """(k, latent)"""
    factors: NDArray[np.float64]
    """(k, r, latent)"""
    rows: int


class Draw(NamedTuple):
    """Latents (N, latent) drawn from one distribution, and the function that turns all of them by an angle."""

    name: tuple[str, ...]
    """Lines of text that name the distribution."""
    turn: Callable[[float], NDArray[np.float32]]


@dataclass(frozen=True)
class Samples:
    """Latents (M, latent) and their decoded images (M, H, W, C): n from each of one or two distributions, in this order."""

    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    seed: int
    temperature: float
    run: Run
    draws: tuple[Draw, ...]
    note: str = ""

    def sheet(self) -> Sheet:
        """Lay out the images as close to a square as possible, one distribution above the other."""
        return self._sheet(self.images)

    def frames(self) -> Frames:
        """Move along a circle: cos(a) e + sin(a) e', with a second noise e', gives samples at every angle a."""
        angles = (2 * np.pi * step / FRAMES for step in range(FRAMES))
        turns = (np.concatenate([draw.turn(angle) for draw in self.draws]) for angle in angles)
        return Frames([self._sheet(decode_batches(self.run, latents)) for latents in turns], MILLISECONDS)

    def _sheet(self, images: NDArray[np.float32]) -> Sheet:
        n, blocks = len(images) // len(self.draws), len(self.draws)
        cells = [Cell(image) for image in to_uint8(images)]
        across = math.ceil(math.sqrt(len(images)))
        rows = [rows_of(cells[start : start + n], across) for start in range(0, len(images), n)]
        names = [("",)] * len(rows[0])
        many = [f"{n:,} sample{'' if n == 1 else 's'} from {' '.join(draw.name)}" for draw in self.draws]
        return Sheet(
            [row for block in rows for row in block],
            ", and ".join(many),
            f"{self.note}seed {self.seed} · temperature {self.temperature:g}",
            rows=[name for draw in self.draws for name in (draw.name, *names[1:])] if blocks > 1 else (),
            band=len(rows[0]) if blocks > 1 else 0,
        )


def sample(
    run: Run,
    n: int = 64,
    *,
    seed: int = 0,
    temperature: float = 1.0,
    origin: Origin = "prior",
    mu: NDArray[np.float32] | None = None,
) -> Samples:
    """Draw n latents from the prior N(0, I), from a mixture fitted to latents of images, or from each, and decode them.

    The mixture is fitted to mu (N, latent), by default to the held-out latents that the run keeps; for "both", a run
    that keeps none gives samples from the prior alone. The temperature multiplies the noise: 0 gives the mean of the
    prior or of a component. The first samples of a seed do not depend on n.
    """
    if not (math.isfinite(temperature) and temperature >= 0):
        raise DecodingError(
            f"the temperature must be a number of at least 0, not {temperature}; 1 is the usual"
        )
    held_out = run.held_out if mu is None and origin != "prior" else None
    mu = held_out.mu if held_out is not None else mu
    if origin == "images" and mu is None:
        raise DecodingError(
            f"{run.path} keeps no latents of held-out images: name the latents of images, --latents z.npz"
        )
    draws, note = [], ""
    if origin != "images":
        draws.append(_from_prior(run.architecture.latent, n, seed, temperature))
    if origin != "prior":
        if mu is None:
            note = "add --latents z.npz for samples from a mixture fitted to images · "
        else:
            kind = "held-out images" if held_out is not None else "images"
            draws.append(_from_mixture(fit_mixture(mu, seed), kind, n, seed, temperature))
    latents = np.concatenate([draw.turn(0.0) for draw in draws])
    return Samples(latents, decode_batches(run, latents), seed, temperature, run, tuple(draws), note)


def fit_mixture(mu: NDArray[np.float32], seed: int = 0) -> Mixture:
    """Fit Gaussians to mu (N, latent) that are diagonal in the directions of its PCA; their number has the best BIC.

    One Gaussian has the full covariance of mu. A full covariance for each would need more images than most runs have.
    """
    rng = generator(seed, "mixture/rows")
    rows = mu if len(mu) <= MOST_ROWS else mu[np.sort(rng.choice(len(mu), MOST_ROWS, replace=False))]
    center = rows.mean(axis=0, dtype=np.float64)
    _, values, axes = np.linalg.svd(rows - center, full_matrices=False)
    axes = axes[values > 1e-6 * max(float(values[0]), 1e-30)]
    if not len(axes):  # equal latents, or a single one
        return Mixture(np.ones(1), center[None], np.zeros((1, 1, mu.shape[1])), len(mu))
    X = (rows - center) @ axes.T
    counts = [k for k in COMPONENTS if k == 1 or len(X) >= 20 * k]
    models = [gaussian_mixture(X, k, "diag", seed=seed) for k in counts]
    best = min(models, key=lambda model: float(model.bic(X)))
    deviations = np.sqrt(best.covariances_)
    return Mixture(best.weights_, center + best.means_ @ axes, deviations[:, :, None] * axes, len(mu))


def _from_prior(latent: int, n: int, seed: int, temperature: float) -> Draw:
    first = _noise(seed, "sample", (n, latent), temperature)
    second = _noise(seed, "sample/second", (n, latent), temperature)
    return Draw(
        ("the prior",), lambda angle: np.float32(np.cos(angle)) * first + np.float32(np.sin(angle)) * second
    )


def _from_mixture(mixture: Mixture, kind: str, n: int, seed: int, temperature: float) -> Draw:
    chosen = generator(seed, "mixture/components").choice(len(mixture.weights), n, p=mixture.weights)
    shape = (n, mixture.factors.shape[1])
    first = _noise(seed, "mixture", shape, temperature)
    second = _noise(seed, "mixture/second", shape, temperature)

    def turn(angle: float) -> NDArray[np.float32]:
        noise = np.cos(angle) * first + np.sin(angle) * second
        latents = mixture.means[chosen] + np.einsum("nr,nrd->nd", noise, mixture.factors[chosen])
        return np.asarray(latents, np.float32)

    return Draw(("a mixture", f"fitted to {mixture.rows:,}", kind), turn)


def _noise(seed: int, stream: str, shape: tuple[int, ...], temperature: float) -> NDArray[np.float32]:
    return np.float32(temperature) * generator(seed, stream).standard_normal(shape, np.float32)
