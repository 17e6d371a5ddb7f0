"""Logs that were written for a program: CSV (Keras's CSVLogger, Lightning's metrics.csv, any other), JSON and JSON lines."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from latentkit.diagnosis.logs.table import Table, number, rounded_to_zero

__all__ = ["from_csv", "from_json"]

MOST_COLUMNS = 2000
DEEPEST = 6


def from_csv(text: str) -> Table | None:
    """A table with a header; None where the text is not one."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        return None
    delimiter = max(",;\t|", key=lines[0].count)
    if delimiter not in lines[0]:
        return None
    try:
        cells = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error:
        return None
    header = [name.strip() for name in cells[0]]
    if len(header) > MOST_COLUMNS or any(number(name) is not None for name in header):
        return None
    widths = [len(line) == len(header) for line in cells[1:]]
    if sum(widths) < max(1, len(widths) // 2):
        return None
    table = Table("a CSV")
    if {"epoch", "step"} <= set(header) and any(name.startswith(("train", "val")) for name in header):
        table.kind = "a CSV as Lightning writes it"
    elif header[0] == "epoch" and "loss" in header:
        table.kind = "a CSV as Keras's CSVLogger writes it"
    words: dict[str, None] = {}
    for line in cells[1:]:
        figures = {}
        for name, cell in zip(header, line, strict=False):
            value = number(cell)
            if value is not None and not rounded_to_zero(cell):
                figures[name or "index"] = value
            elif cell.strip():
                words[name] = None
        table.lines.append(figures)
    _drop_empty(table.lines, header)
    if words:
        table.notes.append(
            f"cells that are not numbers, or are rounded to 0, are not used: in {', '.join(words)}"
        )
    bad = widths.count(False)
    if bad:
        table.notes.append(f"{bad} lines have another number of cells than the header")
    return table


def _drop_empty(lines: list[dict[str, float]], names: Iterable[str]) -> None:
    """Some write NaN for "nothing here". A training that went wrong stays so, hence NaNs that numbers follow are
    empty cells, and so are those at the end where there are no more of them in a row than there were before."""
    for name in names:
        there = [at for at, line in enumerate(lines) if not math.isnan(line.get(name, math.nan))]
        if not there:
            continue
        longest = max(after - before - 1 for before, after in pairwise([-1, *there]))
        if len(lines) - 1 - there[-1] <= longest:
            there.append(len(lines))
        for line in lines[: there[-1]]:
            if math.isnan(line.get(name, 0.0)):
                del line[name]


def from_json(text: str) -> Table | None:
    """A JSON object of lists (history.history), a list of objects, or an object a line; Python's way of printing
    a dictionary is taken for JSON. None where the text is none of these."""
    whole = _parsed(text)
    if isinstance(whole, Mapping) and isinstance(whole.get("history"), Mapping):
        whole = whole["history"]
    if isinstance(whole, Mapping):
        return _from_lists(whole)
    if isinstance(whole, list):
        return _from_objects(whole, "a JSON list of objects")
    objects = [_parsed(line) for line in text.splitlines() if line.strip()]
    if sum(isinstance(one, Mapping) for one in objects) * 2 <= len(objects):
        return None
    table = _from_objects(objects, "JSON lines")
    if bad := sum(not isinstance(one, Mapping) for one in objects):
        table.notes.append(f"{bad} lines are not JSON objects")
    return table


def _parsed(text: str) -> Any:
    """JSON, or the same as Python prints it; None for anything else."""
    python = re.sub(r"\bnan\b", "NaN", re.sub(r"\binf\b", "Infinity", text.replace("'", '"')))
    for form in (text, python):
        try:
            return json.loads(form)
        except (ValueError, RecursionError):
            continue
    return None


def _from_lists(whole: Mapping[Any, Any]) -> Table | None:
    lists = {str(name): values for name, values in whole.items() if isinstance(values, list)}
    if not lists:
        return _from_objects([whole], "a JSON object")
    table = Table("a history as Keras keeps it")
    for at in range(min(max(map(len, lists.values())), 10**6)):
        figures = {
            name: value
            for name, values in lists.items()
            if at < len(values) and (value := _real(values[at])) is not None
        }
        table.lines.append({"epoch": float(at + 1), **figures})
    return table


def _from_objects(objects: list[Any], kind: str) -> Table:
    table = Table(kind)
    for one in objects:
        if isinstance(one, Mapping) and "finding" not in one:
            figures: dict[str, float] = {}
            _flatten(one, "", figures, DEEPEST)
            table.lines.append(figures)
    return table


def _flatten(value: Mapping[Any, Any], above: str, figures: dict[str, float], depth: int) -> None:
    for name, item in value.items():
        place = f"{above}{name}"
        if isinstance(item, Mapping) and depth:
            _flatten(item, f"{place}/", figures, depth - 1)
        elif (real := _real(item)) is not None and len(figures) < MOST_COLUMNS:
            figures[place] = real


def _real(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return number(value) if isinstance(value, str) else None
