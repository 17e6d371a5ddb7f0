"""Decode the mean of each class, and find the images nearest to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import decode_batches
from latentkit.errors import DecodingError
from latentkit.formats.latents import Latents
from latentkit.images import Source, load
from latentkit.pictures.sheet import Cell, Frames, Sheet, id_lines, to_uint8
from latentkit.run import Run

__all__ = ["Averages", "average"]

MOST_CLASSES = 50
"""Only the largest classes are on a sheet."""
MILLISECONDS = 1000
BLOCK = 1 << 16
"""Rows whose distances are computed at a time."""


@dataclass(frozen=True)
class Averages:
    """The names and sizes (K,) of K classes, the means of their latents (K, latent), and the decoded means (K, H, W, C).

    `nearest` are the ids of the images nearest to each mean, nearest first; `pictures` are these images by id, if available.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    mu: NDArray[np.float32]
    images: NDArray[np.float32]
    nearest: tuple[tuple[str, ...], ...]
    pictures: Mapping[str, NDArray[np.uint8]]
    classes: int
    """The number of all classes, of which K are included."""
    kind: str
    """labels or clusters"""

    def sheet(self) -> Sheet:
        """Lay out a row per class: its decoded mean, then the images nearest to it."""
        return self._sheet(range(len(self.names)))

    def frames(self) -> Frames:
        """Show one class after another."""
        return Frames([self._sheet([row]) for row in range(len(self.names))], MILLISECONDS)

    def _sheet(self, rows: "range | list[int]") -> Sheet:
        means = to_uint8(self.images)
        cells = [
            [
                Cell(means[row]),
                *(Cell(self.pictures[id], id_lines(id)) for id in self.nearest[row] if self.pictures),
            ]
            for row in rows
        ]
        n = len(self.names)
        of = f"{n} of {self.classes}" if n < self.classes else str(n)
        singular, plural = ("class", "classes") if self.kind == "labels" else ("cluster", "clusters")
        images = ", with the images nearest to it in the latent space" if self.pictures else ""
        return Sheet(
            cells,
            f"The means of {of} {singular if n == 1 else plural}",
            f"each decoded from the mean of its latents{images}",
            rows=[
                (self.names[row], f"{self.sizes[row]:,} image{'' if self.sizes[row] == 1 else 's'}")
                for row in rows
            ],
            columns=("mean", *(["nearest"] if self.pictures else [])),
        )


def average(
    run: Run,
    latents: Latents,
    *,
    by: str | None = None,
    nearest: int = 6,
    sources: Sequence[Source] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Averages:
    """Decode the means of the 50 largest classes of `by` (labels, else clusters), and find the images nearest to each.

    The images come from `sources`, matched by id, or from the thumbnails in the latents; if there are neither, `tell`
    receives a note. The latents must fit the run. Raises DecodingError if they have no classes, or an image is missing.
    """
    by, codes, names = _classes(latents, by)
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    largest = sorted(np.argsort(-sizes, kind="stable")[:MOST_CLASSES].tolist())
    mu = np.stack([latents.mu[codes == code].mean(axis=0, dtype=np.float64) for code in largest])
    rows = [_nearest(latents.mu, center, nearest) for center in mu]
    ids = latents.ids
    if nearest and sources is None and latents.thumbnails is None:
        tell(
            "the latents have no thumbnails, so only the means are drawn: name the images with --images ROOT, "
            "or embed with --thumbnails 32"
        )
    return Averages(
        tuple(names[code] for code in largest),
        tuple(sizes[largest].tolist()),
        mu.astype(np.float32),
        decode_batches(run, mu),
        tuple(tuple(ids[row].tolist()) for row in rows),
        _pictures(run, latents, sorted({int(row) for nearby in rows for row in nearby}), sources),
        len(names),
        by,
    )


def _classes(latents: Latents, by: str | None) -> tuple[str, NDArray[np.intp], list[str]]:
    """Return the key, the code of each image (-1 for none), and the name of each code."""
    if by is None:
        labels = latents.labels
        by = "labels" if labels is not None and bool((labels != "").any()) else "clusters"
    values: NDArray[Any] | None = latents.arrays.get(by)
    if values is None:
        has_class = np.zeros(len(latents), bool)
    else:
        has_class = values != "" if by == "labels" else values >= 0
    if values is None or not has_class.any():
        raise DecodingError(
            "no image in these latents has a class: add --labels CSV, or run `latentkit cluster` first"
        )
    kinds, inverse = np.unique(values[has_class], return_inverse=True)
    codes = np.full(len(latents), -1, np.intp)
    codes[has_class] = inverse
    return by, codes, [str(kind) if by == "labels" else f"cluster {kind}" for kind in kinds.tolist()]


def _nearest(mu: NDArray[np.float32], center: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """Return the n rows nearest to the center, nearest first; equally near ones in their order."""
    blocks = [((mu[at : at + BLOCK] - center) ** 2).sum(axis=1) for at in range(0, len(mu), BLOCK)]
    return np.argsort(np.concatenate(blocks), kind="stable")[:n]


def _pictures(
    run: Run, latents: Latents, rows: list[int], sources: Sequence[Source] | None
) -> dict[str, NDArray[np.uint8]]:
    """Return the images of these rows by id."""
    ids = latents.ids[rows].tolist()
    if sources is None:
        thumbnails = latents.thumbnails
        return {} if thumbnails is None else dict(zip(ids, thumbnails[rows], strict=True))
    by_id = {source.id: source for source in sources}
    missing = [id for id in ids if id not in by_id]
    if missing:
        raise DecodingError(
            f"--images has no image with the id {missing[0]!r}; {len(missing)} of {len(ids)} images are missing: "
            "name the folder that was embedded"
        )
    images = load([by_id[id] for id in ids], run.transform)
    if images.skipped:
        first = images.skipped[0]
        raise DecodingError(
            f"{first.path} cannot be loaded ({first.reason}): restore it, or leave out --images"
        )
    return dict(zip(images.ids.tolist(), images.pixels, strict=True))
