"""What a run trains on and what it is judged by: the images, divided once and for good."""

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

__all__ = ["Data", "Subset", "digest", "divide", "refuse_change"]


@dataclass(frozen=True)
class Subset:
    """Some rows of pixels, in memory or mapped; nothing is copied until it is taken."""

    pixels: NDArray[np.uint8]
    """(N, H, W, C)"""
    rows: NDArray[np.int64]
    """(n,)"""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: "NDArray[np.int64] | slice") -> NDArray[np.uint8]:
        """(m, H, W, C): a copy of the images at these places of the subset."""
        return self.pixels[self.rows[index]]

    def expect(self, index: "NDArray[np.int64] | slice") -> None:
        """These are taken next: where pixels lie on disk, let them be read meanwhile."""
        prefetch(self.pixels, self.rows[index])


@dataclass(frozen=True)
class Data:
    """The two sides of a run. Labels are recorded in `images` for later, and no more."""

    training: Subset
    validation: Subset
    images: RunImages
    leaked: int = 0
    """Training images that were left out because the validation folder has them too."""


def divide(images: ImageSet, held_out: ImageSet | float, seed: int) -> Data:
    """Hold out a share of the images, or take a set given for it; an image is on one side only."""
    if not isinstance(held_out, ImageSet):
        validation = split(images.labels, images.digests, held_out, seed)
        return Data(
            Subset(images.pixels, np.flatnonzero(~validation)),
            Subset(images.pixels, np.flatnonzero(validation)),
            _recorded([(images, ~validation, "train"), (images, validation, "validation")]),
        )
    kept = ~np.isin(images.digests, held_out.digests)
    if not kept.any():
        raise ImagesError("every training image is in the validation folder too; give it images of its own")
    everything = np.ones(len(held_out.ids), bool)
    return Data(
        Subset(images.pixels, np.flatnonzero(kept)),
        Subset(held_out.pixels, np.flatnonzero(everything)),
        _recorded([(images, kept, "train"), (held_out, everything, "validation")]),
        leaked=int((~kept).sum()),
    )


def _recorded(parts: Sequence[tuple[ImageSet, NDArray[np.bool_], str]]) -> RunImages:
    rows = sorted(
        (str(id_), str(digest), side, str(label))
        for images, chosen, side in parts
        for id_, digest, label in zip(
            images.ids[chosen], images.digests[chosen], images.labels[chosen], strict=True
        )
    )
    return RunImages(*(np.array(column) for column in zip(*rows, strict=True)))


def digest(images: RunImages) -> str:
    """One name for the whole set: every id, content and side; not the labels."""
    lines = ("\t".join(row) for row in zip(images.ids, images.digest, images.split, strict=True))
    return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def refuse_change(before: RunImages, now: RunImages) -> None:
    """Raise TrainingError naming the first image that is not as it was when the run began."""
    # In this order, because an image more or less may move others to the other side.
    for what, differing in (
        ("missing", _rows(before) - _rows(now)),
        ("new", _rows(now) - _rows(before)),
        ("changed", _rows(before, "digest") ^ _rows(now, "digest")),
        ("divided otherwise", _rows(before, "digest", "split") ^ _rows(now, "digest", "split")),
    ):
        ids = {row[0] for row in differing}
        if ids:
            raise TrainingError(
                f"images {what} since the run began: {len(ids)}, the first {min(ids)!r}; "
                "a run goes on with the images it began with: restore them, or start another run"
            )


def _rows(images: RunImages, *columns: str) -> set[tuple[str, ...]]:
    named = ("ids", *columns)
    return set(zip(*(getattr(images, column).tolist() for column in named), strict=True))
