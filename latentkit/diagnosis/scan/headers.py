"""Read the header of every image before a pixel is decoded: format, mode, size, camera, bytes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from latentkit.images import Source
from latentkit.images.content import Header
from latentkit.images.load import threads
from latentkit.images.sources import open_all

__all__ = ["Header", "headers"]

Progress = Callable[[int, int], None]
CHUNK = 64


def headers(sources: Sequence[Source], progress: Progress | None = None) -> list[Header]:
    """Return the header of each image, in order; pixels are not decoded."""
    result: list[Header] = []
    with open_all(sources), ThreadPoolExecutor(threads("auto")) as pool:
        for start in range(0, len(sources), CHUNK):
            result += pool.map(_header, sources[start : start + CHUNK])
            if progress is not None:
                progress(len(result), len(sources))
    return result


def _header(source: Source) -> Header:
    content = source.read()
    return Header(fault=content) if isinstance(content, str) else content.header()
