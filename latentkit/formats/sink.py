"""Write every byte to a stream that has nothing but `write`."""

from typing import BinaryIO

__all__ = ["Sink"]


class Sink:
    """A write-only file over a pipe or an appended file, for writers that need `tell`.

    It cannot seek: zipfile would seek back to fill in sizes, which makes a corrupt archive under `>>`.
    """

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._written = 0
        self._stopped = False

    def write(self, data: bytes | memoryview) -> int:
        """Write all of the data: a raw stream may accept a part at a time."""
        rest = memoryview(data).cast("B")
        self._written += len(rest)
        length = len(rest)
        while rest and not self._stopped:
            rest = rest[self._stream.write(rest) :]
        return length

    def stop(self) -> None:
        """Ignore further data, so that a half-written file gets no end that makes it look complete."""
        self._stopped = True

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self._written

    def flush(self) -> None:
        """Do nothing: the owner of the stream flushes it."""

    def close(self) -> None:
        """Do nothing: the owner of the stream closes it."""
