"""The decoded mean of each class, and the images nearest to it: what a class looks like from inside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.means import means
from latentkit.errors import DecodingError
from latentkit.formats.latents import Latents
from latentkit.images import Source, load
from latentkit.pictures.sheet import Cell, Frames, Sheet, bytes_of_means, named
from latentkit.run import Run

__all__ = ["Averages", "average"]

MOST = 50
"""The most classes on a sheet: the largest."""
MILLISECONDS = 1000
BLOCK = 1 << 16
"""Rows whose distances are computed at once."""


@dataclass(frozen=True)
class Averages:
    """Of K classes: names and sizes (K,), the mean of their latents (K, latent) and its decoded mean
    (K, H, W, C); the ids of the nearest images, nearest first, and the images at hand by id."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    mu: NDArray[np.float32]
    images: NDArray[np.float32]
    nearest: tuple[tuple[str, ...], ...]
    pictures: Mapping[str, NDArray[np.uint8]]
    classes: int
    """How many there are, be they shown or not."""
    kind: str
    """labels or clusters"""

    def sheet(self) -> Sheet:
        """A row a class: its decoded mean, then the images nearest to it."""
        return self._sheet(range(len(self.names)))

    def frames(self) -> Frames:
        """One class after another."""
        return Frames([self._sheet([row]) for row in range(len(self.names))], MILLISECONDS)

    def _sheet(self, rows: "range | list[int]") -> Sheet:
        made = bytes_of_means(self.images)
        cells = [
            [
                Cell(made[row]),
                *(Cell(self.pictures[name], named(name)) for name in self.nearest[row] if self.pictures),
            ]
            for row in rows
        ]
        n = len(self.names)
        of = f"{n} of {self.classes}" if n < self.classes else str(n)
        what = "class" if self.kind == "labels" else "cluster"
        plural = "" if n == 1 else "es" if self.kind == "labels" else "s"
        beside = ", and the images nearest to it in the latent space" if self.pictures else ""
        return Sheet(
            cells,
            f"The means of {of} {what}{plural}",
            f"each decoded from the mean of its latents{beside}",
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
    tell: Callable[[str], None] = lambda words: None,
) -> Averages:
    """The mean of each class of `by` (labels, else clusters), largest 50, and the nearest images to it of all.

    The images come from `sources` matched by id, else from the latents' thumbnails; without either there
    are none, and `tell` is told so. The latents must fit the run. Raises DecodingError where they hold no
    classes, or an image is missing.
    """
    by, codes, names = _classes(latents, by)
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    shown = sorted(np.argsort(-sizes, kind="stable")[:MOST].tolist())
    mu = np.stack([latents.mu[codes == code].mean(axis=0, dtype=np.float64) for code in shown])
    rows = [_nearest(latents.mu, centre, nearest) for centre in mu]
    ids = latents.ids
    if nearest and sources is None and latents.thumbnails is None:
        tell(
            "the latents hold no thumbnails, so only the means are drawn: name the images with --images ROOT, "
            "or embed with --thumbnails 32"
        )
    return Averages(
        tuple(names[code] for code in shown),
        tuple(sizes[shown].tolist()),
        mu.astype(np.float32),
        means(run, mu),
        tuple(tuple(ids[row].tolist()) for row in rows),
        _pictures(run, latents, sorted({int(row) for near in rows for row in near}), sources),
        len(names),
        by,
    )


def _classes(latents: Latents, by: str | None) -> tuple[str, NDArray[np.intp], list[str]]:
    """The key, the code of each image (-1 is none), and the name of each code."""
    if by is None:
        labels = latents.labels
        by = "labels" if labels is not None and bool((labels != "").any()) else "clusters"
    values: NDArray[Any] | None = latents.arrays.get(by)
    none = (
        np.zeros(len(latents), bool) if values is None else (values == "") if by == "labels" else (values < 0)
    )
    if values is None or none.all():
        raise DecodingError(
            "the latents put no image into a class: add --labels CSV, or cluster the latents first (latentkit cluster)"
        )
    kinds, inverse = np.unique(values[~none], return_inverse=True)
    codes = np.full(len(latents), -1, np.intp)
    codes[~none] = inverse
    return by, codes, [str(kind) if by == "labels" else f"cluster {kind}" for kind in kinds.tolist()]


def _nearest(mu: NDArray[np.float32], centre: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """The n rows nearest to the centre, nearest first; of those as near, the first."""
    blocks = [((mu[at : at + BLOCK] - centre) ** 2).sum(axis=1) for at in range(0, len(mu), BLOCK)]
    return np.argsort(np.concatenate(blocks), kind="stable")[:n]


def _pictures(
    run: Run, latents: Latents, rows: list[int], sources: Sequence[Source] | None
) -> dict[str, NDArray[np.uint8]]:
    """The images of these rows by id."""
    ids = latents.ids[rows].tolist()
    if sources is None:
        small = latents.thumbnails
        return {} if small is None else dict(zip(ids, small[rows], strict=True))
    by_id = {source.id: source for source in sources}
    missing = [name for name in ids if name not in by_id]
    if missing:
        raise DecodingError(
            f"--images has no image with the id {missing[0]!r}, and {len(missing)} of {len(ids)} are missing: "
            "name the folder that was embedded"
        )
    loaded = load([by_id[name] for name in ids], run.transform)
    if loaded.skipped:
        first = loaded.skipped[0]
        raise DecodingError(
            f"{first.path} cannot be shown ({first.reason}): restore it, or leave out --images"
        )
    return dict(zip(loaded.ids.tolist(), loaded.pixels, strict=True))
