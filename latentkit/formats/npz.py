"""Write .npz to any stream; read .npz from strangers.

Writing needs nothing but `write`: `> z.npz`, `| next` and `>> z.npz` are all good, the same arrays give
the same bytes, and `np.load` and `unzip` read them. Reading allocates nothing that the bytes at hand do
not back and never unpickles: what is not a plain .npz of numbers, truth values and text is a
FormatError that names the file and the key.
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
from latentkit.formats.incoming import regular_file
from latentkit.formats.npy import canonical, header_bytes, map_data, read_data, read_header
from latentkit.formats.sink import Sink

__all__ = ["MAGIC", "NpzWriter", "read_npz", "write_npz"]

MAGIC = b"PK"
ALIGNMENT = 64  # bytes; where the data of a member begin
MAPPED_FROM = 1 << 20  # bytes; what is smaller is read, and its checksum with it
INFLATED_LIMIT = 2 << 30  # bytes
RATIO_LIMIT = 100


def write_npz(stream: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` to `stream` in their order, uncompressed; nothing but `stream.write` is needed."""
    whole = {
        key: canonical(array, key) for key, array in arrays.items()
    }  # refusals come before the first byte
    with NpzWriter(stream) as npz:
        for key, array in whole.items():
            npz.write(key, array.dtype, array.shape, [array.reshape(-1).view(np.uint8)])


class NpzWriter:
    """An .npz on its way down a stream, member after member; a context manager.

    Leaving the block by an exception leaves the archive without its end, so that half of one cannot
    pass for a whole one.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._sink = Sink(stream)
        self._archive = zipfile.ZipFile(cast(IO[bytes], self._sink), "w")

    def write(
        self, key: str, dtype: np.dtype[Any], shape: tuple[int, ...], chunks: Iterable[NDArray[np.uint8]]
    ) -> None:
        """Write one array: its data are the bytes of `chunks` one after the other, in C order."""
        _check_key(key, "writing an .npz")
        header = header_bytes(dtype, shape)
        member = zipfile.ZipInfo(f"{key}.npy")  # dated 1980-01-01, as ZipInfo is
        member.create_system = 3  # Unix, wherever it is written
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

    Members that are stored uncompressed, aligned and 1 MiB or larger are memory-mapped: they cost no
    memory, and **their checksum is not verified**. A stream is spooled to an unlinked temporary file
    first. `name` is what FormatErrors call the source.
    """
    with regular_file(source) as file, _damage_is_a_format_error(name):
        check_magic(file, name)
        with zipfile.ZipFile(file) as archive:
            members = _checked(archive.infolist(), file.seek(0, 2), name)
            return {key: _read_member(archive, info, file, f"{name}: {key}") for key, info in members.items()}


def check_magic(file: BinaryIO, name: str) -> None:
    """Refuse what does not begin as a zip archive does."""
    file.seek(0)
    start = file.read(4)
    if not start:
        raise FormatError(f"{name} is empty: the command that should have written it has failed")
    if start not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise FormatError(f"{name} is not an .npz file: it begins with {start!r}")


def _checked(members: list[zipfile.ZipInfo], size: int, name: str) -> dict[str, zipfile.ZipInfo]:
    """The members by key, once nothing about the whole archive speaks against reading them."""
    checked: dict[str, zipfile.ZipInfo] = {}
    for info in members:
        key = info.filename.removesuffix(".npy")
        if key == info.filename:
            raise FormatError(
                f"{name} holds {info.filename!r}, which is not an array: it is no .npz of NumPy's"
            )
        _check_key(key, name)
        if key in checked:
            raise FormatError(f"{name} holds {key!r} twice")
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(f"{name}: {key} is encrypted or packed in a way that np.savez does not use")
        if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
            raise FormatError(
                f"{name}: {key} has two sizes, {info.compress_size} and {info.file_size}: it is damaged"
            )
        checked[key] = info
    packed = sum(info.compress_size for info in members)
    inflated = sum(info.file_size for info in members if info.compress_type == zipfile.ZIP_DEFLATED)
    if packed > size:
        raise FormatError(f"{name} tells of {packed} bytes in a file of {size}: it is damaged or cut short")
    if inflated > INFLATED_LIMIT and inflated > RATIO_LIMIT * packed:
        raise FormatError(
            f"{name} would unpack {packed} bytes to {inflated}: if it is honest, store it with np.savez, uncompressed"
        )
    return checked


def _check_key(key: str, name: str) -> None:
    if not key or key.startswith("/") or "\\" in key or ".." in key.split("/"):
        raise FormatError(f"{name}: {key!r} is not a name for an array")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO, what: str) -> NDArray[Any]:
    with archive.open(info) as member:
        header = read_header(member, info.file_size, what)
        if info.compress_type == zipfile.ZIP_STORED and header.nbytes >= MAPPED_FROM:
            offset = _data_offset(file, info) + header.length
            if offset % header.dtype.alignment == 0:
                return map_data(file, offset, header, what)
        return read_data(member, header, what)


def _data_offset(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: the lengths in its local header differ from the central ones."""
    file.seek(info.header_offset + 26)
    name_length, extra_length = struct.unpack("<HH", file.read(4))
    return info.header_offset + 30 + int(name_length) + int(extra_length)


@contextmanager
def _damage_is_a_format_error(name: str) -> Iterator[None]:
    """What zipfile and zlib raise on damaged or hostile bytes."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: a seek to before the start
            raise
        raise FormatError(f"{name} is damaged or cut short: {error}") from error
