"""Readers of everything that can be diagnosed: runs, logs of any trainer, TensorBoard events, latents.

`READERS` has one line per format. To add one, write a module with a `Reader` and add it to the table, before any
format that accepts the same documents on weaker evidence.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.readers import csv_log, json_log, latents, lines, tensorboard
from latentkit.diagnosis.readers.folder import natural_order, read_events
from latentkit.diagnosis.readers.history import nothing_found, to_facts
from latentkit.diagnosis.readers.latents import from_latents
from latentkit.diagnosis.readers.reader import Document, Reader
from latentkit.diagnosis.readers.run import from_run, split_of
from latentkit.errors import DiagnosisError
from latentkit.formats.latents import Latents

__all__ = ["READERS", "from_latents", "from_run", "read_path", "read_stream", "split_of"]

READERS: tuple[Reader, ...] = (
    latents.ARCHIVE,
    tensorboard.EVENTS,
    json_log.JSON,
    csv_log.CSV,
    csv_log.PRINTED,
    latents.TABLE,
    lines.LINES,
)
"""Most specific first: the first reader that understands a document reads it, otherwise the first whose layout fits."""

LOG_NAMES = ("metrics.csv", "history.csv", "training.log", "log.csv", "history.json", "history.jsonl")
"""Files to look for in a folder, best first."""
MOST_LISTED = 8


def read_path(argument: str, pixels: int | None = None) -> Facts:
    """Read a file, or a folder that is not a run. `pixels` is height * width * channels, for a log that does not say."""
    path = Path(argument)
    if path.is_dir():
        return _read_folder(path, pixels)
    with path.open("rb") as file:
        return read_stream(file, argument, pixels, path if path.is_file() else None)


def _read_folder(path: Path, pixels: int | None) -> Facts:
    if files := tensorboard.event_files(path):
        return to_facts(read_events(files, path), str(path), pixels)
    for name in LOG_NAMES:
        if matches := sorted(path.rglob(name), key=lambda match: natural_order(str(match))):
            return _read_latest(matches, path, pixels)
    raise DiagnosisError(
        f"{path} is not a run and has neither TensorBoard events nor metrics.csv; name the log or the run folder"
    )


def _read_latest(logs: Sequence[Path], folder: Path, pixels: int | None) -> Facts:
    """Read the last of several logs, such as that of Lightning's highest version, and name the others."""
    facts = read_path(str(logs[-1]), pixels)
    if len(logs) == 1:
        return facts
    others = ", ".join(log.parent.relative_to(folder).as_posix() for log in logs[:-1][-MOST_LISTED:])
    note = f"{folder} has {len(logs)} logs; only {logs[-1].relative_to(folder)} is judged, not the others: {others}"
    return replace(facts, unread=(note, *facts.unread))


def read_stream(stream: BinaryIO, name: str, pixels: int | None = None, path: Path | None = None) -> Facts:
    """Read a document of any format. Raises DiagnosisError or FormatError naming it, and nothing else."""
    document = Document(name, stream, path)
    if document.empty:
        raise DiagnosisError(f"{name} is empty; give a training log, a run folder or latents")
    content = _choose_reader(document).read(document)
    return (
        from_latents(content, name)
        if isinstance(content, Latents)
        else to_facts(content, name, pixels, _first_line(document))
    )


def _choose_reader(document: Document) -> Reader:
    fitting = None
    for reader in READERS:
        evidence = reader.evidence(document)
        if evidence is not None and evidence.understood:
            return reader
        if evidence is not None and fitting is None:
            fitting = reader
    if fitting is None:
        raise nothing_found(document.name, first_line=_first_line(document))
    return fitting


def _first_line(document: Document) -> str:
    return next((line for line in document.text[:10_000].splitlines() if line.strip()), "")
