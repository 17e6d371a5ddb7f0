"""Image files of the file system, one image each."""

import os
import stat
import struct
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from latentkit.images.content import Encoded

__all__ = ["FILES", "MAX_BYTES", "Files", "path_text"]

MAX_BYTES = 2**30
_CLOCK_GRAIN_NS = 2 * 10**9


class Files:
    """The file system: the container of images whose key is a path."""

    def open(self) -> AbstractContextManager[object]:
        """Do nothing: each file is opened when it is read."""
        return nullcontext()

    def location(self, path: str | int) -> str:
        """Return the path."""
        return str(path)

    def stamp(self, path: str | int) -> bytes | None:
        """Return size, times and inode of a file, which change if its content does.

        None if the file changed within the grain of the clock, or cannot be read.
        """
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path each would double the time of a cached image
        except OSError:
            return None  # reading it will say why
        newest = max(status.st_mtime_ns, status.st_ctime_ns)
        if newest > time.time_ns() - _CLOCK_GRAIN_NS:
            return None
        numbers = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)
        return struct.pack("<5Q", *(number % 2**64 for number in numbers))

    def read(self, path: str | int) -> Encoded | str:
        """Return the bytes of a regular file, or in plain words why they cannot be read."""
        name = str(path)
        try:
            # Not blocking: a named pipe in a folder would hold the run up forever.
            with open(name, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return "not a regular file"
                if status.st_size > MAX_BYTES:
                    return f"too large: {status.st_size} bytes, and the limit is {MAX_BYTES}"
                return Encoded(stream.read())
        except FileNotFoundError:
            return "a link to nothing" if Path(name).is_symlink() else "gone: no such file"
        except OSError as error:
            return f"cannot be read: {error.strerror}"


FILES = Files()


def path_text(path: str) -> str:
    """Return a path as text that can be written anywhere: bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
