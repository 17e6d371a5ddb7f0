"""Read latents from a CSV: one line per image, in UTF-8, separated by comma, semicolon, tab, pipe or space.

A header is optional. So are columns of ids and labels. Which column is what is decided in `columns`, and said in a note.
"""

import csv
import io
from array import array as growing_array
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import names
from latentkit.formats.classes import class_names, is_number, whole_numbers
from latentkit.formats.columns import assign
from latentkit.formats.table import Reading, Roles, Table

__all__ = ["from_csv", "numbered_ids"]

Arrays = dict[str, NDArray[Any]]


def from_csv(file: BinaryIO, name: str, reading: Reading) -> tuple[Arrays, list[str]]:
    """Read a CSV from its start, and notes on its columns; FormatErrors begin with `name` and name the line."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        table = _table(_lines(text), reading, name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{name} is not an .npz, an .npy or a CSV in UTF-8: {error}") from error
    finally:
        text.detach()
    roles = assign(table, reading, name)
    note = roles.describe(table) if table.has_header or reading != Reading() or roles.unused else ""
    return _arrays(table, roles, name), [f"{name}: {note}"] if note else []


class _CsvLine(NamedTuple):
    number: int
    cells: list[str]


def _lines(text: io.TextIOWrapper) -> Iterator[_CsvLine]:
    first = text.readline(1 << 20)
    text.seek(0)
    if "\0" in first:
        raise csv.Error("it contains a zero byte")
    delimiter = max(",;\t|", key=first.count)
    if delimiter in first:
        reader = csv.reader(text, delimiter=delimiter)
    else:  # as np.savetxt writes
        reader = csv.reader(text, delimiter=" ", skipinitialspace=True)
    for cells in reader:
        if cells:
            yield _CsvLine(reader.line_num, cells)


def _table(lines: Iterator[_CsvLine], reading: Reading, name: str) -> Table:
    first = next(lines, None)
    header = [] if first is None or not _is_header(first.cells) else [cell.strip() for cell in first.cells]
    body = next(lines, None) if header else first
    if body is None:
        raise FormatError(f"{name} has no rows of numbers")
    width = len(header or body.cells)
    titles = header or [str(at + 1) for at in range(width)]
    asked = (reading.label_column or "").strip().casefold()
    texts: dict[int, list[str]] = {
        at: []
        for at, title in enumerate(titles)
        if (header and _keeps_text(title))
        or title.casefold() == asked
        or (at < len(body.cells) and body.cells[at].strip() and not is_number(body.cells[at]))
    }
    numbers = [at for at in range(width) if at not in texts]
    values = growing_array("d")
    for line in chain([body], lines):
        if len(line.cells) != width:
            raise FormatError(
                f"{name}, line {line.number} has {len(line.cells)} cells, but the lines before have {width}"
            )
        for at in numbers:
            values.append(_number(line, at, name))
        for at, column in texts.items():
            column.append(line.cells[at])
    matrix = np.array(values).reshape(-1, len(numbers)) if numbers else np.empty((0, 0))
    columns = {at: matrix[:, place] for place, at in enumerate(numbers)}
    for at in [at for at in texts if names.is_label(titles[at]) and titles[at].casefold() != asked]:
        if all(map(is_number, texts[at])) and not whole_numbers(cells := np.array(texts[at], np.float64)):
            columns[at] = cells  # no classes, whatever their name
            del texts[at]
    for at in [at for at in texts if at and not _keeps_text(titles[at]) and titles[at].casefold() != asked]:
        if (mixed := [cell for cell in texts[at] if is_number(cell)]) and reading.latents is None:
            raise FormatError(
                f"{name}: column {titles[at]!r} holds text and numbers, such as {texts[at][0][:40]!r} and {mixed[0][:40]!r}: "
                "name the latents, as in --latents z0:z9"
            )
    return Table(titles, bool(header), texts, columns)


def _keeps_text(title: str) -> bool:
    """Return True for a column whose cells are names, although they may look like numbers."""
    return names.is_id(title) or names.is_index(title) or names.is_label(title)


def _number(line: _CsvLine, at: int, name: str) -> float:
    cell = line.cells[at]
    try:
        return float(cell)
    except ValueError:
        if not cell.strip():
            return np.nan  # as pandas writes it
    raise FormatError(f"{name}, line {line.number}, column {at + 1}: {cell[:40]!r} is not a number")


def _is_header(cells: list[str]) -> bool:
    """Return True if a first line names columns: it has a word in place of a number, or is what pandas writes."""
    if len(cells) == 1 or not cells[0]:
        return not is_number(cells[0])
    if names.is_index(cells[0]) and cells[1:] == [str(at) for at in range(len(cells) - 1)]:
        return True
    return not all(map(is_number, cells[1:])) or cells == [str(at) for at in range(len(cells))]


def _arrays(table: Table, roles: Roles, name: str) -> Arrays:
    with np.errstate(over="ignore"):  # infinity is refused later, by row
        mu = np.column_stack([table.numbers[at] for at in roles.mu]).astype(np.float32)
        logvar = [table.numbers[at] for at in roles.logvar]
        arrays: Arrays = {"ids": _ids(table, roles.id, len(mu)), "mu": mu}
        if logvar:
            arrays["logvar"] = np.column_stack(logvar).astype(np.float32)
    if roles.label is not None:
        arrays["labels"] = _labels(table, roles.label, name)
    return arrays


def _ids(table: Table, at: int | None, rows: int) -> NDArray[np.str_]:
    if at is None:
        return numbered_ids(rows)
    if at in table.texts:
        return np.array(table.texts[at], np.str_)
    return np.array([f"{number:.17g}" for number in table.numbers[at].tolist()], np.str_)


def _labels(table: Table, at: int, name: str) -> NDArray[np.str_]:
    cells = table.texts.get(at)
    if (cells is not None and any(cell and not is_number(cell) for cell in cells)) or (
        cells and "." not in "".join(cells)
    ):
        return np.array(cells, np.str_)
    values = (
        table.numbers[at] if cells is None else np.array([float(cell or "nan") for cell in cells], np.float64)
    )
    labels = class_names(values)
    if labels is None:
        raise FormatError(f"{name}: column {table.names[at]!r} holds fractions, which are not labels")
    return labels


def numbered_ids(rows: int) -> NDArray[np.str_]:
    """Return the ids of images that have none: 000000, 000001, ..."""
    return np.array([f"{row:06d}" for row in range(rows)], dtype=np.str_)
