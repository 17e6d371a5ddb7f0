"""One array as .npy bytes: the part of an .npz that says what its bytes mean.

Only numbers, truth values and text (dtype kinds f i u b U S) exist here. The header is matched, not
evaluated, and believed only when the shape it tells is exactly the size of what follows it, so that no
file can ask for more memory than it brings.
"""

import io
import math
import re
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError

__all__ = ["MAGIC", "Header", "canonical", "header_bytes", "map_data", "read_data", "read_header"]

MAGIC = b"\x93NUMPY"
KINDS = "fiubUS"
LONGEST_HEADER = 10_000  # bytes, as in NumPy

_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?[a-zA-Z]\d{0,8})['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(\s*((?:\d{1,18}L?\s*,\s*)*(?:\d{1,18}L?\s*)?)\)""")


class Header(NamedTuple):
    """What an .npy says of its data."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    length: int  # bytes from the magic to the data

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def canonical(array: NDArray[Any], what: str) -> NDArray[Any]:
    """The same values in C order, little-endian, text no wider than its longest: equal arrays, equal bytes.

    Raises a FormatError that begins with `what` for a dtype that is neither number nor truth value nor text.
    """
    if array.dtype.kind not in KINDS:
        raise FormatError(
            f"{what} is of dtype {array.dtype}; only numbers, truth values and text can be stored"
        )
    dtype = array.dtype.newbyteorder("<")
    if array.dtype.kind in "US":
        width = int(np.strings.str_len(array).max(initial=1))
        dtype = np.dtype(f"<{array.dtype.kind}{max(width, 1)}")
    return np.asarray(array, dtype=dtype, order="C")


def header_bytes(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """The .npy header (version 1.0) of a C-ordered array; a multiple of 64 bytes long."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return head.getvalue()


def read_header(stream: IO[bytes], size: int, what: str) -> Header:
    """Read the header of an .npy of `size` bytes in all; FormatErrors begin with `what`."""
    start = stream.read(12)
    if not start.startswith(MAGIC) or len(start) < 12:
        raise FormatError(f"{what} is not an array in .npy format")
    version = start[6]
    if version not in (1, 2):
        raise FormatError(f"{what} is in .npy version {version}.{start[7]}; versions 1 and 2 can be read")
    width = 2 if version == 1 else 4
    length = 8 + width + int.from_bytes(start[8 : 8 + width], "little")
    if length > min(size, LONGEST_HEADER):
        raise FormatError(f"{what} has an .npy header of {length} bytes, which is more than there can be")
    text = (start[8 + width :] + stream.read(length - 12)).decode("latin-1")
    dtype, order, shape = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if dtype is None or order is None or shape is None:
        raise FormatError(f"{what} has an .npy header that cannot be read: {' '.join(text.split())[:80]!r}")
    header = Header(
        dtype=_dtype(dtype[1], what),
        shape=tuple(int(axis) for axis in re.findall(r"\d+", shape[1])),
        fortran=order[1] == "True",
        length=length,
    )
    if len(header.shape) > 32 or header.nbytes != size - length:
        raise FormatError(
            f"{what} says it is {header.shape} {header.dtype}, {header.nbytes} bytes, and holds {size - length}: "
            "it is damaged or made to harm"
        )
    return header


def _dtype(text: str, what: str) -> np.dtype[Any]:
    letter = text.lstrip("<>|=")[0]
    if letter == "O":
        raise FormatError(f"{what} holds Python objects, which are never loaded: store numbers or text")
    try:
        dtype = np.dtype(text) if letter in KINDS else None
    except (TypeError, ValueError, OverflowError):
        dtype = None
    if dtype is None or dtype.itemsize == 0:
        raise FormatError(f"{what} has the dtype {text!r}; only numbers, truth values and text can be read")
    return dtype


def read_data(stream: IO[bytes], header: Header, what: str) -> NDArray[Any]:
    """Read the data that follow `header`: a read-only array."""
    data = np.empty(header.nbytes, np.uint8)
    rest = data.data
    while rest:
        part = stream.read(min(len(rest), 1 << 20))
        if not part:
            raise FormatError(f"{what} is cut short: {len(rest)} of {header.nbytes} bytes are missing")
        rest[: len(part)] = part
        rest = rest[len(part) :]
    return _finished(
        data.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C"), what
    )


def map_data(file: BinaryIO, offset: int, header: Header, what: str) -> NDArray[Any]:
    """Map the data at `offset` of a regular file: a read-only array that costs no memory."""
    order: Any = "F" if header.fortran else "C"
    return _finished(np.asarray(np.memmap(file, header.dtype, "r", offset, header.shape, order)), what)


def _finished(array: NDArray[Any], what: str) -> NDArray[Any]:
    """In the machine's byte order, of text that Python can hold, and read-only."""
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "U" and array.size and array.reshape(-1).view(np.uint32).max() > 0x10FFFF:
        raise FormatError(f"{what} holds text that is not Unicode: the file is damaged")
    array.setflags(write=False)
    return array
