"""Read `--labels`: class names for images, from a table of ids and labels, or from one label per row (.csv, .txt, .npy).

The column of ids is the one that matches the images; the column of labels is known by its name, or is the only other one.
Ids match exactly or, if that is unique, without folders, without the extension, as numbers, or as numbers of rows
(see `matching`). Images without a line are unlabeled. Whatever is not an exact match of all images is said in a note.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import names, npy
from latentkit.formats.classes import class_names, is_number, is_one_hot
from latentkit.formats.matching import Match, match

__all__ = ["LabelTable", "read_labels"]

MOST_ID_COLUMNS = 30


class LabelTable(NamedTuple):
    """The label of each image, (N,), "" if it is unlabeled, and what was decided."""

    labels: NDArray[np.str_]
    notes: tuple[str, ...] = ()


class _Line(NamedTuple):
    number: int
    cells: list[str]


def read_labels(ids: Sequence[str], path: str, column: str | None = None) -> LabelTable:
    """Return the label of each id; `column` names the column of labels.

    Raises FormatError naming the file and the line or the id at fault.
    """
    with Path(path).open("rb") as file:
        start = file.read(len(npy.MAGIC))
    if start == npy.MAGIC:
        return _from_npy(len(ids), path)
    lines = _lines(path)
    if all(len(line.cells) == 1 for line in lines):
        return _one_per_row([line.cells[0] for line in lines], len(ids), path)
    return _from_table(lines, ids, path, column)


def _from_npy(rows: int, path: str) -> LabelTable:
    with Path(path).open("rb") as file:
        array = npy.read_data(file, npy.read_header(file, Path(path).stat().st_size, path), path)
    labels = class_names(array)
    if labels is None:
        raise FormatError(f"{path} is {array.shape} {array.dtype}; it must hold one class per row")
    if len(labels) != rows:
        raise FormatError(f"{path} has {len(labels)} labels for {rows} images: give one per image")
    return LabelTable(labels, (f"{path}: labels are matched by the number of the row",))


def _lines(path: str) -> list[_Line]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=_delimiter(file))
            lines = [_Line(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{path} is not a CSV file in UTF-8: {error}") from error
    if not lines:
        raise FormatError(f"{path} is empty: it must have lines of id,label, or one label per row")
    return lines


def _delimiter(file: TextIO) -> str:
    """Return the separator of columns: a comma, or, if there is none, a tab or semicolon found in every line."""
    lines = [line for line in file.read().splitlines() if line]
    file.seek(0)
    others = [mark for mark in "\t;|" if lines and all(mark in line for line in lines)]
    return others[0] if others and not any("," in line for line in lines) else ","


def _one_per_row(labels: list[str], rows: int, path: str) -> LabelTable:
    labels = [label.strip() for label in labels]
    if len(labels) == rows + 1 and (names.is_label(labels[0]) or labels[0] not in labels[1:]):
        note = (
            ()
            if names.is_label(labels[0])
            else (f"{path}: the first line, {labels[0]!r}, is taken for a header",)
        )
        return LabelTable(_as_classes(labels[1:]), note)
    if len(labels) != rows:
        raise FormatError(
            f"{path} has {len(labels)} labels for {rows} images: give one per line, or lines of id,label"
        )
    return LabelTable(_as_classes(labels))


def _as_classes(cells: list[str]) -> NDArray[np.str_]:
    """Return labels as they are, or whole numbers without the point that np.savetxt writes."""
    if any("." in cell for cell in cells) and all(is_number(cell or "nan") for cell in cells):
        whole = class_names(np.array([float(cell or "nan") for cell in cells], np.float64))
        if whole is not None:
            return whole
    return np.array(cells, np.str_)


def _from_table(lines: list[_Line], ids: Sequence[str], path: str, column: str | None) -> LabelTable:
    width = len(lines[0].cells)
    for line in lines:
        if len(line.cells) < 2:
            raise FormatError(
                f"{path}, line {line.number} has {len(line.cells)} columns; it must have an id and a label"
            )
        line.cells.extend([""] * (width - len(line.cells)))
    header = [cell.strip() for cell in lines[0].cells]
    at_id, found = _find_ids(lines, ids, width)
    if found is None:
        raise FormatError(
            f"{path} has a label for none of {len(ids)} images, the first {ids[0]!r}: "
            f"give each image a line with its id (the first line has {lines[0].cells[0]!r})"
        )
    has_header = _has_header(header, lines, at_id, found)
    body = lines[1:] if has_header else lines
    at_label, note = _find_label(header if has_header else [], body, at_id, width, path, column)
    labels = [line.cells[at_label].strip() for line in body] if at_label is not None else []
    notes = [] if note is None else [note]
    if at_label is None:
        others = [at for at in range(width) if at != at_id]
        values = np.array([[float(line.cells[at]) for at in others] for line in body])
        named = class_names(values, [header[at] for at in others])
        labels = [] if named is None else named.tolist()
    else:
        labels = _as_classes(labels).tolist()
    return _assign(found.shifted(has_header), body, labels, ids, path, notes)


def _assign(
    found: Match, body: list[_Line], labels: list[str], ids: Sequence[str], path: str, notes: list[str]
) -> LabelTable:
    result = [""] * len(ids)
    first_line: dict[int, int] = {}
    for line, row in enumerate(found.rows):
        if row < 0:
            continue
        before = first_line.setdefault(row, line)
        if labels[before] != labels[line]:
            raise FormatError(
                f"{path}, lines {body[before].number} and {body[line].number} label {ids[row]!r} "
                f"both {labels[before]!r} and {labels[line]!r}"
            )
        result[row] = labels[line]
    missing = len(ids) - len(first_line)
    how = f", matched {found.how}" if found.how else ""
    if missing:
        first = next(row for row in range(len(ids)) if row not in first_line)
        notes.append(
            f"{path} has labels for {len(first_line)} of {len(ids)} images{how}; "
            f"the others are unlabeled, the first {ids[first]!r}"
        )
    elif how:
        notes.append(
            f"{path}: ids are{how.removeprefix(',')}: {body[0].cells[found.column]!r} is {ids[found.rows[0]]!r}"
        )
    return LabelTable(np.array(result, np.str_), tuple(notes))


def _find_ids(lines: list[_Line], ids: Sequence[str], width: int) -> tuple[int, Match | None]:
    """Return the column that matches most images; of columns as good, the one named as ids, then the first."""
    header = lines[0].cells
    best: tuple[tuple[int, bool], int, Match] | None = None
    for at in range(min(width, MOST_ID_COLUMNS)):
        found = match([line.cells[at] for line in lines], ids, at, rows=names.is_index(header[at]))
        if found is not None:
            score = (found.count if not found.by_row else 0), names.is_id(header[at])
            if best is None or score > best[0]:
                best = score, at, found
    return (0, None) if best is None else best[1:]


def _has_header(header: list[str], lines: list[_Line], at_id: int, found: Match) -> bool:
    """Return True if the first line names columns: it matches no image, and looks unlike the others."""
    if any(map(names.is_id, header)) and any(map(names.is_label, header)):
        return True
    if found.rows[0] >= 0 or len(lines) < 2:
        return False
    if header[at_id] == "" or any(names.is_id(cell) or names.is_label(cell) for cell in header):
        return True
    return len(header) > 2 or found.count >= len(lines) - 1


def _find_label(
    header: list[str], body: list[_Line], at_id: int, width: int, path: str, column: str | None
) -> tuple[int | None, str | None]:
    """Return the column of labels, None if every column is a class, and a note."""
    others = [at for at in range(width) if at != at_id]
    if column is not None:
        folded = [cell.casefold() for cell in header] or [str(at + 1) for at in range(width)]
        if column.strip().casefold() not in folded:
            raise FormatError(
                f"{path} has no column {column!r} for --label-column, only {', '.join(header or folded)}"
            )
        return folded.index(column.strip().casefold()), None
    named = sorted(
        (at for at in others if header and names.is_label(header[at])),
        key=lambda at: names.label_rank(header[at]),
    )
    if named:
        return named[0], None
    if len(others) > 1 and header and all(is_number(line.cells[at]) for line in body for at in others):
        values = np.array([[float(line.cells[at]) for at in others] for line in body])
        if is_one_hot(values):
            return None, f"{path}: classes are the columns {', '.join(header[at] for at in others)}"
    left = [at for at in others if not header or not names.is_index(header[at])]
    if len(left) == 1:
        return left[0], None
    if len(others) == 1:
        return others[0], None
    if not header:
        raise FormatError(f"{path} has {width} columns: name two of them id and label in the first line")
    raise FormatError(
        f"{path} has {width} columns, and none is named as labels: add --label-column {header[left[0] if left else others[0]]}, "
        f"or another of {', '.join(header[at] for at in others)}"
    )
