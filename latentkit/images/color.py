"""Decide between color and gray: the meaning of `--color auto` for a set of images."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from latentkit.images.files import path_text
from latentkit.images.load import Skipped, none_readable, threads
from latentkit.images.sources import Source, open_all

__all__ = ["resolve_color"]


def resolve_color(
    sources: Sequence[Source], *, workers: int | Literal["auto"] = "auto"
) -> Literal["rgb", "gray"]:
    """Return `gray` if every readable image is gray, by its header or by its pixels; stop at the first in color.

    Raises ImagesError if no image can be read.
    """
    skipped: list[Skipped] = []
    with open_all(sources), ThreadPoolExecutor(threads(workers)) as pool:
        start, step = 0, 8
        while start < len(sources):
            some = sources[start : start + step]
            for source, gray in zip(some, pool.map(_is_gray, some), strict=True):
                if isinstance(gray, str):
                    skipped.append(Skipped(source.id, path_text(source.location), gray))
                elif not gray:
                    return "rgb"
            start, step = start + step, min(2 * step, 256)
    if len(skipped) == len(sources):
        raise none_readable(skipped)
    return "gray"


def _is_gray(source: Source) -> bool | str:
    content = source.read()
    return content if isinstance(content, str) else content.is_gray()
