"""Read whatever a person has: a run, a log of any kind, TensorBoard events, latents. Bytes in, quantities out.

Nothing in a file can make this fail but with a DiagnosisError or a FormatError that names the source.
"""

import io
from pathlib import Path
from typing import BinaryIO

from latentkit.diagnosis.from_latents import from_latents
from latentkit.diagnosis.from_run import from_run
from latentkit.diagnosis.logs import cells, lines, tensorboard
from latentkit.diagnosis.logs.table import Table, quantities
from latentkit.diagnosis.quantities import Quantities
from latentkit.errors import DiagnosisError, FormatError
from latentkit.formats import history
from latentkit.formats.latents import read_latents
from latentkit.formats.run import is_run, read_images, read_record

__all__ = ["read_bytes", "read_source"]

LARGEST = 2**28
"""Bytes of a log; the end of a larger one is not read."""


def read_source(argument: str, pixels: int | None = None) -> Quantities:
    """What a file or a folder says. `pixels` is height * width * channels, for a log that does not tell."""
    path = Path(argument)
    if path.is_dir():
        return _read_folder(path, pixels)
    with path.open("rb") as file:
        return read_bytes(file, argument, pixels)


def _read_folder(path: Path, pixels: int | None) -> Quantities:
    if is_run(path):
        images = read_images(path) if (path / "images.npz").is_file() else None
        return from_run(str(path), read_record(path), history.read(path / "history.jsonl"), images)
    if files := tensorboard.event_files(path):
        with _Opened([(str(file.parent.relative_to(path)), file) for file in files]) as streams:
            return quantities(tensorboard.from_events(streams), str(path), pixels)
    for name in ("metrics.csv", "history.csv", "training.log", "log.csv", "history.json", "history.jsonl"):
        found = sorted(path.rglob(name))
        if found:
            return read_source(str(found[-1]), pixels)
    raise DiagnosisError(
        f"{path} is no run, and holds neither TensorBoard events nor metrics.csv: name the log, or the run's folder"
    )


class _Opened:
    """Files, open."""

    def __init__(self, files: list[tuple[str, Path]]) -> None:
        self._files = files
        self._streams: list[tuple[str, BinaryIO]] = []

    def __enter__(self) -> list[tuple[str, BinaryIO]]:
        self._streams = [(folder, file.open("rb")) for folder, file in self._files]
        return self._streams

    def __exit__(self, *reason: object) -> None:
        for _, stream in self._streams:
            stream.close()


def read_bytes(stream: BinaryIO, name: str, pixels: int | None = None) -> Quantities:
    """What a stream says, whatever it is."""
    data = stream.read(LARGEST)
    if not data.strip():
        raise DiagnosisError(f"{name} is empty: give a training log, a run's folder, or latents")
    if data.startswith((b"PK\x03\x04", b"\x93NUMPY")):
        return from_latents(read_latents(io.BytesIO(data), name=name), name)
    if tensorboard.is_events(data[:12]):
        return quantities(tensorboard.from_events([("", io.BytesIO(data))]), name, pixels)
    text = _decoded(data)
    table = _table(text)
    try:
        return quantities(table, name, pixels)
    except DiagnosisError:
        if not table.kind.startswith("a CSV"):
            raise
        try:
            latents = read_latents(io.BytesIO(data), name=name)
        except FormatError:
            pass
        else:
            return from_latents(latents, name)
        raise


def _decoded(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with its mark, as PowerShell writes it; what is neither is marked as such."""
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, "replace")


def _table(text: str) -> Table:
    start = text.lstrip()[:1]
    parsed = cells.from_json(text) if start in ("{", "[") else None
    return parsed or cells.from_csv(text) or lines.parse(text)
