"""The history of a run while it trains: lines are appended to history.jsonl, and checked for problems."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from latentkit.formats import history
from latentkit.formats.history import Finding
from latentkit.formats.run import RunImages

__all__ = ["Checker", "Health", "HistoryLog"]

Line = Mapping[str, Any]
Checker = Callable[[RunImages], Callable[[Line, Sequence[Line]], tuple[Sequence[Line], str | None]]]
"""Takes the images of a run and returns a function of run.json's record and the history so far. That returns the
findings, worst first, each with id, title, severity and evidence, and why it is too early to judge, if it is."""


class Health(NamedTuple):
    """The outcome of the checks of a run: ids of errors and warnings."""

    warnings: tuple[str, ...]
    gone: tuple[str, ...]
    """Those that were found while it was training, and no longer hold."""
    too_early: str | None
    """The reason why it is too early to call the run healthy, if it is."""


class HistoryLog:
    """The lines of history.jsonl, including those from before a resume."""

    def __init__(self, path: Path, images: RunImages, checker: Checker | None) -> None:
        self._path = path
        self._lines: list[Line] = list(history.read_history(path).lines)
        self._check = None if checker is None else checker(images)
        self._current: Sequence[Line] = ()
        self._too_early: str | None = None

    def append(self, line: Line) -> None:
        """Append a line."""
        history.append(self._path, line)
        self._lines.append(line)

    def check(self, record: Line, step: int) -> list[Finding]:
        """Return the new findings about the run after this step; each is appended as a line of its own."""
        if self._check is None:
            return []
        self._current, self._too_early = self._check(record, self._lines)
        known = {(each["id"], each["title"]) for each in self._findings()}
        new = [each for each in self._current if (each["id"], each["title"]) not in known]
        for finding in new:
            self.append({"step": step, "finding": finding})
        keys = ("id", "title", "severity", "evidence")
        return [Finding(step, *(str(finding[key]) for key in keys)) for finding in new]

    def health(self) -> Health | None:
        """Return what the last check found; None if nothing is checked."""
        if self._check is None:
            return None
        current = _alarms(self._current)
        return Health(
            current, tuple(id for id in _alarms(self._findings()) if id not in current), self._too_early
        )

    def _findings(self) -> list[Line]:
        return [line["finding"] for line in self._lines if "finding" in line]


def _alarms(findings: Sequence[Line]) -> tuple[str, ...]:
    """Return the id of every error and warning, each once."""
    return tuple(dict.fromkeys(each["id"] for each in findings if each["severity"] != "note"))
