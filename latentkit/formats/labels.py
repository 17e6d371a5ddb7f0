"""Read `--labels CSV`: class names for images, from lines of id,label or from one label per row.

With two or more columns, lines are matched by id, in any order; ids that the latents do
not have are ignored, so one table may serve many sets, but every image must have its line. A header
is needed only to say which of more than two columns are `id` and `label`.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError

__all__ = ["read_labels"]


def read_labels(ids: Sequence[str], csv_path: str) -> NDArray[np.str_]:
    """Return the label of each id, (N,) in the order of `ids`; "" if it is unlabeled.

    Raises FormatError naming the file and the line or the id at fault.
    """
    lines = _lines(csv_path)
    if all(len(cells) == 1 for _, cells in lines):
        return np.array(_one_per_row([cells[0] for _, cells in lines], len(ids), csv_path), dtype=np.str_)
    label_of = _by_id(lines, csv_path)
    if ids and ids[0] not in label_of and all(id.isdecimal() for id in ids):
        # Rows of an array have ids such as 000012; a table made elsewhere calls them 12.
        label_of = {id.zfill(len(ids[0])) if id.isdecimal() else id: label for id, label in label_of.items()}
    missing = [id for id in ids if id not in label_of]
    if missing:
        raise FormatError(
            f"{csv_path} has no label for {len(missing)} of {len(ids)} images, the first {missing[0]!r}: "
            f"give each image a line with its id (the first line has {next(iter(label_of), '')!r}); its label may be empty"
        )
    return np.array([label_of[id] for id in ids], dtype=np.str_)


def _lines(csv_path: str) -> list[tuple[int, list[str]]]:
    try:
        with Path(csv_path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=_delimiter(file))
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{csv_path} is not a CSV file in UTF-8: {error}") from error
    if not lines:
        raise FormatError(f"{csv_path} is empty: it must have lines of id,label, or one label per row")
    return lines


def _delimiter(file: TextIO) -> str:
    """Return the separator of columns: a comma, or, if there is none, a tab or semicolon found in every line."""
    lines = [line for line in file.read().splitlines() if line]
    file.seek(0)
    others = [mark for mark in "\t;" if lines and all(mark in line for line in lines)]
    return others[0] if others and not any("," in line for line in lines) else ","


def _one_per_row(labels: list[str], rows: int, csv_path: str) -> list[str]:
    labels = [label.strip() for label in labels]
    if len(labels) == rows + 1 and labels[0].lower() in ("label", "labels", "class"):
        return labels[1:]
    if len(labels) != rows:
        raise FormatError(
            f"{csv_path} has {len(labels)} labels for {rows} images: give one per line, or lines of id,label"
        )
    return labels


def _by_id(lines: list[tuple[int, list[str]]], csv_path: str) -> dict[str, str]:
    header = [cell.strip().lower() for cell in lines[0][1]]
    at_id, at_label = 0, 1
    header[0] = header[0] or "id"  # as pandas writes its index
    if "id" in header and "label" in header:
        at_id, at_label = header.index("id"), header.index("label")
        lines = lines[1:]
    elif len(header) > 2:
        raise FormatError(
            f"{csv_path} has {len(header)} columns: name two of them id and label in the first line"
        )
    labels: dict[str, tuple[int, str]] = {}
    for number, cells in lines:
        if len(cells) <= max(at_id, at_label):
            raise FormatError(
                f"{csv_path}, line {number} has {len(cells)} columns; it must have an id and a label"
            )
        id, label = cells[at_id], cells[at_label].strip()
        before, other = labels.setdefault(id, (number, label))
        if other != label:
            raise FormatError(
                f"{csv_path}, lines {before} and {number} label {id!r} both {other!r} and {label!r}"
            )
    return {id: label for id, (_, label) in labels.items()}
