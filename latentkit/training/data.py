"""The training and validation images of a run. The split is made once, when the run begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError, TrainingError
from latentkit.formats.run import RunImages
from latentkit.images.load import ImageSet
from latentkit.images.scratch import prefetch
from latentkit.images.split import split

__all__ = ["Data", "Subset", "digest", "divide", "require_unchanged"]


@dataclass(frozen=True)
class Subset:
    """Some rows of an array of pixels, in memory or memory-mapped; `take` copies those that it returns."""

    pixels: NDArray[np.uint8]
    """(N, H, W, C)"""
    rows: NDArray[np.int64]
    """(n,)"""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: "NDArray[np.int64] | slice") -> NDArray[np.uint8]:
        """Return a copy (m, H, W, C) of the images at these positions in the subset."""
        return self.pixels[self.rows[index]]

    def prefetch(self, index: "NDArray[np.int64] | slice") -> None:
        """Start to read the images that are taken next, if the pixels are on disk."""
        prefetch(self.pixels, self.rows[index])


@dataclass(frozen=True)
class Data:
    """The training and validation images. Labels are only recorded in `images`; training never uses them."""

    training: Subset
    validation: Subset
    images: RunImages
    held_out_ids: NDArray[np.str_]
    """(n,): the ids of the validation images, in the order of `validation`."""
    leaked: int = 0
    """Number of training images that were skipped because they are in the validation folder too."""


def divide(images: ImageSet, validation: ImageSet | float, seed: int) -> Data:
    """Hold out a fraction of the images, or use another set for validation. No image is on both sides."""
    if not isinstance(validation, ImageSet):
        held_out = split(images.labels, images.digests, validation, seed)
        return Data(
            Subset(images.pixels, np.flatnonzero(~held_out)),
            Subset(images.pixels, np.flatnonzero(held_out)),
            _table([(images, ~held_out, "train"), (images, held_out, "validation")]),
            images.ids[held_out],
        )
    unique = ~np.isin(images.digests, validation.digests)
    if not unique.any():
        raise ImagesError("every training image is in the validation folder too; use different images")
    everything = np.ones(len(validation.ids), bool)
    return Data(
        Subset(images.pixels, np.flatnonzero(unique)),
        Subset(validation.pixels, np.flatnonzero(everything)),
        _table([(images, unique, "train"), (validation, everything, "validation")]),
        validation.ids,
        leaked=int((~unique).sum()),
    )


def _table(parts: Sequence[tuple[ImageSet, NDArray[np.bool_], str]]) -> RunImages:
    """Return the rows of images.npz, sorted by id."""
    rows = sorted(
        (str(id), str(digest), side, str(label))
        for images, chosen, side in parts
        for id, digest, label in zip(
            images.ids[chosen], images.digests[chosen], images.labels[chosen], strict=True
        )
    )
    return RunImages(*(np.array(column) for column in zip(*rows, strict=True)))


def digest(images: RunImages) -> str:
    """Return a digest of every id, content and side; not of the labels."""
    lines = ("\t".join(row) for row in zip(images.ids, images.digest, images.split, strict=True))
    return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def require_unchanged(before: RunImages, now: RunImages) -> None:
    """Raise TrainingError naming the first image that has changed since the run began."""
    # In this order, because adding or removing an image may move others to the other side of the split.
    for change, different in (
        ("missing", _rows(before) - _rows(now)),
        ("new", _rows(now) - _rows(before)),
        ("changed", _rows(before, "digest") ^ _rows(now, "digest")),
        ("on the other side of the split", _rows(before, "digest", "split") ^ _rows(now, "digest", "split")),
    ):
        ids = {row[0] for row in different}
        if ids:
            raise TrainingError(
                f"images {change} since the run began: {len(ids)}, the first {min(ids)!r}; "
                "a run can only be resumed with the images it began with: restore them, or start another run"
            )


def _rows(images: RunImages, *columns: str) -> set[tuple[str, ...]]:
    named = ("ids", *columns)
    return set(zip(*(getattr(images, column).tolist() for column in named), strict=True))
