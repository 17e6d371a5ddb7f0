"""The history of a run while it trains: lines are appended to history.jsonl, and checked for problems."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from latentkit.formats import history
from latentkit.formats.history import Finding
from latentkit.formats.run import RunImages

__all__ = ["Checker", "HistoryLog"]

Line = Mapping[str, Any]
Checker = Callable[[RunImages], Callable[[Line, Sequence[Line]], Sequence[Line]]]
"""Takes the images of a run and returns a function of run.json's record and the history so far, which returns the
new findings, worst first, each with id, title, severity and evidence."""


class HistoryLog:
    """The lines of history.jsonl, including those from before a resume."""

    def __init__(self, path: Path, images: RunImages, checker: Checker | None) -> None:
        self._path = path
        self._lines: list[Line] = list(history.read_history(path).lines)
        self._check = None if checker is None else checker(images)

    def append(self, line: Line) -> None:
        """Append a line."""
        history.append(self._path, line)
        self._lines.append(line)

    def check(self, record: Line, step: int) -> list[Finding]:
        """Return the new findings about the run after this step; each is appended as a line of its own."""
        if self._check is None:
            return []
        findings = list(self._check(record, self._lines))
        for finding in findings:
            self.append({"step": step, "finding": finding})
        keys = ("id", "title", "severity", "evidence")
        return [Finding(step, *(str(finding[key]) for key in keys)) for finding in findings]

    def warnings(self) -> tuple[str, ...] | None:
        """Return the id of every error and warning so far, each once; None if nothing is checked."""
        if self._check is None:
            return None
        findings = [line["finding"] for line in self._lines if "finding" in line]
        return tuple(dict.fromkeys(each["id"] for each in findings if each["severity"] != "note"))
