"""Decode latents drawn from the prior."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import decode_batches
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, rows_of, to_uint8
from latentkit.randomness import generator
from latentkit.run import Run

__all__ = ["Samples", "sample"]

FRAMES, MILLISECONDS = 24, 100


@dataclass(frozen=True)
class Samples:
    """Latents (N, latent) and their decoded images (N, H, W, C)."""

    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    seed: int
    temperature: float
    run: Run

    def sheet(self) -> Sheet:
        """Lay out the images as close to a square as possible."""
        return self._sheet(self.images)

    def frames(self) -> Frames:
        """Move along a circle: cos(a) z + sin(a) z', with a second draw z', is a sample of the prior at every angle a."""
        second = _draw(self.seed, "sample/second", self.latents.shape, self.temperature)
        angles = 2 * np.pi * np.arange(FRAMES) / FRAMES
        turns = [np.cos(a) * self.latents + np.sin(a) * second for a in angles]
        return Frames([self._sheet(decode_batches(self.run, latents)) for latents in turns], MILLISECONDS)

    def _sheet(self, images: NDArray[np.float32]) -> Sheet:
        n = len(images)
        cells = [Cell(image) for image in to_uint8(images)]
        return Sheet(
            rows_of(cells, math.ceil(math.sqrt(n))),
            f"{n:,} sample{'' if n == 1 else 's'} from the prior",
            f"seed {self.seed} · temperature {self.temperature:g}",
        )


def sample(run: Run, n: int = 64, *, seed: int = 0, temperature: float = 1.0) -> Samples:
    """Draw n latents from N(0, temperature^2 I) and decode them; the first ones of a seed do not depend on n."""
    if not (math.isfinite(temperature) and temperature >= 0):
        raise DecodingError(
            f"the temperature must be a number of at least 0, not {temperature}; 1 is the prior"
        )
    latents = _draw(seed, "sample", (n, run.architecture.latent), temperature)
    return Samples(latents, decode_batches(run, latents), seed, temperature, run)


def _draw(seed: int, stream: str, shape: tuple[int, ...], temperature: float) -> NDArray[np.float32]:
    return np.float32(temperature) * generator(seed, stream).standard_normal(shape, np.float32)
