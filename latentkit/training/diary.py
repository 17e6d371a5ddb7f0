"""The history of a run while it is made: lines go to history.jsonl, and somebody may look them over as they do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentkit.formats import history
from latentkit.formats.run import RunImages

__all__ = ["Diary", "Examiner", "Noticed"]

Line = Mapping[str, Any]
Examiner = Callable[[RunImages], Callable[[Line, Sequence[Line]], Sequence[Line]]]
"""Given a run's images, a function of run.json's record and the history so far: the findings that are new, worst
first, each with id, title, severity and evidence."""


@dataclass(frozen=True)
class Noticed:
    """Something in the figures: what it is, how bad, and the numbers it rests on."""

    id: str
    title: str
    severity: str
    evidence: str


class Diary:
    """The lines of history.jsonl, those before a resume too."""

    def __init__(self, path: Path, images: RunImages, examiner: Examiner | None) -> None:
        self._path = path
        self._lines: list[Line] = list(history.read(path))
        self._examine = None if examiner is None else examiner(images)

    def append(self, line: Line) -> None:
        """Add a line."""
        history.append(self._path, line)
        self._lines.append(line)

    def look_over(self, record: Line, step: int) -> list[Noticed]:
        """What is found anew in this run after so many steps; each finding becomes a line of its own."""
        if self._examine is None:
            return []
        new = list(self._examine(record, self._lines))
        for finding in new:
            self.append({"step": step, "finding": finding})
        return [
            Noticed(*(str(finding[key]) for key in ("id", "title", "severity", "evidence")))
            for finding in new
        ]

    def worries(self) -> tuple[str, ...] | None:
        """The ids of all errors and warnings found so far, each once; None where nobody looks it over."""
        if self._examine is None:
            return None
        found = [line["finding"] for line in self._lines if "finding" in line]
        return tuple(dict.fromkeys(each["id"] for each in found if each["severity"] != "note"))
