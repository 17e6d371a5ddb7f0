"""A reader of one format: what it is called, how it recognizes a document, and how it reads it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

from latentkit.diagnosis.readers.table import LogTable
from latentkit.formats.latents import Latents

__all__ = ["Document", "Evidence", "Reader", "table_reader"]

HEAD = 16
LARGEST = 2**28
T = TypeVar("T")


class Document:
    """A file or a stream of unknown format. `name` is what messages call it; `path` is its regular file, if any."""

    def __init__(self, name: str, stream: BinaryIO, path: Path | None = None) -> None:
        self.name = name
        self._stream = stream
        self._path = path
        self._parsed: dict[Callable[[str], Any], Any] = {}
        self.head = stream.read(HEAD)

    @cached_property
    def data(self) -> bytes:
        """The content, or the first 256 MiB of a larger one."""
        return self.head + self._stream.read(LARGEST - len(self.head))

    @property
    def empty(self) -> bool:
        """True if there is nothing but white space."""
        return not self.head.strip() and not self.data.strip()

    @cached_property
    def text(self) -> str:
        """The content as UTF-8, or as UTF-16 if it has a byte order mark (PowerShell writes such files)."""
        encoding = "utf-16" if self.data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return self.data.decode(encoding, "replace")

    def open(self) -> BinaryIO:
        """Open the content from its beginning as a seekable stream: a file whole, a pipe up to 256 MiB."""
        return io.BytesIO(self.data) if self._path is None else self._path.open("rb")

    def parse(self, parser: Callable[[str], T]) -> T:
        """Apply a parser to the text. A second call returns the first result."""
        if parser not in self._parsed:
            self._parsed[parser] = parser(self.text)
        result: T = self._parsed[parser]
        return result


class Evidence(NamedTuple):
    """A reason to think that a document has a format."""

    understood: bool
    """True if something in it has a known meaning, so that the layout is no coincidence."""
    reason: str


@dataclass(frozen=True)
class Reader:
    """One format."""

    name: str
    evidence: Callable[[Document], Evidence | None]
    """Return the evidence that this reader can read a document, or None. Never raises."""
    read: Callable[[Document], LogTable | Latents]
    """Read a document for which there is evidence. Raises DiagnosisError or FormatError naming it."""


def table_reader(name: str, parser: Callable[[str], LogTable | None]) -> Reader:
    """Make a reader of a text format from a parser that returns None for any other text."""

    def evidence(document: Document) -> Evidence | None:
        table = document.parse(parser)
        if table is None:
            return None
        metrics = table.metrics()
        listed = ", ".join(metrics[:3]) if metrics else "no metric that is known"
        return Evidence(bool(metrics) or table.code is not None, f"{table.kind} with {listed}")

    def read(document: Document) -> LogTable:
        return document.parse(parser) or LogTable(name)

    return Reader(name, evidence, read)
