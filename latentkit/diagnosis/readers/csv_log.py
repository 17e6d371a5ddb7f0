"""Logs in tables with a header: CSV of any trainer or tracker, and tables printed with aligned columns or bars."""

import csv
import io
import re
from collections.abc import Sequence

from latentkit.diagnosis.facts import Framework
from latentkit.diagnosis.readers.columns import interpret
from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import (
    RUNS,
    SIDE_COLUMNS,
    LogTable,
    parse_number,
    rounded_to_zero,
    several_runs,
    with_side,
)

__all__ = ["CSV", "PRINTED", "parse", "parse_printed"]

MOST_COLUMNS = 2000
FEWEST_CELLS = 0.5
"""Share of the rows that have as many cells as the header."""
_RUN = re.compile(r"(.{1,200}) - (\S.*)")
"""A column of a Weights & Biases download: the run, and the metric."""
_NUMBER = re.compile(r"(?<![A-Za-z_\d])\d")
"""A digit that does not end a name: a line with one is no header."""
_KEYS = ("metric", "key", "tag", "name", "metric_name", "metric name", "metric key")


def parse(text: str) -> LogTable | None:
    """Parse a CSV with a header; None if the text is not one."""
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
    return _table(cells[0], cells[1:])


def parse_printed(text: str) -> LogTable | None:
    """Parse a table whose columns are aligned with spaces or separated by bars, whatever precedes it."""
    lines = [line for line in text.splitlines() if line.strip(" \t\r-=+|:")]
    if lines and _is_mlflow(_split(lines[0])) and all(_is_mlflow(_split(line)) for line in lines):
        return _table(["timestamp", "value", "step"], [_split(line) for line in lines])
    for at, line in enumerate(lines[:-1]):
        if _NUMBER.search(line) is not None:
            continue
        header, first = _split(line), _split(lines[at + 1])
        if len(header) < 2 or len(first) != len(header) or not _is_header(header, first):
            continue
        body = [row for row in map(_split, lines[at + 1 :]) if row != header]
        fitting = [row for row in body if len(row) == len(header) and _mostly_numbers(row)]
        if 2 * len(fitting) >= len(body):
            table = _table(header, fitting)
            if table is not None:
                table.kind = "a printed table"
                return table
    return None


def _is_mlflow(row: Sequence[str]) -> bool:
    """Return whether a row is one of a file of MLflow: the time in milliseconds, the value and the step."""
    return (
        len(row) == 3
        and row[0].isdigit()
        and len(row[0]) == 13
        and row[2].isdigit()
        and parse_number(row[1]) is not None
    )


def _split(line: str) -> list[str]:
    """Split a printed row at bars, or else at white space."""
    line = line.strip().strip("|│┃").strip()
    if "|" in line or "│" in line:
        return [cell.strip() for cell in re.split(r"[|│┃]", line)]
    return line.split()


def _is_header(header: Sequence[str], row: Sequence[str]) -> bool:
    known = [meaning for name in header if (meaning := interpret(name)) is not None]
    return (
        all(re.fullmatch(r"[A-Za-z_][\w /.()-]{0,60}", name) is not None for name in header)
        and any(meaning.side is not None for meaning in known)
        and _mostly_numbers(row)
    )


def _mostly_numbers(row: Sequence[str]) -> bool:
    return 2 * sum(parse_number(cell) is not None for cell in row) >= len(row)


def _table(header: list[str], body: Sequence[Sequence[str]]) -> LogTable | None:
    """Read rows of cells; None if the header is not one."""
    header = [name.strip() for name in header]
    if len(header) > MOST_COLUMNS or any(parse_number(name) is not None for name in header):
        return None
    if any(re.search(r"[:=]\s{0,3}[-+.\d]", name) for name in header):
        return None  # a printed line, whose numbers have names
    fits = [len(line) == len(header) for line in body]
    if sum(fits) < max(1, len(fits) * FEWEST_CELLS):
        return None
    table = LogTable(_kind(header, body))
    names, table.refusal = _plain_names(header)
    key, runs = _long_format(header)
    if (
        runs is not None
        and len(found := list(dict.fromkeys(line[runs].strip() for line in body if len(line) > runs))) > 1
    ):
        table.refusal = several_runs(found)
    side = next((at for at, name in enumerate(header) if name.lower() in SIDE_COLUMNS), None)
    ignored: dict[str, None] = {}
    blank = False
    for line in body:
        values = {}
        for at, (name, cell) in enumerate(zip(names, line, strict=False)):
            value = parse_number(cell)
            if name is None or at in (key, runs) or (at == side and value is None):
                continue
            if key is not None and len(line) > key and name.lower() == "value":
                name = line[key].strip()
            if value is not None and not rounded_to_zero(cell):
                values[name or "index"] = value
            elif cell.strip():
                ignored[name] = None
            else:
                blank = True
        table.lines.append(with_side(values, line[side] if side is not None and len(line) > side else None))
    table.nan_is_empty = not blank
    table.framework = _framework(header, table.kind)
    ignored = {name: None for name in ignored if not _is_time(name)}
    if ignored:
        table.notes.append(
            f"cells that are not numbers, or are rounded to 0, are ignored: in {', '.join(ignored)}"
        )
    if misfits := fits.count(False):
        table.notes.append(f"{misfits} lines have a different number of cells than the header")
    return table


def _is_time(name: str) -> bool:
    meaning = interpret(name)
    return meaning is not None and meaning.quantity == "seconds"


def _plain_names(header: Sequence[str]) -> tuple[list[str | None], str | None]:
    """Return the names without the run of a Weights & Biases download, None for its extremes; and a refusal if there are several runs."""
    names: list[str | None] = []
    runs: dict[str, None] = {}
    for name in header:
        match = _RUN.fullmatch(name)
        if name.endswith(("__MIN", "__MAX")):
            names.append(None)
        elif match is not None and interpret(name.split(" - ")[0]) is None:
            runs[match[1]] = None
            names.append(None if match[2] == "_step" and len(header) > 2 else match[2])
        else:
            names.append(name)
    return names, several_runs(list(runs)) if len(runs) > 1 else None


def _long_format(header: Sequence[str]) -> tuple[int | None, int | None]:
    """Return the columns with the name of the metric and of the run, in a table with a row per value."""
    plain = [name.lower() for name in header]
    key, run = (next((at for at, name in enumerate(plain) if name in names), None) for names in (_KEYS, RUNS))
    return key if "value" in plain else None, run


def _kind(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    if any(name.endswith("__MIN") for name in header):
        return "a Weights & Biases download"
    if {"epoch", "step"} <= set(header) and any(name.startswith(("train", "val")) for name in header):
        return "a Lightning CSV"
    first = parse_number(body[0][0]) if body and body[0] else None
    if (
        header[0] == "epoch"
        and "loss" in header
        and list(header[1:]) == sorted(header[1:])
        and first is not None
    ):
        return "a Keras CSVLogger file"
    return "a CSV"


def _framework(header: Sequence[str], kind: str) -> Framework | None:
    if kind == "a Lightning CSV":
        return "pytorch"
    if kind == "a Keras CSVLogger file":
        mirrored = [name for name in header if f"val_{name}" in header]
        return "keras" if len(mirrored) > 1 or "accuracy" in mirrored else None
    return None


CSV = table_reader("CSV log", parse)
PRINTED = table_reader("printed table", parse_printed)
