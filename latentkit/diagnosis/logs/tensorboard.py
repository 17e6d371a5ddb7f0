"""TensorBoard event files, read without TensorBoard: scalars only.

Framing (TFRecord): length uint64 LE, masked CRC-32C of it, data, masked CRC-32C of the data.
Data: a protocol buffer `Event {step = 2, summary = 5}`, `Summary {value = 1}`, `Value {tag = 1, simple_value = 2,
tensor = 8}`, `Tensor {dtype = 1, content = 4, float = 5, double = 6, int = 7, int64 = 10}`.
A file that is cut off or damaged is read up to there, and that is said.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from latentkit.diagnosis.logs.table import Table

__all__ = ["event_files", "from_events", "is_events", "scalars"]

LARGEST = 2**16
"""Bytes of a record that may hold scalars; pictures and graphs are larger, and are passed over."""
_DOUBLE, _FLOAT, _INT32, _INT64 = 2, 1, 3, 9
_FORMATS = {_FLOAT: "<f", _DOUBLE: "<d", _INT32: "<i", _INT64: "<q"}


class Scalar(NamedTuple):
    """One number of an event file."""

    step: int
    tag: str
    value: float


def _table() -> list[int]:
    """Of CRC-32C (Castagnoli), reflected polynomial 0x82F63B78."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _table()


def _masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def is_events(head: bytes) -> bool:
    """Whether the first 12 bytes are those of a TFRecord: a length and its checksum."""
    return len(head) >= 12 and struct.unpack("<I", head[8:12])[0] == _masked_crc(head[:8])


def event_files(folder: Path) -> list[Path]:
    """The event files at or below a folder, in order of their names."""
    return sorted(path for path in folder.rglob("*tfevents*") if path.is_file())


def from_events(files: list[tuple[str, BinaryIO]]) -> Table:
    """The scalars of event files: (folder below the one that was given, stream). A row a step."""
    table = Table("TensorBoard events")
    steps: dict[int, dict[str, float]] = {}
    for folder, stream in files:
        damaged = _add(steps, folder, stream)
        if damaged:
            table.notes.append(
                f"{folder or 'the event file'} is damaged or cut off after {damaged} records: read up to there"
            )
    for step in sorted(steps):
        table.lines.append({"step": float(step), **steps[step]})
    return table


def _add(steps: dict[int, dict[str, float]], folder: str, stream: BinaryIO) -> int:
    """Add the scalars of a stream to `steps`; returns the number of whole records where the stream is damaged after them, else 0."""
    for before, data in enumerate(_records(stream)):
        if data is None:
            return max(before, 1)
        for scalar in scalars(data):
            # Keras writes the two sides to folders of these names, under one tag.
            side = folder if folder.split("/")[-1] in ("train", "validation") else ""
            name = f"{side.split('/')[-1]}/{scalar.tag}" if side else scalar.tag
            steps.setdefault(scalar.step, {})[name] = scalar.value
    return 0


def _records(stream: BinaryIO) -> Iterator[bytes | None]:
    """The data of every record that is small enough; None, at the end, where the rest cannot be read."""
    while head := stream.read(12):
        if not is_events(head):
            yield None
            return
        left = int(struct.unpack("<Q", head[:8])[0])
        if left <= LARGEST:
            body = stream.read(left + 4)
            if len(body) < left + 4 or struct.unpack("<I", body[left:])[0] != _masked_crc(body[:left]):
                yield None
                return
            yield body[:left]
        else:
            left += 4
            while left:
                block = stream.read(min(left, 2**20))
                if not block:
                    yield None
                    return
                left -= len(block)


def scalars(event: bytes) -> Iterator[Scalar]:
    """The scalars of one event; none where its bytes are not those of one."""
    fields = list(_fields(event))
    step = next((_signed(value) for number, value in fields if number == 2 and isinstance(value, int)), 0)
    for number, summary in fields:
        if number == 5 and isinstance(summary, bytes):
            for inner, value in _fields(summary):
                if inner == 1 and isinstance(value, bytes):
                    scalar = _scalar(value)
                    if scalar is not None:
                        yield Scalar(step, *scalar)


def _scalar(value: bytes) -> tuple[str, float] | None:
    tag, found = "", None
    for number, item in _fields(value):
        if number == 1 and isinstance(item, bytes):
            tag = item.decode("utf-8", "replace")
        elif number == 2 and isinstance(item, bytes) and len(item) == 4:
            found = float(struct.unpack("<f", item)[0])
        elif number == 8 and isinstance(item, bytes):
            found = _tensor(item)
    return None if found is None or not tag else (tag, found)


def _tensor(data: bytes) -> float | None:
    """The number of a tensor of one number."""
    kind = 0
    for number, item in _fields(data):
        if number == 1 and isinstance(item, int):
            kind = item
        form = {4: _FORMATS.get(kind), 5: "<f", 6: "<d"}.get(number)
        if form is not None and isinstance(item, bytes) and len(item) == struct.calcsize(form):
            return float(struct.unpack(form, item)[0])
        if number in (7, 10):
            if isinstance(item, int):
                return float(_signed(item))
            whole = _varint(item, 0)
            if whole is not None and whole[1] == len(item):
                return float(_signed(whole[0]))
    return None


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, value) of each field of a message: an int for a varint, else bytes. Ends where the bytes make no sense."""
    at = 0
    while at < len(data):
        key = _varint(data, at)
        if key is None:
            return
        number, wire, at = key[0] >> 3, key[0] & 7, key[1]
        if wire == 0:
            value = _varint(data, at)
            if value is None:
                return
            at = value[1]
            yield number, value[0]
            continue
        if wire == 2:
            size = _varint(data, at)
            if size is None:
                return
            length, at = size
        else:
            length = {1: 8, 5: 4}.get(wire, -1)
        if length < 0 or at + length > len(data):
            return
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    """The number at a place, below 2^64, and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            return None
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), at
    return None
