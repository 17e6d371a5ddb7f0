"""Memory for many pixels: an array while they fit, otherwise a map of an unlinked file on disk.

Pixels are the same bytes in either place. Rows on disk can be read ahead of their use (`prefetch`), so that
training on more images than memory holds does not wait for the disk at every batch.
"""

import math
import mmap
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError

__all__ = ["allocate", "available_memory", "memory_budget", "prefetch"]

_DEFAULT_BUDGET = 2**30  # bytes, on a system that does not say how much memory it has
_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def allocate(shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None = None) -> NDArray[Any]:
    """Return a writable array; a large one is a memory map of an unlinked file in `folder` (or in $TMPDIR).

    Raises ImagesError if the disk is too small, now and not when a page is written.
    """
    size = math.prod(shape) * dtype.itemsize
    if size <= memory_budget():
        return np.empty(shape, dtype)
    where = folder or Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryFile(dir=where) as file:
            _reserve(file.fileno(), size, where)
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
    except OSError as error:
        raise ImagesError(
            f"{size / 2**30:.1f} GiB of pixels do not fit into {where} ({error.strerror}): "
            "free some space, or set LATENTKIT_CACHE to a folder on a larger disk"
        ) from error


def memory_budget() -> int:
    """Return how many bytes of pixels to keep in memory: half of what is available now, the rest is for the work."""
    available = available_memory()
    return _DEFAULT_BUDGET if available is None else available // 2


def available_memory(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """Return the bytes that can be used without swapping: what Linux calls available (proc(5), MemAvailable), and no
    more than a container or a batch system allows this process (cgroups(7), both versions). None elsewhere."""
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return min([1024 * kilobytes[0], *_limits(proc, cgroups)]) if kilobytes else None


def _limits(proc: Path, cgroups: Path) -> Iterator[int]:
    """Yield the limits of the control group of this process, and of those around it."""
    for name, group in _groups(proc, cgroups):
        # A container may see its own group at the root, under the path that it has outside.
        for folder in (group, *group.parents):
            if folder.is_relative_to(cgroups):
                try:
                    text = (folder / name).read_text(encoding="ascii").strip()
                except OSError:
                    continue
                if text.isdecimal():  # not "max"
                    yield int(text)


def _groups(proc: Path, cgroups: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name of the file that holds the limit, and the folder of the group: lines are ID:CONTROLLERS:PATH."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield "memory.max", cgroups / path.lstrip("/")
        elif "memory" in controllers.split(","):
            yield "memory.limit_in_bytes", cgroups / "memory" / path.lstrip("/")


def prefetch(pixels: NDArray[Any], rows: NDArray[np.int64]) -> None:
    """Ask the system to start reading these rows of a C-contiguous array from disk, and return at once.

    Does nothing for an array in memory. Rows that were not prefetched are the same, but are waited for.
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
    """Return (begin, length) in bytes of the stretches that hold these rows of `size` bytes, row 0 being at `start`.

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
        os.posix_fallocate(descriptor, 0, size)
    elif shutil.disk_usage(where).free < size:
        raise OSError(28, "No space left on device")
