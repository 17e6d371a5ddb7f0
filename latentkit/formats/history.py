"""history.jsonl: one JSON object per validation or finding, appended and flushed.

`tail -f` follows it, and a crash loses at most the line being written. `read_history` parses it once for every
reader: a line is a Validation if it has a "validation" object, a Finding if it has a "finding" object.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from latentkit.errors import FormatError
from latentkit.formats.atomic import replace_file

__all__ = [
    "SEVERITIES",
    "Finding",
    "History",
    "Line",
    "Validation",
    "append",
    "finite",
    "read_history",
    "truncate",
]

SEVERITIES = ("error", "warning", "note")

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Validation:
    """Metrics at one validation. Metrics that were null, because they were not finite or not defined, are absent."""

    step: int
    epoch: float
    lr: float | None
    beta: float | None
    train: Mapping[str, float]
    validation: Mapping[str, float]
    line: Line


@dataclass(frozen=True)
class Finding:
    """A finding of `latentkit diagnose` while the run was training, texts as in the file."""

    step: int
    id: str
    title: str
    severity: str
    evidence: str


@dataclass(frozen=True)
class History:
    """Lines of a history in file order; `name` is what FormatErrors call it."""

    lines: Sequence[Line]
    name: str

    @cached_property
    def validations(self) -> tuple[Validation, ...]:
        """Every validation; raises FormatError for a metric that is not a number."""
        return tuple(
            self._validation(line) for line in self.lines if isinstance(line.get("validation"), Mapping)
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding; raises FormatError for one without id, title or severity."""
        return tuple(self._finding(line) for line in self.lines if "finding" in line)

    def _validation(self, line: Line) -> Validation:
        step = line["step"]
        epoch, lr, beta = (self._number(line, key, step) for key in ("epoch", "lr", "beta"))
        train, validation = (self._metrics(line, side, step) for side in ("train", "validation"))
        return Validation(step, step if epoch is None else epoch, lr, beta, train, validation, line)

    def _metrics(self, line: Line, side: str, step: int) -> dict[str, float]:
        metrics = line.get(side) or {}
        if not isinstance(metrics, Mapping):
            raise FormatError(f"{self.name}: {side} at step {step} is not a JSON object; remove the line")
        numbers = {key: self._number(metrics, key, step, f"{side}.") for key in metrics}
        return {key: value for key, value in numbers.items() if value is not None}

    def _number(self, values: Mapping[str, Any], key: str, step: int, prefix: str = "") -> float | None:
        value = values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FormatError(
                f"{self.name}: {prefix}{key} at step {step} is {str(value)[:40]!r}, not a number; remove the line"
            )
        return value

    def _finding(self, line: Line) -> Finding:
        finding = line["finding"]
        keys = ("id", "title", "severity")
        texts = [finding.get(key) if isinstance(finding, Mapping) else None for key in keys]
        if not all(isinstance(text, str) for text in texts) or texts[2] not in SEVERITIES:
            raise FormatError(
                f"{self.name}: the finding at step {line['step']} has no id, no title, or a severity that is not one of "
                f"{', '.join(SEVERITIES)}; remove the line"
            )
        return Finding(line["step"], *map(str, (*texts, finding.get("evidence", ""))))


def read_history(path: Path) -> History:
    """Read every whole line. A last line that a crash cut off is ignored; a missing file is an empty history."""
    return History(list(_lines(path)), str(path))


def append(path: Path, record: Line) -> None:
    """Append one line. Numbers that are not finite become null, because JSON has no NaN."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(finite(record), allow_nan=False) + "\n")


def truncate(path: Path, step: int) -> None:
    """Keep the lines up to a step, so that a resumed run does not record the same steps twice."""
    lines = [line for line in _lines(path) if line["step"] <= step]
    with replace_file(path) as file:
        file.writelines((json.dumps(line, allow_nan=False) + "\n").encode() for line in lines)


def finite(value: Any) -> Any:
    """Return a JSON-like value with null in place of every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if not isinstance(record["step"], int):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            if number == len(lines) and not line.endswith("\n"):
                return
            raise FormatError(
                f"{path}, line {number}: not a JSON object with a step; remove the line"
            ) from None
        yield record
