"""Room for many pixels: memory up to IN_MEMORY bytes, beyond that a file on disk that nobody sees."""

import math
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError

__all__ = ["IN_MEMORY", "room"]

IN_MEMORY = 2**30


def room(shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None = None) -> NDArray[Any]:
    """An array to be written to: a memory map of an unlinked file in `folder` (or in $TMPDIR) when it is large.

    ImagesError when the disk has no room, now and not when a page is written.
    """
    size = math.prod(shape) * dtype.itemsize
    if size <= IN_MEMORY:
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


def _reserve(descriptor: int, size: int, where: Path) -> None:
    if sys.platform == "linux":
        import os

        os.posix_fallocate(descriptor, 0, size)
    elif shutil.disk_usage(where).free < size:
        raise OSError(28, "No space left on device")
