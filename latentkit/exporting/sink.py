"""Bytes down a stream, all of them, and how many they were."""

from typing import BinaryIO

__all__ = ["Sink"]


class Sink:
    """A file for writers that need `tell`, over a stream that has nothing but `write`: a pipe, `>>`."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._written = 0
        self._stopped = False

    def write(self, data: bytes | memoryview) -> int:
        """Write all of it: a raw stream may take a part at a time."""
        rest = memoryview(data).cast("B")
        self._written += len(rest)
        length = len(rest)
        while rest and not self._stopped:
            rest = rest[self._stream.write(rest) :]
        return length

    def stop(self) -> None:
        """Take no more: what is half written must not get an end that makes it look whole."""
        self._stopped = True

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Whose stream it is flushes it."""

    def close(self) -> None:
        """Whose stream it is closes it."""
