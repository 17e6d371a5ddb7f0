"""Look through a run's own model: embed and reconstruct some of its images."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Protocol

import numpy as np

from latentkit.diagnosis.from_latents import posterior, space
from latentkit.diagnosis.pictures import compare
from latentkit.diagnosis.quantities import Pictures, Posterior, Space
from latentkit.diagnosis.space import MOST
from latentkit.formats.latents import Latents
from latentkit.images import Cache, Source, Transform, load
from latentkit.protocol import Model

__all__ = ["Opened", "Progress", "look"]

DRAWN = 256
BATCH = 64
Progress = Callable[[int, int], None]


class Opened(Protocol):
    """A trained run, ready to use."""

    @property
    def model(self) -> Model:
        """With its best weights."""

    @property
    def transform(self) -> Transform:
        """How its images were brought to one size."""


def look(
    run: Opened, sources: Sequence[Source], *, cache: bool = True, progress: Progress | None = None
) -> tuple[Posterior, Space | None, Pictures]:
    """What the model makes of at most 2000 images, evenly spread over the sources; 256 of them are reconstructed from mu."""
    chosen = [
        sources[at] for at in np.unique(np.linspace(0, len(sources) - 1, min(len(sources), MOST)).astype(int))
    ]
    with Cache() if cache else nullcontext() as kept:
        images = load(chosen, run.transform, cache=kept, progress=progress)
    parts = [run.model.encode(images.pixels[at : at + BATCH]) for at in range(0, len(images), BATCH)]
    mu, logvar = (np.concatenate(column) for column in zip(*parts, strict=True))
    shown = np.unique(np.linspace(0, len(images) - 1, min(len(images), DRAWN)).astype(int))
    drawn = np.concatenate(
        [run.model.decode(mu[shown[at : at + BATCH]]) for at in range(0, len(shown), BATCH)]
    )
    arrays = {"ids": images.ids, "mu": mu, "labels": images.labels}
    return (
        posterior(mu, logvar),
        space(Latents(arrays)),
        compare(images.pixels[shown] / 255.0, drawn),
    )
