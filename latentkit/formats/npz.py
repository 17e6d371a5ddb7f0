"""Write .npz to any stream, and read .npz that may be corrupt or malicious.

Writing needs nothing but `write`: `> z.npz`, `| next` and `>> z.npz` all work, the same arrays give
the same bytes, and `np.load` and `unzip` read them. Reading never allocates more memory than the file justifies
and never unpickles: anything but a plain .npz of numbers, booleans and text raises a
FormatError that names the file and the key.

NumPy's own reader and writer are not used because `np.savez` needs a stream that can seek, and `np.load` allocates
as much memory as a header asks for.
"""

import errno
import math
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.npy import canonical, header_bytes, map_data, read_data, read_header
from latentkit.formats.regular_file import regular_file
from latentkit.formats.sink import Sink

__all__ = ["MAGIC", "NpzWriter", "data_offset", "is_bomb", "read_npz", "write_npz"]

MAGIC = b"PK"
ALIGNMENT = 64  # bytes: the data of a member begin at a multiple of it
MIN_MAPPED = 1 << 20  # bytes: a smaller member is read, and its checksum verified
MAX_INFLATED = 2 << 30  # bytes
MAX_RATIO = 100


def write_npz(stream: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` to `stream` in their order, uncompressed; nothing but `stream.write` is needed."""
    # First, so that an array is refused before the first byte is written.
    whole = {key: canonical(array, key) for key, array in arrays.items()}
    with NpzWriter(stream) as npz:
        for key, array in whole.items():
            npz.write(key, array.dtype, array.shape, [array.reshape(-1).view(np.uint8)])


class NpzWriter:
    """Write an .npz to a stream, member after member; a context manager.

    An exception within the block leaves the archive without its end, so that half an archive cannot
    be mistaken for a whole one.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._sink = Sink(stream)
        self._archive = zipfile.ZipFile(cast(IO[bytes], self._sink), "w")

    def write(
        self, key: str, dtype: np.dtype[Any], shape: tuple[int, ...], chunks: Iterable[NDArray[np.uint8]]
    ) -> None:
        """Write one array; its data are the bytes of `chunks`, one after the other, in C order."""
        _check_key(key, "writing an .npz")
        header = header_bytes(dtype, shape)
        member = zipfile.ZipInfo(f"{key}.npy")  # dated 1980-01-01, the default of ZipInfo
        member.create_system = 3  # Unix, on every system
        large = len(header) + math.prod(shape) * dtype.itemsize > zipfile.ZIP64_LIMIT
        start = self._sink.tell() + 30 + len(member.filename.encode()) + 4 + (20 if large else 0)
        padding = -start % ALIGNMENT
        member.extra = struct.pack("<HH", 0xD935, padding) + bytes(padding)
        with self._archive.open(member, "w", force_zip64=large) as file:
            file.write(header)
            for chunk in chunks:
                file.write(chunk.data)

    def __enter__(self) -> "NpzWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._sink.stop()
        self._archive.close()


def read_npz(source: str | Path | BinaryIO, *, name: str) -> dict[str, NDArray[Any]]:
    """Read every array of an .npz, in file order; all are read-only.

    Members that are uncompressed, aligned and 1 MiB or larger are memory-mapped: they take no
    memory, but **their checksum is not verified**. A stream is copied to an unlinked temporary file
    first. `name` is what FormatErrors call the source.
    """
    with regular_file(source) as file, _corruption_is_a_format_error(name):
        check_magic(file, name)
        with zipfile.ZipFile(file) as archive:
            members = _check_members(archive.infolist(), file.seek(0, 2), name)
            return {key: _read_member(archive, info, file, f"{name}: {key}") for key, info in members.items()}


def check_magic(file: BinaryIO, name: str) -> None:
    """Raise FormatError for a file that does not begin as a zip archive does."""
    file.seek(0)
    start = file.read(4)
    if not start:
        raise FormatError(f"{name} is empty: the command that should have written it failed")
    if start not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise FormatError(f"{name} is not an .npz file: it begins with {start!r}")


def is_bomb(packed: int, inflated: int) -> bool:
    """Return True if an archive would inflate to more, in total and in ratio, than an honest one does."""
    return inflated > MAX_INFLATED and inflated > MAX_RATIO * packed


def _check_members(members: list[zipfile.ZipInfo], size: int, name: str) -> dict[str, zipfile.ZipInfo]:
    """Return the members by key; raise FormatError if the archive as a whole must not be read."""
    checked: dict[str, zipfile.ZipInfo] = {}
    for info in members:
        key = info.filename.removesuffix(".npy")
        if key == info.filename:
            raise FormatError(
                f"{name} holds {info.filename!r}, which is not an array: NumPy did not write this .npz"
            )
        _check_key(key, name)
        if key in checked:
            raise FormatError(f"{name} holds {key!r} twice")
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(f"{name}: {key} is encrypted or compressed in a way that np.savez does not use")
        if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
            raise FormatError(
                f"{name}: {key} has two sizes, {info.compress_size} and {info.file_size}: it is corrupt"
            )
        checked[key] = info
    packed = sum(info.compress_size for info in members)
    inflated = sum(info.file_size for info in members if info.compress_type == zipfile.ZIP_DEFLATED)
    if packed > size:
        raise FormatError(f"{name} claims {packed} bytes in a file of {size}: it is corrupt or truncated")
    if is_bomb(packed, inflated):
        raise FormatError(
            f"{name} would inflate from {packed} to {inflated} bytes: if you trust it, store it uncompressed with np.savez"
        )
    return checked


def _check_key(key: str, name: str) -> None:
    if not key or key.startswith("/") or "\\" in key or ".." in key.split("/"):
        raise FormatError(f"{name}: {key!r} is not a valid name for an array")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO, what: str) -> NDArray[Any]:
    with archive.open(info) as member:
        header = read_header(member, info.file_size, what)
        if info.compress_type == zipfile.ZIP_STORED and header.nbytes >= MIN_MAPPED:
            offset = data_offset(file, info) + header.length
            if offset % header.dtype.alignment == 0:
                return map_data(file, offset, header, what)
        return read_data(member, header, what)


def data_offset(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where a member's bytes begin; its local header has lengths of its own (APPNOTE 4.3.7)."""
    file.seek(info.header_offset + 26)
    name_length, extra_length = struct.unpack("<HH", file.read(4))
    return info.header_offset + 30 + int(name_length) + int(extra_length)


@contextmanager
def _corruption_is_a_format_error(name: str) -> Iterator[None]:
    """Turn what zipfile and zlib raise on corrupt or malicious bytes into a FormatError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: a seek to before the start
            raise
        raise FormatError(f"{name} is corrupt or truncated: {error}") from error
