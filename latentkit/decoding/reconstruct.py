"""Images beside what the run makes of them: any of them, or the worst."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.means import BATCH, means
from latentkit.decoding.spread import spread
from latentkit.images import Cache, Skipped, Source, stream
from latentkit.pictures.sheet import Cell, Frames, Sheet, bytes_of_means, folded, named
from latentkit.protocol import Batch
from latentkit.run import Run

__all__ = ["Reconstructions", "reconstruct"]

ACROSS = 8
MILLISECONDS = 700


@dataclass(frozen=True)
class Reconstructions:
    """ids (N,), images (N, H, W, C) uint8 as the run sees them, the decoded mean of each one's mu
    (N, H, W, C), and the squared error per pixel (N,), which is that of `embed`."""

    ids: tuple[str, ...]
    images: NDArray[np.uint8]
    decoded: NDArray[np.float32]
    mse: NDArray[np.float32]
    total: int
    """How many images there were to choose from."""
    worst: bool

    def sheet(self) -> Sheet:
        """Each image over its reconstruction, in bands."""
        above = folded([Cell(image) for image in self.images], ACROSS)
        below = folded(self._named(bytes_of_means(self.decoded)), ACROSS)
        cells = [row for pair in zip(above, below, strict=True) for row in pair]
        return Sheet(cells, *self._words(), rows=[("image",), ("decoded",)] * len(above), band=2)

    def frames(self) -> Frames:
        """The images and their reconstructions in turn, in the same places."""
        title, text = self._words()
        turns = {"images": self.images, "decoded": bytes_of_means(self.decoded)}
        sheets = [
            Sheet(folded(self._named(images), ACROSS), f"{title}: {name}", text)
            for name, images in turns.items()
        ]
        return Frames(sheets, MILLISECONDS)

    def _named(self, images: NDArray[np.uint8]) -> list[Cell]:
        return [
            Cell(image, (*named(name), f"mse {mse:#.2g}"))
            for image, name, mse in zip(images, self.ids, self.mse.tolist(), strict=True)
        ]

    def _words(self) -> tuple[str, str]:
        """Title and text."""
        n, some = len(self.ids), len(self.ids) < self.total
        how = " · spread evenly over them" if some and not self.worst else ""
        of = f"{n:,} of {self.total:,} images" if some else f"{n:,} image{'' if n == 1 else 's'}"
        title = f"The worst reconstructions: {of}" if self.worst else f"Reconstructions of {of}"
        return title, f"mse: squared error per pixel, on a scale of 0 to 1{how}"


def reconstruct(
    run: Run,
    sources: Sequence[Source],
    n: int = 16,
    *,
    worst: bool = False,
    workers: int | Literal["auto"] = "auto",
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    left_out: Callable[[Sequence[Skipped], int], None] = lambda skipped, total: None,
) -> Reconstructions:
    """Reconstruct n of the images spread evenly over them, or the n of all of them with the largest error.

    Memory does not grow with the number of images.
    """
    chosen = sources if worst else [sources[row] for row in spread(len(sources), n).tolist()]
    skipped: list[Skipped] = []
    kept: list[_Candidate] = []
    with Cache() if cache else nullcontext() as opened:
        for images in stream(
            chosen, run.transform, batch=BATCH, workers=workers, cache=opened, progress=progress
        ):
            skipped += images.skipped
            kept += _candidates(run, images.ids.tolist(), images.pixels)
            if worst:
                kept = heapq.nsmallest(n, kept, key=lambda one: (-one.mse, one.name))
    if skipped:
        left_out(skipped, len(chosen))
    return Reconstructions(
        tuple(one.name for one in kept),
        np.stack([one.pixels for one in kept]),
        means(run, np.stack([one.mu for one in kept])),
        np.array([one.mse for one in kept], np.float32),
        len(sources) - (len(skipped) if worst else 0),
        worst,
    )


class _Candidate(NamedTuple):
    name: str
    pixels: NDArray[np.uint8]
    mu: NDArray[np.float32]
    mse: float


def _candidates(run: Run, ids: list[str], pixels: NDArray[np.uint8]) -> Iterator[_Candidate]:
    noise = np.zeros((len(pixels), run.architecture.latent), np.float32)
    found = run.model.evaluate(Batch(pixels, pixels, noise))
    mse = found.squared_error / np.float32(run.architecture.pixels)
    for name, image, mu, error in zip(ids, pixels, found.mu, mse.tolist(), strict=True):
        yield _Candidate(name, image.copy(), mu, error)
