"""Colour or grey: what `--color auto` means for a set of images."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.images import arrays
from latentkit.images.decode import decode, open_image, read
from latentkit.images.find import shown
from latentkit.images.load import Skipped, none_readable, threads
from latentkit.images.sources import Source
from latentkit.images.transform import Transform

__all__ = ["resolve_color"]

_TOLERANCE = 3  # of 255: what JPEG makes of grey stored as colour
_LOOK = Transform(64, "rgb", "stretch")
_GREY_MODES = frozenset({"1", "L", "LA", "La", "F", "I"})


def resolve_color(
    sources: Sequence[Source], *, workers: int | Literal["auto"] = "auto"
) -> Literal["rgb", "gray"]:
    """`gray` if every image that can be read is grey, by its header or by its pixels; ends at the first coloured one.

    ImagesError where none can be read.
    """
    opened = {path: arrays.read(path) for path in {one.path for one in sources if one.row is not None}}
    skipped: list[Skipped] = []
    with ThreadPoolExecutor(threads(workers)) as pool:
        start, step = 0, 8
        while start < len(sources):
            some = sources[start : start + step]
            for source, answer in zip(some, pool.map(lambda one: _is_grey(one, opened), some), strict=True):
                if isinstance(answer, str):
                    skipped.append(Skipped(source.id, shown(source.path), answer))
                elif not answer:
                    return "rgb"
            start, step = start + step, min(2 * step, 256)
    if len(skipped) == len(sources):
        raise none_readable(skipped)
    return "gray"


def _is_grey(source: Source, opened: dict[str, NDArray[Any]]) -> bool | str:
    if source.row is not None:
        where = f"{shown(source.path)} row {source.row}"
        return _is_grey_picture(arrays.row_image(opened[source.path][source.row], where))
    content = read(source.path)
    if isinstance(content, str):
        return content
    opened_image = open_image(content[0])
    if isinstance(opened_image, str):
        return opened_image
    with opened_image as image:
        if image.mode in _GREY_MODES or image.mode.startswith("I;"):
            return True
    pixels = decode(content[0], _LOOK)
    return pixels if isinstance(pixels, str) else _is_grey_picture(pixels)


def _is_grey_picture(pixels: NDArray[np.uint8]) -> bool:
    if pixels.ndim == 2:
        return True
    colours = pixels[:, :, :3].astype(np.int16)
    return bool((colours.max(axis=2) - colours.min(axis=2)).max() <= _TOLERANCE)
