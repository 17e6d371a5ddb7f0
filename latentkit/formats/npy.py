"""Read and write one array as .npy bytes, for .npz and for arrays of images.

Only numbers, booleans and text (dtype kinds f i u b U S) are allowed. The header is matched by regular expressions,
never evaluated, and believed only if its shape is exactly the size of the data that follow, so that no
file can ask for more memory than it holds.
"""

import io
import math
import re
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError

__all__ = [
    "MAGIC",
    "Header",
    "ObjectsError",
    "canonical",
    "header_bytes",
    "map_data",
    "read_data",
    "read_header",
]

MAGIC = b"\x93NUMPY"
KINDS = "fiubUS"
MAX_HEADER = 10_000  # bytes, as in NumPy

_DTYPE = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?[a-zA-Z]\d{0,8})['"]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(\s*((?:\d{1,18}L?\s*,\s*)*(?:\d{1,18}L?\s*)?)\)""")


class ObjectsError(FormatError):
    """An array of Python objects, which is never unpickled."""


class Header(NamedTuple):
    """Dtype, shape and order of the data of an .npy, and the length of the header."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    length: int  # bytes from the magic to the data

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def canonical(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return the values in C order, little-endian, text no wider than its longest: equal arrays give equal bytes.

    Raises a FormatError that begins with `what` for a dtype that is not a number, a boolean or text.
    """
    if array.dtype.kind not in KINDS:
        raise FormatError(f"{what} has dtype {array.dtype}; only numbers, booleans and text can be stored")
    dtype = array.dtype.newbyteorder("<")
    if array.dtype.kind in "US":
        width = int(np.strings.str_len(array).max(initial=1))
        dtype = np.dtype(f"<{array.dtype.kind}{max(width, 1)}")
    return np.asarray(array, dtype=dtype, order="C")


def header_bytes(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the .npy header (version 1.0) of a C-ordered array; its length is a multiple of 64 bytes."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return head.getvalue()


def read_header(stream: IO[bytes], size: int, what: str) -> Header:
    """Read the header of an .npy of `size` bytes in total; FormatErrors begin with `what`."""
    start = stream.read(12)
    if not start.startswith(MAGIC) or len(start) < 12:
        raise FormatError(f"{what} is not an array in .npy format")
    version = start[6]
    if version not in (1, 2):
        raise FormatError(f"{what} is in .npy version {version}.{start[7]}; versions 1 and 2 can be read")
    width = 2 if version == 1 else 4
    length = 8 + width + int.from_bytes(start[8 : 8 + width], "little")
    if length > min(size, MAX_HEADER):
        raise FormatError(f"{what} has an .npy header of {length} bytes, which is more than is possible")
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
            f"{what} claims to be {header.shape} {header.dtype}, {header.nbytes} bytes, but has {size - length}: "
            "it is corrupt or malicious"
        )
    return header


def _dtype(text: str, what: str) -> np.dtype[Any]:
    letter = text.lstrip("<>|=")[0]
    if letter == "O":
        raise ObjectsError(f"{what} holds Python objects, which are never loaded: store numbers or text")
    try:
        dtype = np.dtype(text) if letter in KINDS else None
    except (TypeError, ValueError, OverflowError):
        dtype = None
    if dtype is None or dtype.itemsize == 0:
        raise FormatError(f"{what} has the dtype {text!r}; only numbers, booleans and text can be read")
    return dtype


def read_data(stream: IO[bytes], header: Header, what: str) -> NDArray[Any]:
    """Read the data that follow `header` as a read-only array."""
    data = np.empty(header.nbytes, np.uint8)
    rest = data.data
    while rest:
        part = stream.read(min(len(rest), 1 << 20))
        if not part:
            raise FormatError(f"{what} is truncated: {len(rest)} of {header.nbytes} bytes are missing")
        rest[: len(part)] = part
        rest = rest[len(part) :]
    return _finish(data.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C"), what)


def map_data(file: BinaryIO, offset: int, header: Header, what: str) -> NDArray[Any]:
    """Map the data at `offset` of a regular file as a read-only array that takes no memory."""
    order: Any = "F" if header.fortran else "C"
    return _finish(np.asarray(np.memmap(file, header.dtype, "r", offset, header.shape, order)), what)


def _finish(array: NDArray[Any], what: str) -> NDArray[Any]:
    """Return the array in the machine's byte order and read-only; refuse text that Python cannot hold."""
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "U" and array.size and array.reshape(-1).view(np.uint32).max() > 0x10FFFF:
        raise FormatError(f"{what} holds text that is not Unicode: the file is corrupt")
    array.setflags(write=False)
    return array
