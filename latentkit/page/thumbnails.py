"""Thumbnails of a page for latents that have none: images are matched to the latents by id."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.latents import Latents
from latentkit.images import Cache, ImageSet, Source, Transform, load, resolve_color
from latentkit.images.pillow import thumbnails as reduce
from latentkit.pictures.thumbnails import match_sources

__all__ = ["Progress", "Thumbnails", "load_matching", "thumbnails"]

SIDE, SMALL_SIDE = 64, 32
MANY = 20_000
"""Number of images above which thumbnails have the small side, so that they fit into a page."""
COLOR_SAMPLE = 64
"""Number of images that are examined for color."""
Progress = Callable[[int, int], None]


class Thumbnails(NamedTuple):
    """Images (M, h, w, C) uint8, the index of the thumbnail of each row (N,), -1 for none, and notes for the user."""

    images: NDArray[np.uint8]
    place: NDArray[np.int32]
    notes: tuple[str, ...] = ()


def load_matching(
    latents: Latents,
    sources: Sequence[Source],
    transform: Transform | None = None,
    *,
    cache: bool = True,
    progress: Progress | None = None,
) -> ImageSet:
    """Load the images whose ids are in the latents, by default at the size of thumbnails.

    Without a transform, images are fitted as the latents record (crop, pad or stretch), else padded.
    Raises ImagesError if no image is in the latents.
    """
    matching = list(match_sources(latents, sources).values())
    with Cache() if cache else nullcontext() as opened_cache:
        return load(
            matching, transform or _transform(latents, matching), cache=opened_cache, progress=progress
        )


def thumbnails(latents: Latents, images: ImageSet) -> Thumbnails:
    """Return thumbnails of loaded images, which are reduced if needed, and notes on images that are missing or changed."""
    row_of = {id: row for row, id in enumerate(images.ids.tolist())}
    place = np.array([row_of.get(id, -1) for id in latents.ids.tolist()], np.int32)
    side, pixels = _side(latents), images.pixels
    if max(pixels.shape[1:3]) > side:
        pixels = reduce(pixels, side)
    return Thumbnails(pixels, place, tuple(_notes(latents, images, place)))


def _side(latents: Latents) -> int:
    return SMALL_SIDE if len(latents) > MANY else SIDE


def _transform(latents: Latents, sources: Sequence[Source]) -> Transform:
    fit: Any = latents.meta.get("fit")
    color: Literal["rgb", "gray"] = resolve_color(sources[:: max(1, len(sources) // COLOR_SAMPLE)])
    return Transform(_side(latents), color, fit if fit in ("crop", "pad", "stretch") else "pad")


def _notes(latents: Latents, images: ImageSet, place: NDArray[np.int32]) -> list[str]:
    n, available = len(latents), place >= 0
    notes = []
    if not available.all():
        missing = n - int(available.sum())
        notes.append(
            f"{missing:,} of {n:,} images were not found or could not be read: they have no thumbnail."
        )
    if latents.digest is not None:
        changed = int((latents.digest[available] != images.digests[place[available]]).sum())
        if changed:
            notes.append(f"{changed:,} images have changed since they were embedded.")
    return notes
