"""history.jsonl: one JSON object a validation, appended and flushed, so that `tail -f` works and a crash keeps it."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from latentkit.errors import FormatError
from latentkit.formats.atomic import replace_file

__all__ = ["append", "cut_back", "finite", "read"]


def append(path: Path, record: Mapping[str, Any]) -> None:
    """Add one line. What is not finite becomes null: NaN is no JSON."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(finite(record), allow_nan=False) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """Every whole line; a last line that a crash cut off is left out. No file is an empty history."""
    return list(_lines(path))


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


def cut_back(path: Path, step: int) -> None:
    """Keep the records up to a step: what a resumed run will do again is not told twice."""
    kept = [record for record in _lines(path) if record["step"] <= step]
    with replace_file(path) as file:
        file.writelines((json.dumps(record, allow_nan=False) + "\n").encode() for record in kept)


def finite(value: Any) -> Any:
    """The same JSON-like value with null for every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
