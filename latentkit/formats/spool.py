"""Spool arrays row by row to unlinked temporary files until their length is known."""

import struct
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError

__all__ = ["RowSpool", "TextSpool"]

CHUNK = 1 << 20  # bytes


class RowSpool:
    """Rows of one dtype and shape, which the first rows set."""

    def __init__(self, first: NDArray[Any]) -> None:
        self.dtype = first.dtype
        self._row = first.shape[1:]
        self._length = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def shape(self) -> tuple[int, ...]:
        return (self._length, *self._row)

    def append(self, rows: NDArray[Any], what: str) -> None:
        """Append rows in canonical form; FormatErrors begin with `what`."""
        if (rows.dtype, rows.shape[1:]) != (self.dtype, self._row):
            raise FormatError(
                f"{what} has rows of {rows.shape[1:]} {rows.dtype}; the first had {self._row} {self.dtype}"
            )
        self._file.write(rows.reshape(-1).view(np.uint8).data)
        self._length += len(rows)

    def chunks(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the bytes of all rows, little-endian, in C order."""
        self._file.seek(0)
        while part := self._file.read(CHUNK):
            yield np.frombuffer(part, np.uint8)

    def close(self) -> None:
        self._file.close()


class TextSpool:
    """Strings, stored as UTF-8 with their length before them; the longest sets the width of all."""

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
        """Append strings; FormatErrors begin with `what`."""
        if rows.dtype.kind != "U" or rows.ndim != 1:
            raise FormatError(f"{what} has rows of {rows.shape[1:]} {rows.dtype}; the first were text")
        for text in rows.tolist():
            # File names that are not Unicode arrive as lone surrogates, and must leave unchanged.
            data = text.encode("utf-8", "surrogatepass")
            self._file.write(struct.pack("<I", len(data)) + data)
            self._width = max(self._width, len(text))
        self._length += len(rows)

    def chunks(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the bytes of all rows as UTF-32, each padded with zeros to the longest."""
        texts = self.texts()
        at_once = max(1, CHUNK // self.dtype.itemsize)
        while some := list(islice(texts, at_once)):
            yield np.array(some, self.dtype).view(np.uint8)

    def texts(self) -> Iterator[str]:
        """Yield all strings, in order."""
        self._file.seek(0)
        for _ in range(self._length):
            (length,) = struct.unpack("<I", self._file.read(4))
            yield self._file.read(length).decode("utf-8", "surrogatepass")

    def duplicate(self) -> tuple[int, int, str] | None:
        """Return the first two rows of a duplicate string, and the string; None if all are unique.

        If there are several, the one whose second row comes first. Takes sixteen bytes of memory per string.
        """
        hashes = np.fromiter(map(hash, self.texts()), np.int64, self._length)
        ordered = np.sort(hashes)
        shared = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
        first: dict[str, int] = {}
        for row, text in enumerate(self.texts() if shared else ()):
            if hash(text) in shared:
                before = first.setdefault(text, row)
                if before != row:
                    return before, row, text
        return None

    def close(self) -> None:
        self._file.close()
