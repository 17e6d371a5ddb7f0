"""Images that are rows of an array: `X.npy`, or `X.npz:key`, as users of NumPy, Keras and torch keep them.

An array is (N, H, W) or (N, H, W, C) with C of 1, 3 or 4 (the fourth is alpha), uint8 or floats in 0..1.
Read without pickle; the header is believed only where it agrees with the size of what follows. A .npy and a
stored member of a .npz are memory-mapped, a compressed member is inflated once, on disk when it is large.
"""

import math
import re
import struct
import zipfile
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images.scratch import room
from latentkit.images.transform import Transform, apply

__all__ = ["count", "digest", "is_array", "name", "pixels", "read", "row_image"]

_BOMB_BYTES, _BOMB_RATIO = 2**31, 100
_TOLERANCE = 1e-6  # of floats that left 0..1 by rounding


class _Header(NamedTuple):
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int  # of the first value in the .npy
    stored_at: int | None  # of the .npy in its file; None where it must be inflated


def is_array(argument: str) -> bool:
    """Whether an argument names an array and not a file or folder of images."""
    return argument.lower().endswith((".npy", ".npz")) or _parts(argument)[1] is not None


def name(argument: str) -> str:
    """What comes before the `/` in the ids of the rows."""
    file, key = _parts(argument)
    return key or Path(file).stem


def count(argument: str) -> int:
    """How many images an array holds; ImagesError, saying what to do, where it is no array of images."""
    return _header(argument).shape[0]


def read(argument: str) -> NDArray[Any]:
    """The array (N, H, W[, C]), mapped where it can be."""
    header = _header(argument)
    file, key = _parts(argument)
    order: Literal["F", "C"] = "F" if header.fortran else "C"
    try:
        if header.stored_at is not None:
            start = header.stored_at + header.offset
            mapped: NDArray[Any] = np.memmap(file, header.dtype, "r", start, header.shape, order)
            return mapped
        with zipfile.ZipFile(file) as archive, archive.open(f"{key}.npy") as stream:
            stream.read(header.offset)
            values = room(header.shape[:: -1 if header.fortran else 1], header.dtype)
            _fill(values, stream, argument)
            return values.T if header.fortran else values
    except _FAULTS as error:
        raise ImagesError(f"{argument} cannot be read ({_words(error)}): save it again") from error


def digest(row: NDArray[Any]) -> str:
    """The hex digest of a row: its values, shape and dtype."""
    content = blake2b(f"{row.dtype.str} {row.shape} ".encode(), digest_size=16)
    content.update(np.ascontiguousarray(row).data)
    return content.hexdigest()


def pixels(row: NDArray[Any], transform: Transform, where: str) -> NDArray[np.uint8]:
    """One row as (H, W, C) uint8 of the transform; `where` names it in an ImagesError."""
    values = row_image(row, where)
    if values.shape == transform.shape or (values.shape == transform.shape[:2] and transform.channels == 1):
        return values.reshape(transform.shape)
    from PIL import Image

    return apply(Image.fromarray(values), transform)


def row_image(row: NDArray[Any], where: str) -> NDArray[np.uint8]:
    """One row as (H, W) or (H, W, 3 or 4) uint8; ImagesError where floats leave 0..1."""
    if row.dtype.kind == "f":
        low, high = float(row.min()), float(row.max())
        if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):  # false for NaN as well
            fix = "divide by 255" if low >= 0 and 1 < high <= 255 else "bring them to 0..1, or save uint8"
            raise ImagesError(f"{where} has floats from {low:g} to {high:g}, not within 0..1: {fix}")
        row = np.rint(np.clip(row.astype(np.float64), 0, 1) * 255)
    values = np.ascontiguousarray(row, dtype=np.uint8)
    return values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values


_FAULTS = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def _parts(argument: str) -> tuple[str, str | None]:
    match = re.fullmatch(r"(.+\.npz):([^:]+)", argument, re.IGNORECASE | re.DOTALL)
    return (match[1], match[2]) if match and not Path(argument).exists() else (argument, None)


def _header(argument: str) -> _Header:
    file, key = _parts(argument)
    try:
        if not Path(file).is_file():
            raise ImagesError(f"there is no file {file}: check the name")
        if not file.lower().endswith(".npz"):
            with Path(file).open("rb") as stream:
                header = _parsed(stream, Path(file).stat().st_size, argument, 0)
        else:
            header = _member(file, key, argument)
    except _FAULTS as error:
        raise ImagesError(
            f"{argument} is not an array that NumPy wrote ({_words(error)}): save it again"
        ) from error
    _check(header, argument)
    return header


def _member(file: str, key: str | None, argument: str) -> _Header:
    with zipfile.ZipFile(file) as archive:
        keys = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        if key is None or key not in keys:
            missing = "say which array:" if key is None else f"there is no {key} in it; there are"
            named = ", ".join(f"{file}:{one}" for one in keys)
            raise ImagesError(f"{file}: {missing} {named}")
        info = archive.getinfo(f"{key}.npy")
        if info.file_size > _BOMB_BYTES and info.file_size > _BOMB_RATIO * info.compress_size:
            raise ImagesError(
                f"{argument} would inflate from {info.compress_size} to {info.file_size} bytes: save it with np.savez"
            )
        with archive.open(info) as stream:
            stored_at = None if info.compress_type else _data_offset(file, info.header_offset)
            return _parsed(stream, info.file_size, argument, stored_at)


def _data_offset(file: str, header_offset: int) -> int:
    """Where a stored member's bytes begin; its local header has lengths of its own (APPNOTE 4.3.7)."""
    with Path(file).open("rb") as stream:
        stream.seek(header_offset + 26)
        name_length, extra_length = struct.unpack("<HH", stream.read(4))
    return header_offset + 30 + int(name_length) + int(extra_length)


def _parsed(stream: IO[bytes], size: int, argument: str, stored_at: int | None) -> _Header:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f".npy version {version[0]}.{version[1]}")
    if dtype.hasobject:
        raise ImagesError(f"{argument} holds Python objects: stack the images with np.stack and save uint8")
    offset = stream.tell()
    if size != offset + math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{size - offset} bytes for {shape} of {dtype}: it is truncated or damaged")
    return _Header(shape, fortran, dtype, offset, stored_at)


def _check(header: _Header, argument: str) -> None:
    shape, dtype = header.shape, header.dtype
    if len(shape) not in (3, 4) or 0 in shape or (len(shape) == 4 and shape[3] not in (1, 3, 4)):
        fix = "give (N, H, W) or (N, H, W, C) with C of 1, 3 or 4"
        if len(shape) == 2:
            fix = "reshape flat images to (N, H, W)"
        elif len(shape) == 4 and shape[1] in (1, 3, 4) and 0 not in shape:
            fix = "put the channels last with np.moveaxis(X, 1, -1)"
        raise ImagesError(f"{argument} has the shape {shape}, not that of images: {fix}")
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


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
