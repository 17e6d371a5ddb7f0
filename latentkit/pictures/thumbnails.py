"""Sources of the small images on a scatter plot: the latents themselves, or the folder that was embedded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError, PictureError
from latentkit.formats.latents import Latents
from latentkit.images import Source, Transform, find, load

__all__ = ["Thumbnails", "match_sources", "thumbnails"]

PixelsByRow = Mapping[int, NDArray[np.uint8]]
DEFAULT_COUNT = 40
Say = Callable[[str], None]


@dataclass(frozen=True)
class Thumbnails:
    """At most `max_count` small images for a plot.

    `available` (N,) tells which rows have one; `read(rows, side)` returns (h, w, C) pixels by row, about `side`
    pixels long where that can be chosen.
    """

    max_count: int
    available: NDArray[np.bool_]
    read: Callable[[NDArray[np.intp], int], PixelsByRow]


def thumbnails(latents: Latents, folder: str | None, max_count: int | None, say: Say) -> Thumbnails | None:
    """Return thumbnails of the images in a folder, matched by id, or else those stored in the latents.

    Without a folder and a count there are none (None). Raises PictureError if the latents have none, and ImagesError if
    no image of the folder is in the latents.
    """
    if folder is None and max_count is None:
        return None
    max_count = DEFAULT_COUNT if max_count is None else max_count
    if folder is None:
        return _stored(latents, max_count)
    sources = match_sources(latents, find([folder]))
    ids = latents.ids.tolist()
    available = np.array([id in sources for id in ids])
    if not available.all():
        missing = int((~available).sum())
        say(f"{missing} of {len(ids)} images are not in {folder}, such as {ids[int(available.argmin())]!r}")
    fit = latents.meta.get("fit", "crop")

    def read(rows: NDArray[np.intp], side: int) -> PixelsByRow:
        return _read({int(row): sources[ids[row]] for row in rows}, Transform(side, "rgb", fit), say)

    return Thumbnails(max_count, available, read)


def match_sources(latents: Latents, sources: Sequence[Source]) -> dict[str, Source]:
    """Return the images that are in the latents, by id; raise ImagesError naming an id of each if there are none."""
    ids = set(latents.ids.tolist())
    matching = {source.id: source for source in sources if source.id in ids}
    if not matching:
        raise ImagesError(
            f"none of the {len(sources)} images is in the latents: the images have ids like {sources[0].id}, and the "
            f"latents have {latents.ids[0]}; name the images that were given to `latentkit embed`"
        )
    return matching


def _stored(latents: Latents, max_count: int) -> Thumbnails:
    pixels = latents.thumbnails
    if pixels is None:
        raise PictureError(
            "the latents have no thumbnails: name the folder of their images with --images, "
            "or embed them with --thumbnails 32"
        )
    return Thumbnails(
        max_count,
        np.ones(len(latents), np.bool_),
        lambda rows, side: {int(row): np.asarray(pixels[row]) for row in rows},
    )


def _read(sources: Mapping[int, Source], transform: Transform, say: Say) -> PixelsByRow:
    images = load(list(sources.values()), transform)
    for skipped in images.skipped:
        say(f"skipped {skipped.path}: {skipped.reason}")
    pixels = dict(zip(images.ids.tolist(), images.pixels, strict=True))
    return {row: pixels[source.id] for row, source in sources.items() if source.id in pixels}
