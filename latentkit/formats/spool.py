"""Arrays that grow row by row in unlinked temporary files, until their length is known."""

import struct
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError

__all__ = ["Rows", "Text"]

CHUNK = 1 << 20  # bytes


class Rows:
    """Rows of one dtype and shape, which the first ones fix."""

    def __init__(self, first: NDArray[Any]) -> None:
        self.dtype = first.dtype
        self._row = first.shape[1:]
        self._length = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._length, *self._row)

    def append(self, rows: NDArray[Any], what: str) -> None:
        """Add rows in canonical form; FormatErrors begin with `what`."""
        if (rows.dtype, rows.shape[1:]) != (self.dtype, self._row):
            raise FormatError(
                f"{what} has rows of {rows.shape[1:]} {rows.dtype}; the first had {self._row} {self.dtype}"
            )
        self._file.write(rows.reshape(-1).view(np.uint8).data)
        self._length += len(rows)

    def chunks(self) -> Iterator[NDArray[np.uint8]]:
        """The bytes of all rows, little-endian, in C order."""
        self._file.seek(0)
        while part := self._file.read(CHUNK):
            yield np.frombuffer(part, np.uint8)

    def close(self) -> None:
        self._file.close()


class Text:
    """Text of any width, as UTF-8 with its length before it; the widest fixes the width of all."""

    def __init__(self) -> None:
        self._width = 1
        self._length = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(f"<U{self._width}")

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._length,)

    def append(self, rows: NDArray[Any], what: str) -> None:
        """Add texts; FormatErrors begin with `what`."""
        if rows.dtype.kind != "U" or rows.ndim != 1:
            raise FormatError(f"{what} has rows of {rows.shape[1:]} {rows.dtype}; the first were text")
        for text in rows.tolist():
            # File names that are not Unicode arrive as lone surrogates, and must leave as they came.
            data = text.encode("utf-8", "surrogatepass")
            self._file.write(struct.pack("<I", len(data)) + data)
            self._width = max(self._width, len(text))
        self._length += len(rows)

    def chunks(self) -> Iterator[NDArray[np.uint8]]:
        """The bytes of all rows as UTF-32, each filled up with zeros to the widest."""
        self._file.seek(0)
        at_once = max(1, CHUNK // self.dtype.itemsize)
        for start in range(0, self._length, at_once):
            texts = [self._next() for _ in range(min(at_once, self._length - start))]
            yield np.array(texts, self.dtype).view(np.uint8)

    def _next(self) -> str:
        (length,) = struct.unpack("<I", self._file.read(4))
        return self._file.read(length).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        self._file.close()
