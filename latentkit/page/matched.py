"""Thumbnails of images that are found by the ids of latents, which do not carry any themselves."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.formats.latents import Latents
from latentkit.images import Cache, ImageSet, Source, Transform, load, resolve_color
from latentkit.page.explorer import Thumbnails

__all__ = ["matched", "of_these"]

SIDE = 64
MANY = 20_000
"""Images from which on the thumbnails are of 32 pixels: larger ones would not fit into a page."""
Progress = Callable[[int, int], None]


def of_these(latents: Latents, sources: Sequence[Source]) -> list[Source]:
    """The sources whose ids the latents have; ImagesError with an example of each where none has."""
    wanted = set(latents.ids.tolist())
    found = [source for source in sources if source.id in wanted]
    if not found:
        raise ImagesError(
            f"none of the {len(sources)} images given is in the latents: they have ids like {sources[0].id}, and "
            f"the latents {latents.ids[0]}; name what `latentkit embed` was given"
        )
    return found


def matched(
    latents: Latents, sources: Sequence[Source], *, cache: bool = True, progress: Progress | None = None
) -> Thumbnails:
    """Thumbnails for the images found, with what is to be said of the others.

    Seen as the run saw them where the latents tell (crop, pad or stretch), else whole.
    """
    found = of_these(latents, sources)
    with Cache() if cache else nullcontext() as kept:
        images = load(found, _transform(latents, found), cache=kept, progress=progress)
    row_of = {id: row for row, id in enumerate(images.ids.tolist())}
    place = np.array([row_of.get(id, -1) for id in latents.ids.tolist()], np.int32)
    return Thumbnails(images.pixels, place, tuple(_words(latents, images, place)))


def _transform(latents: Latents, found: Sequence[Source]) -> Transform:
    fit: Any = latents.meta.get("fit")
    color: Literal["rgb", "gray"] = resolve_color(found[:: max(1, len(found) // 64)])
    side = 32 if len(latents) > MANY else SIDE
    return Transform(side, color, fit if fit in ("crop", "pad", "stretch") else "pad")


def _words(latents: Latents, images: ImageSet, place: NDArray[np.int32]) -> list[str]:
    n, there = len(latents), place >= 0
    words = []
    if not there.all():
        words.append(
            f"{n - int(there.sum()):,} of {n:,} images were not found, or could not be read, where --images says, and have no picture."
        )
    if latents.digest is not None:
        changed = int((latents.digest[there] != images.digests[place[there]]).sum())
        if changed:
            words.append(f"{changed:,} images are not what they were when they were embedded.")
    return words
