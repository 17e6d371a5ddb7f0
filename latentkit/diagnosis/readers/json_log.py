"""JSON logs: a Keras history (an object of lists), a list of objects, JSON lines, or the state of a Hugging Face Trainer.

Dictionaries as Python prints them are accepted too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import SIDE_COLUMNS, LogTable, parse_number, with_side

__all__ = ["JSON", "numbers_of", "parse"]

MOST_COLUMNS = 2000
MOST_LINES = 10**6
DEEPEST = 6


def parse(text: str) -> LogTable | None:
    """Parse a JSON log; None if the text is not one."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    whole = _load(text)
    if isinstance(whole, Mapping) and isinstance(whole.get("log_history"), list):
        return _from_objects(whole["log_history"], "the state of a Hugging Face Trainer")
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


def numbers_of(line: str) -> dict[str, float] | None:
    """Return the numbers of a line that is one JSON object or printed dict; None for any other line."""
    line = line.strip()
    if not (line.startswith("{") and line.endswith("}")):
        return None
    one = _load(line)
    if not isinstance(one, Mapping):
        return None
    return _numbers(one)


def _numbers(one: Mapping[Any, Any]) -> dict[str, float]:
    """Return the numbers of an object, named for its side if a text in it says which."""
    values: dict[str, float] = {}
    _flatten(one, "", values, DEEPEST)
    side = next((one[key] for key in SIDE_COLUMNS if isinstance(one.get(key), str)), None)
    return with_side(values, side)


def _load(text: str) -> Any:
    """Load JSON or a printed Python literal; None for anything else."""
    python = re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", text.replace("'", '"')))
    python = re.sub(r"\b(?:np\.|torch\.)?(?:float\d\d|tensor)\(([-+.\w]{1,40})\)", r"\1", python)
    for form in (text, python):
        try:
            return json.loads(form)
        except (ValueError, RecursionError):
            continue
    return None


def _from_lists(whole: Mapping[Any, Any]) -> LogTable:
    lists: dict[str, list[Any]] = {}
    _collect_lists(whole, "", lists, DEEPEST)
    if not lists:
        return _from_objects([whole], "a JSON object")
    table = LogTable("a JSON object of lists", nan_is_empty=True)
    if "loss" in lists and not any("/" in name for name in lists):
        table.kind = "a Keras history"
    for at in range(min(max(map(len, lists.values())), MOST_LINES)):
        values = {
            name: number
            for name, column in lists.items()
            if at < len(column) and (number := _number(column[at])) is not None
        }
        table.lines.append({"epoch": float(at + 1), **values})
    return table


def _collect_lists(value: Mapping[Any, Any], prefix: str, lists: dict[str, list[Any]], depth: int) -> None:
    """Add the lists of nested objects as `outer/inner`."""
    for key, item in value.items():
        if isinstance(item, list) and len(lists) < MOST_COLUMNS:
            lists[f"{prefix}{key}"] = item
        elif isinstance(item, Mapping) and depth:
            _collect_lists(item, f"{prefix}{key}/", lists, depth - 1)


def _from_objects(objects: list[Any], kind: str) -> LogTable:
    table = LogTable(kind, nan_is_empty=True)
    if any(
        isinstance(one, Mapping) and ("grad_norm" in one or "train_samples_per_second" in one)
        for one in objects
    ):
        table.framework = "pytorch"
    for one in objects:
        if isinstance(one, Mapping) and "finding" not in one:
            table.lines.append(_numbers(one))
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
