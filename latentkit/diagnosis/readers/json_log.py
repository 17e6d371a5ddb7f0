"""JSON logs: a Keras history (an object of lists), a list of objects, or JSON lines.

Dictionaries as Python prints them are accepted too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import LogTable, parse_number

__all__ = ["JSON", "parse"]

MOST_COLUMNS = 2000
MOST_LINES = 10**6
DEEPEST = 6


def parse(text: str) -> LogTable | None:
    """Parse a JSON log; None if the text is not one."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    whole = _load(text)
    if isinstance(whole, Mapping) and isinstance(whole.get("history"), Mapping):
        whole = whole["history"]
    if isinstance(whole, Mapping):
        return _from_lists(whole)
    if isinstance(whole, list):
        return _from_objects(whole, "a JSON list of objects")
    objects = [_load(line) for line in text.splitlines() if line.strip()]
    others = sum(not isinstance(one, Mapping) for one in objects)
    if others * 2 >= len(objects):
        return None
    table = _from_objects(objects, "JSON lines")
    if others:
        table.notes.append(f"{others} lines are not JSON objects")
    return table


def _load(text: str) -> Any:
    """Load JSON or a printed Python literal; None for anything else."""
    python = re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", text.replace("'", '"')))
    for form in (text, python):
        try:
            return json.loads(form)
        except (ValueError, RecursionError):
            continue
    return None


def _from_lists(whole: Mapping[Any, Any]) -> LogTable:
    lists = {str(name): values for name, values in whole.items() if isinstance(values, list)}
    if not lists:
        return _from_objects([whole], "a JSON object")
    table = LogTable("a Keras history")
    for at in range(min(max(map(len, lists.values())), MOST_LINES)):
        values = {
            name: number
            for name, column in lists.items()
            if at < len(column) and (number := _number(column[at])) is not None
        }
        table.lines.append({"epoch": float(at + 1), **values})
    return table


def _from_objects(objects: list[Any], kind: str) -> LogTable:
    table = LogTable(kind)
    for one in objects:
        if isinstance(one, Mapping) and "finding" not in one:
            values: dict[str, float] = {}
            _flatten(one, "", values, DEEPEST)
            table.lines.append(values)
    return table


def _flatten(value: Mapping[Any, Any], prefix: str, values: dict[str, float], depth: int) -> None:
    """Add the numbers of nested objects to `values` as `outer/inner`."""
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping) and depth:
            _flatten(item, f"{name}/", values, depth - 1)
        elif (number := _number(item)) is not None and len(values) < MOST_COLUMNS:
            values[name] = number


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return parse_number(value) if isinstance(value, str) else None


JSON = table_reader("JSON log", parse)
