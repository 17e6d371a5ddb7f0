"""Compare images with their reconstructions: some of the images, or the worst."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import BATCH, decode_batches
from latentkit.images import Cache, Skipped, Source, stream
from latentkit.pictures.sheet import Cell, Frames, Sheet, id_lines, rows_of, to_uint8
from latentkit.protocol import Batch
from latentkit.run import Run
from latentkit.stats import evenly_spaced

__all__ = ["Reconstructions", "reconstruct"]

ACROSS = 8
MILLISECONDS = 700


@dataclass(frozen=True)
class Reconstructions:
    """The ids (N,), images (N, H, W, C) uint8 as the run sees them, their reconstructions, and the errors (N,).

    A reconstruction is the decoded mean of the posterior (N, H, W, C); the error is the squared error per pixel, as
    in `embed`.
    """

    ids: tuple[str, ...]
    images: NDArray[np.uint8]
    decoded: NDArray[np.float32]
    mse: NDArray[np.float32]
    total: int
    """The number of images to choose from."""
    worst: bool

    def sheet(self) -> Sheet:
        """Lay out each image above its reconstruction, in bands."""
        above = rows_of([Cell(image) for image in self.images], ACROSS)
        below = rows_of(self._cells(to_uint8(self.decoded)), ACROSS)
        cells = [row for pair in zip(above, below, strict=True) for row in pair]
        return Sheet(cells, *self._caption(), rows=[("image",), ("decoded",)] * len(above), band=2)

    def frames(self) -> Frames:
        """Alternate between the images and their reconstructions."""
        title, text = self._caption()
        versions = {"images": self.images, "decoded": to_uint8(self.decoded)}
        sheets = [
            Sheet(rows_of(self._cells(images), ACROSS), f"{title}: {name}", text)
            for name, images in versions.items()
        ]
        return Frames(sheets, MILLISECONDS)

    def _cells(self, images: NDArray[np.uint8]) -> list[Cell]:
        return [
            Cell(image, (*id_lines(id), f"mse {mse:#.2g}"))
            for image, id, mse in zip(images, self.ids, self.mse.tolist(), strict=True)
        ]

    def _caption(self) -> tuple[str, str]:
        """Return title and text."""
        n, some = len(self.ids), len(self.ids) < self.total
        spacing = " · evenly spaced images" if some and not self.worst else ""
        of = f"{n:,} of {self.total:,} images" if some else f"{n:,} image{'' if n == 1 else 's'}"
        title = f"The worst reconstructions: {of}" if self.worst else f"Reconstructions of {of}"
        return title, f"mse: squared error per pixel, on a scale of 0 to 1{spacing}"


class _Candidate(NamedTuple):
    id: str
    pixels: NDArray[np.uint8]
    mu: NDArray[np.float32]
    mse: float


def reconstruct(
    run: Run,
    sources: Sequence[Source],
    n: int = 16,
    *,
    worst: bool = False,
    workers: int | Literal["auto"] = "auto",
    cache: bool = True,
    progress: Callable[[int, int], None] | None = None,
    report_skipped: Callable[[Sequence[Skipped], int], None] = lambda skipped, total: None,
) -> Reconstructions:
    """Reconstruct n evenly spaced images, or the n images with the largest errors of all.

    Memory does not grow with the number of images.
    """
    chosen = sources if worst else [sources[row] for row in evenly_spaced(len(sources), n).tolist()]
    skipped: list[Skipped] = []
    candidates: list[_Candidate] = []
    with Cache() if cache else nullcontext() as store:
        for images in stream(
            chosen, run.transform, batch=BATCH, workers=workers, cache=store, progress=progress
        ):
            skipped += images.skipped
            candidates += _evaluate(run, images.ids.tolist(), images.pixels)
            if worst:
                candidates = heapq.nsmallest(n, candidates, key=lambda each: (-each.mse, each.id))
    if skipped:
        report_skipped(skipped, len(chosen))
    return Reconstructions(
        tuple(each.id for each in candidates),
        np.stack([each.pixels for each in candidates]),
        decode_batches(run, np.stack([each.mu for each in candidates])),
        np.array([each.mse for each in candidates], np.float32),
        len(sources) - (len(skipped) if worst else 0),
        worst,
    )


def _evaluate(run: Run, ids: list[str], pixels: NDArray[np.uint8]) -> Iterator[_Candidate]:
    noise = np.zeros((len(pixels), run.architecture.latent), np.float32)
    evaluation = run.model.evaluate(Batch(pixels, pixels, noise))
    errors = evaluation.squared_error / np.float32(run.architecture.pixels)
    for id, image, mu, mse in zip(ids, pixels, evaluation.mu, errors.tolist(), strict=True):
        yield _Candidate(id, image.copy(), mu, mse)
