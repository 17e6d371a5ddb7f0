"""Images that are rows of an array: `X.npy`, or `X.npz:key`, as users of NumPy, Keras and torch keep them.

An array is (N, H, W) or (N, H, W, C) with C of 1, 3 or 4 (the fourth is alpha), uint8 or floats. Floats are within 0..1,
or within 0..255 if the largest of the whole array is at least 16, or above 1 and all are whole numbers.
Read without pickle; the header is believed only if it agrees with the size of what follows. A .npy and a
stored member of a .npz are memory-mapped; a compressed member is inflated once, on disk if it is large.
"""

import re
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError, ImagesError
from latentkit.formats import npy, npz
from latentkit.images.content import Values
from latentkit.images.files import path_text
from latentkit.images.scratch import allocate
from latentkit.images.sources import Source

__all__ = ["ArrayFile", "find_in", "matches", "note", "read_array"]

CERTAINLY_BYTES = 16
"""Floats of 0..1 that overshoot do not reach this."""


def matches(argument: str) -> bool:
    """Return True if an argument names an array and not a file or folder of images."""
    return argument.lower().endswith((".npy", ".npz")) or _split(argument)[1] is not None


def note(argument: str) -> str:
    """Return what was decided about an array, to be said to the user; "" if nothing was."""
    if _locate(argument).header.dtype.kind == "f" and ArrayFile(argument).top == 255:
        return f"{argument}: floats up to 255 are read as 0..255, not 0..1"
    return ""


def find_in(argument: str) -> Iterator[Source]:
    """Return every row as a source; raise ImagesError, saying what to do, if it is not an array of images."""
    rows = _locate(argument).header.shape[0]
    digits = max(6, len(str(rows - 1)))
    file, key = _split(argument)
    name = path_text(key or Path(file).stem)
    container = ArrayFile(argument)
    return (Source(f"{name}/{row:0{digits}d}", "", row, container) for row in range(rows))


class ArrayFile:
    """An array in a file: the container of images whose key is a row."""

    def __init__(self, argument: str) -> None:
        self.argument = argument
        self._lock = threading.Lock()
        self._users = 0
        self._values: NDArray[Any] | None = None

    @cached_property
    def top(self) -> float:
        """The number that stands for white: 255, or 1 for floats within 0..1. Reads the whole array, once."""
        if _locate(self.argument).header.dtype.kind != "f":
            return 255.0
        return _white(read_array(self.argument) if self._values is None else self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayFile) and other.argument == self.argument

    def __hash__(self) -> int:
        return hash(self.argument)

    def __repr__(self) -> str:
        return f"ArrayFile({self.argument!r})"

    @contextmanager
    def open(self) -> Iterator[None]:
        """Map or inflate the array once for all reads within the block."""
        with self._lock:
            self._users += 1
            try:
                self._values = read_array(self.argument) if self._values is None else self._values
            except BaseException:
                self._users -= 1
                raise
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._values = None

    def location(self, row: str | int) -> str:
        """Return the name of the array and the row."""
        return f"{self.argument} row {row}"

    def stamp(self, row: str | int) -> bytes | None:
        """Return None: rows are not cached."""

    def read(self, row: str | int) -> Values:
        """Return the values of a row."""
        values = self._values
        if values is None:
            values = read_array(self.argument)
        return Values(values[int(row)], self.location(row), white=self.top)


def _white(values: NDArray[Any]) -> float:
    """Return 255 for floats that can only be 0..255, and 1 for all others, which are checked row by row."""
    high, whole = 0.0, True
    step = max(1, 2**22 // max(1, values[:1].nbytes))
    for start in range(0, len(values), step):
        block = values[start : start + step]
        low, top = float(block.min()), float(block.max())
        if not (low >= 0 and top <= 255):  # true for NaN as well
            return 1.0
        high = max(high, top)
        whole = whole and bool((block == np.rint(block)).all())
    return 255.0 if high >= CERTAINLY_BYTES or (whole and high > 1) else 1.0


class _Place(NamedTuple):
    """The header of an array, and where its .npy begins in the file; None if it must be inflated."""

    header: npy.Header
    start: int | None


def read_array(argument: str) -> NDArray[Any]:
    """Return the array (N, H, W[, C]), mapped if it can be."""
    header, start = _locate(argument)
    file, key = _split(argument)
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    try:
        if start is not None:
            offset = start + header.length
            mapped: NDArray[Any] = np.memmap(file, header.dtype, "r", offset, header.shape, order)
            return mapped
        with zipfile.ZipFile(file) as archive, archive.open(f"{key}.npy") as stream:
            stream.read(header.length)
            values = allocate(header.shape[:: -1 if header.fortran else 1], header.dtype)
            _fill(values, stream, argument)
            return values.T if header.fortran else values
    except _FAULTS as error:
        raise ImagesError(f"{argument} cannot be read ({_one_line(error)}): save it again") from error


_FAULTS = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def _split(argument: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"(.+\.npz):([^:]+)", argument, re.IGNORECASE | re.DOTALL)
    return (match[1], match[2]) if match and not Path(argument).exists() else (argument, None)


def _locate(argument: str) -> _Place:
    file, key = _split(argument)
    try:
        if not Path(file).is_file():
            raise ImagesError(f"there is no file {file}: check the name")
        if file.lower().endswith(".npz"):
            place = _locate_member(file, key, argument)
        else:
            with Path(file).open("rb") as stream:
                place = _Place(npy.read_header(stream, Path(file).stat().st_size, argument), 0)
    except npy.ObjectsError as error:
        raise ImagesError(
            f"{argument} holds Python objects: stack the images with np.stack and save uint8"
        ) from error
    except FormatError as error:
        raise ImagesError(f"{error}: save it again with np.save") from error
    except _FAULTS as error:
        raise ImagesError(
            f"{argument} is not an array that NumPy wrote ({_one_line(error)}): save it again"
        ) from error
    _check(place.header, argument)
    return place


def _locate_member(file: str, key: str | None, argument: str) -> _Place:
    with Path(file).open("rb") as raw, zipfile.ZipFile(raw) as archive:
        keys = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        if key is None or key not in keys:
            problem = "name one of its arrays:" if key is None else f"it has no array {key}, only"
            raise ImagesError(f"{file}: {problem} {', '.join(f'{file}:{one}' for one in keys)}")
        info = archive.getinfo(f"{key}.npy")
        if npz.is_bomb(info.compress_size, info.file_size):
            raise ImagesError(
                f"{argument} would inflate from {info.compress_size} to {info.file_size} bytes: save it with np.savez"
            )
        with archive.open(info) as stream:
            header = npy.read_header(stream, info.file_size, argument)
        return _Place(header, None if info.compress_type else npz.data_offset(raw, info))


def _check(header: npy.Header, argument: str) -> None:
    shape, dtype = header.shape, header.dtype
    if len(shape) not in (3, 4) or 0 in shape or (len(shape) == 4 and shape[3] not in (1, 3, 4)):
        fix = "give (N, H, W) or (N, H, W, C) with C of 1, 3 or 4"
        if len(shape) == 2:
            fix = "reshape flat images to (N, H, W)"
        elif len(shape) == 4 and shape[1] in (1, 3, 4) and 0 not in shape:
            fix = "put the channels last with np.moveaxis(X, 1, -1)"
        raise ImagesError(f"{argument} has the shape {shape}, which is not that of images: {fix}")
    if dtype != np.uint8 and dtype.kind != "f":
        raise ImagesError(f"{argument} is {dtype}, not uint8 or floats in 0..1: save uint8 of 0..255")


def _fill(values: NDArray[Any], stream: IO[bytes], argument: str) -> None:
    target = values.reshape(-1).view(np.uint8)
    done = 0
    while done < len(target):
        block = stream.read(min(2**22, len(target) - done))
        if not block:
            raise ImagesError(f"{argument} ends after {done} of {len(target)} bytes: save it again")
        target[done : done + len(block)] = np.frombuffer(block, np.uint8)
        done += len(block)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
