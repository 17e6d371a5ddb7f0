"""Room for many pixels: memory while they fit, beyond that a file on disk that nobody sees.

Pixels are the same bytes in either place. What lies on disk is read ahead of its use (`fetch`), so
that training on more images than memory holds does not wait for the disk at every batch.
"""

import math
import mmap
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images.memory import available

__all__ = ["OTHERWISE", "fetch", "in_memory", "room"]

OTHERWISE = 2**30
"""Bytes kept in memory where the system does not say how many it has."""


def in_memory() -> int:
    """How many bytes of pixels are kept in memory: half of what is available now, the rest being for the work."""
    found = available()
    return OTHERWISE if found is None else found // 2


def room(shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None = None) -> NDArray[Any]:
    """An array to be written to: a memory map of an unlinked file in `folder` (or in $TMPDIR) when it is large.

    ImagesError when the disk has no room, now and not when a page is written.
    """
    size = math.prod(shape) * dtype.itemsize
    if size <= in_memory():
        return np.empty(shape, dtype)
    where = folder or Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryFile(dir=where) as file:
            _reserve(file.fileno(), size, where)
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
    except OSError as error:
        raise ImagesError(
            f"{size / 2**30:.1f} GiB of pixels do not fit into {where} ({error.strerror}): "
            "make room, or set LATENTKIT_CACHE to a folder on a larger disk"
        ) from error


def fetch(pixels: NDArray[Any], rows: NDArray[np.int64]) -> None:
    """Let the system begin to read these rows of a C-contiguous array from disk, and return at once.

    Nothing is done for an array in memory. The rows are taken as quickly without it, but waited for.
    """
    base: Any = pixels
    while isinstance(base, np.ndarray):
        base = base.base
    if not len(rows) or not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return
    start = _address(pixels) - _address(np.frombuffer(base, np.uint8))
    for begin, length in spans(rows, pixels[0].nbytes, start, mmap.PAGESIZE):
        base.madvise(mmap.MADV_WILLNEED, begin, length)


def spans(rows: NDArray[np.int64], size: int, start: int, page: int) -> list[tuple[int, int]]:
    """(begin, length) in bytes of the stretches that hold these rows of `size` bytes, the first row being at `start`.

    Each begins at a page and ends with its last row; no two share a page that both begin in.
    """
    first = np.sort(rows) * size + start
    begin, end = first // page * page, first + size
    apart = begin[1:] > end[:-1]
    begins = begin[np.concatenate([[True], apart])]
    ends = end[np.concatenate([apart, [True]])]
    return [(int(at), int(to - at)) for at, to in zip(begins, ends, strict=True)]


def _address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


def _reserve(descriptor: int, size: int, where: Path) -> None:
    if sys.platform == "linux":
        import os

        os.posix_fallocate(descriptor, 0, size)
    elif shutil.disk_usage(where).free < size:
        raise OSError(28, "No space left on device")
