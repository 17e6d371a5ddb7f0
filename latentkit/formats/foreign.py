"""Read latents made elsewhere into the arrays of our own schema: a bare .npz, an .npy, a CSV.

    .npz   `mu`, or the only two-dimensional array of numbers; arrays that have a name of the schema
           must have its meaning, all others pass through
    .npy   one two-dimensional array of numbers
    CSV    one line per image, in UTF-8, separated by comma, semicolon, tab or space. A header is optional.
           So is a column of ids (called id, index, name, file, filename, path or image; or the first, if
           it is not numeric) and one of labels (called label or class). All other columns are numbers.

Images without ids are called 000000, 000001, ... in the order of the rows.
"""

import csv
import io
from array import array as growing_array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import npy
from latentkit.formats.schema import spec_of

__all__ = ["from_csv", "from_npy", "from_npz"]

ID_NAMES = {"", "id", "ids", "index", "name", "file", "filename", "path", "image"}
LABEL_NAMES = {"label", "labels", "class"}


def from_npz(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """Convert the arrays of a bare .npz; FormatErrors begin with `name`."""
    key = "mu" if "mu" in arrays else _only_matrix(arrays, name)
    mu = arrays[key]
    ids = arrays["ids"] if "ids" in arrays else _numbered(len(mu) if mu.ndim else 0)
    rest = {other: array for other, array in arrays.items() if other not in (key, "ids")}
    return {other: _to_schema(other, array) for other, array in {"ids": ids, "mu": mu, **rest}.items()}


def _only_matrix(arrays: Mapping[str, NDArray[Any]], name: str) -> str:
    matrices = [key for key, array in arrays.items() if array.ndim == 2 and array.dtype.kind in "fiu"]
    if len(matrices) != 1:
        content = (
            ", ".join(f"{key} {array.shape} {array.dtype}" for key, array in arrays.items()) or "nothing"
        )
        raise FormatError(
            f"{name} has {len(matrices) or 'no'} two-dimensional arrays of numbers that could be latents: "
            f"name the right one mu (it has {content})"
        )
    return matrices[0]


def _to_schema(key: str, array: NDArray[Any]) -> NDArray[Any]:
    """Convert an array to the dtype of the schema if no meaning is lost; else leave it for `check` to refuse."""
    spec = spec_of(key)
    if spec is None or array.dtype.kind not in "fiuS":
        return array
    if spec.dtype == "f4" and array.dtype.kind in "fiu":
        with np.errstate(over="ignore"):  # infinity is refused later, by row
            return array.astype(np.float32, copy=False)
    if spec.dtype == "U" and array.dtype.kind in "iu":
        return array.astype(np.str_)
    if spec.dtype == "U" and array.dtype.kind == "S":
        with suppress(UnicodeDecodeError):
            return np.strings.decode(array, "utf-8")
    if spec.dtype == "i4" and array.dtype.kind in "iu" and abs(array.astype(float)).max(initial=0) < 2**31:
        return array.astype(np.int32)
    return array


def from_npy(file: BinaryIO, name: str) -> dict[str, NDArray[Any]]:
    """Read an .npy from its start; FormatErrors begin with `name`."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    header = npy.read_header(file, size, name)
    return from_npz({"the array": npy.read_data(file, header, name)}, name)


def from_csv(file: BinaryIO, name: str) -> dict[str, NDArray[Any]]:
    """Read a CSV from its start; FormatErrors begin with `name` and name the line."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        return _from_lines(_lines(text), name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{name} is not an .npz, an .npy or a CSV in UTF-8: {error}") from error
    finally:
        text.detach()


class _CsvLine(NamedTuple):
    number: int
    cells: list[str]


class _CsvColumns(NamedTuple):
    id: int | None
    label: int | None
    numbers: list[int]


def _lines(text: io.TextIOWrapper) -> Iterator[_CsvLine]:
    first = text.readline(1 << 20)
    text.seek(0)
    if "\0" in first:
        raise csv.Error("it contains a zero byte")
    delimiter = max(",;\t", key=first.count)
    if delimiter in first:
        reader = csv.reader(text, delimiter=delimiter)
    else:  # as np.savetxt writes
        reader = csv.reader(text, delimiter=" ", skipinitialspace=True)
    for cells in reader:
        if cells:
            yield _CsvLine(reader.line_num, cells)


def _from_lines(lines: Iterator[_CsvLine], name: str) -> dict[str, NDArray[Any]]:
    first = next(lines, None)
    header = [] if first is None or not _is_header(first.cells) else first.cells
    body = next(lines, None) if header else first
    if body is None:
        raise FormatError(f"{name} has no rows of numbers")
    columns = _columns([cell.strip().lower() for cell in header], body.cells)
    width = len(header or body.cells)

    ids: list[str] = []
    labels: list[str] = []
    values = growing_array("f")
    for line in chain([body], lines):
        if len(line.cells) != width:
            raise FormatError(
                f"{name}, line {line.number} has {len(line.cells)} cells, but the lines before have {width}"
            )
        for at in columns.numbers:
            if not _is_number(line.cells[at]):
                raise FormatError(
                    f"{name}, line {line.number}, column {at + 1}: {line.cells[at][:40]!r} is not a number"
                )
            values.append(float(line.cells[at]))
        ids += [] if columns.id is None else [line.cells[columns.id]]
        labels += [] if columns.label is None else [line.cells[columns.label]]

    if not columns.numbers:
        raise FormatError(f"{name} has no column of numbers")
    mu = np.array(values, np.float32).reshape(-1, len(columns.numbers))
    arrays = {"ids": _numbered(len(mu)) if columns.id is None else np.array(ids, np.str_), "mu": mu}
    return arrays if columns.label is None else {**arrays, "labels": np.array(labels, np.str_)}


def _is_header(cells: list[str]) -> bool:
    """Return True if a first line names columns: it has a word in place of a number, or is what pandas writes."""
    if len(cells) == 1 or not cells[0]:
        return not _is_number(cells[0])
    return not all(map(_is_number, cells[1:])) or cells == [str(at) for at in range(len(cells))]


def _columns(names: list[str], cells: list[str]) -> _CsvColumns:
    id = next((at for at, name in enumerate(names) if name in ID_NAMES), None)
    label = next((at for at, name in enumerate(names) if name in LABEL_NAMES), None)
    if id is None and label != 0 and not _is_number(cells[0]):
        id = 0
    return _CsvColumns(id, label, [at for at in range(len(names or cells)) if at not in (id, label)])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbered(rows: int) -> NDArray[np.str_]:
    return np.array([f"{row:06d}" for row in range(rows)], dtype=np.str_)
