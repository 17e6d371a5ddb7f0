"""CSV logs: Keras's CSVLogger, Lightning's metrics.csv, and any other table with a header."""

import csv
import io
import math
from collections.abc import Iterable
from itertools import pairwise

from latentkit.diagnosis.readers.reader import table_reader
from latentkit.diagnosis.readers.table import LogTable, parse_number, rounded_to_zero

__all__ = ["CSV", "parse"]

MOST_COLUMNS = 2000


def parse(text: str) -> LogTable | None:
    """Parse a table with a header; None if the text is not one."""
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
    if len(header) > MOST_COLUMNS or any(parse_number(name) is not None for name in header):
        return None
    fits = [len(line) == len(header) for line in cells[1:]]
    if sum(fits) < max(1, len(fits) // 2):
        return None
    table = LogTable(_kind(header))
    ignored: dict[str, None] = {}
    for line in cells[1:]:
        values = {}
        for name, cell in zip(header, line, strict=False):
            value = parse_number(cell)
            if value is not None and not rounded_to_zero(cell):
                values[name or "index"] = value
            elif cell.strip():
                ignored[name] = None
        table.lines.append(values)
    _drop_empty_cells(table.lines, header)
    if ignored:
        table.notes.append(
            f"cells that are not numbers, or are rounded to 0, are ignored: in {', '.join(ignored)}"
        )
    if misfits := fits.count(False):
        table.notes.append(f"{misfits} lines have a different number of cells than the header")
    return table


def _kind(header: list[str]) -> str:
    if {"epoch", "step"} <= set(header) and any(name.startswith(("train", "val")) for name in header):
        return "a Lightning CSV"
    if header[0] == "epoch" and "loss" in header:
        return "a Keras CSVLogger file"
    return "a CSV"


def _drop_empty_cells(lines: list[dict[str, float]], names: Iterable[str]) -> None:
    """Remove the NaNs that stand for empty cells.

    A training that diverged stays NaN. So a NaN that is followed by numbers is an empty cell, and so are the
    NaNs at the end if there are no more of them in a row than there were before.
    """
    for name in names:
        filled = [at for at, line in enumerate(lines) if not math.isnan(line.get(name, math.nan))]
        if not filled:
            continue
        longest_gap = max(after - before - 1 for before, after in pairwise([-1, *filled]))
        if len(lines) - 1 - filled[-1] <= longest_gap:
            filled.append(len(lines))
        for line in lines[: filled[-1]]:
            if math.isnan(line.get(name, 0.0)):
                del line[name]


CSV = table_reader("CSV log", parse)
