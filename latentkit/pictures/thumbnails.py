"""Where the small pictures on a scatter come from: carried by the latents, or read again from their images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.images import Source, Transform, find, load

__all__ = ["Thumbnails", "thumbnails"]

Pictures = Mapping[int, NDArray[np.uint8]]
USUAL = 40
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Thumbnails:
    """At most so many of them; `there` (N,) says for which rows there is one, and read(rows, side) gives those of
    some rows, (h, w, C) each, about so many pixels long where that can be chosen."""

    most: int
    there: NDArray[np.bool_]
    read: Callable[[NDArray[np.intp], int], Pictures]


def thumbnails(latents: Latents, folder: str | None, most: int | None, tell: Tell) -> Thumbnails | None:
    """Those that are asked for: of the images in a folder, matched by id, or else of key `thumbnails`; None where
    neither a folder nor a number is given. Raises PictureError where there are none."""
    if folder is None and most is None:
        return None
    most = USUAL if most is None else most
    if folder is None:
        return _carried(latents, most)
    sources = {source.id: source for source in find([folder])}
    ids = latents.ids.tolist()
    there = np.array([id in sources for id in ids])
    if not there.any():
        raise PictureError(
            f"none of the {len(ids)} ids of the latents is an image in {folder}, {ids[0]!r} for one: "
            "name the folder that was embedded"
        )
    if not there.all():
        tell(
            f"{(~there).sum()} of {len(ids)} images are not in {folder}, {ids[int(there.argmin())]!r} for one"
        )
    fit = latents.meta.get("fit", "crop")

    def read(rows: NDArray[np.intp], side: int) -> Pictures:
        return _read({int(row): sources[ids[row]] for row in rows}, Transform(side, "rgb", fit), tell)

    return Thumbnails(most, there, read)


def _carried(latents: Latents, most: int) -> Thumbnails:
    small = latents.thumbnails
    if small is None:
        raise PictureError(
            "the latents carry no thumbnails: name the folder of their images with --images, "
            "or embed them with --thumbnails 32"
        )
    return Thumbnails(
        most,
        np.ones(len(latents), np.bool_),
        lambda rows, side: {int(row): np.asarray(small[row]) for row in rows},
    )


def _read(sources: Mapping[int, Source], transform: Transform, tell: Tell) -> Pictures:
    images = load(list(sources.values()), transform)
    for skipped in images.skipped:
        tell(f"left out: {skipped.path}: {skipped.reason}")
    found = dict(zip(images.ids.tolist(), images.pixels, strict=True))
    return {row: found[source.id] for row, source in sources.items() if source.id in found}
