"""Tidy CSV with a header and one line per image, for R, pandas, a spreadsheet or awk.

The columns are those of `table`, every projection under the name of its method, then mu_0, mu_1, ... The text is UTF-8; a cell is quoted only if RFC 4180 requires it (a
comma, a quote, a line break), and lines end with a newline alone. Missing values and NaN are empty cells. Numbers have the
fewest digits that restore the same 32 or 64 bits. Text is not changed: names that are not Unicode are written as the bytes they
are on disk, and a name that begins with = + - or @ stays as it is, although a spreadsheet may take it for a formula.
"""

import re
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.arrays import NOT_A_BYTE, arrays_by_kind, escape_all, omission_notes, row_blocks
from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.table import Column, table
from latentkit.formats.latents import Latents
from latentkit.formats.sink import Sink
from latentkit.methods import EXPORTS

__all__ = ["format_cells", "write"]

_SPECIAL = re.compile(r'[",\r\n]')


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents in blocks of lines; memory does not grow with their number."""
    dims = [f"mu_{index}" for index in range(latents.mu.shape[1])] if options.vector else []
    data = table(latents, arrays_by_kind(latents), options.method, dims, plain_axes=False)
    sink = Sink(stream)
    header = [
        _quote(name) for name in escape_all([*(column.name for column in data.columns), *dims], NOT_A_BYTE)
    ]
    sink.write(_line(header))
    for rows in row_blocks(len(latents)):
        columns = [_texts(column, rows) for column in data.columns]
        if options.vector:
            columns.append([",".join(row) for row in latents.mu[rows].astype("U").tolist()])
        sink.write(b"".join(_line(line) for line in zip(*columns, strict=True)))
    for sentence in omission_notes(latents, data.keys, EXPORTS.title("csv")):
        tell(sentence)


def _line(texts: Iterable[str]) -> bytes:
    return f"{','.join(texts)}\n".encode("utf-8", "surrogateescape")


def _texts(column: Column, rows: slice) -> list[str]:
    values = column.values[rows]
    if values.dtype.kind != "U":
        return format_cells(values)
    texts = [_quote(text) for text in escape_all(values.tolist(), NOT_A_BYTE)]
    return texts if column.optional else [text or '""' for text in texts]


def format_cells(values: NDArray[Any]) -> list[str]:
    """Format numbers or truth values (N,); NaN becomes an empty text."""
    texts = values.astype("U")
    if values.dtype.kind == "f":
        texts[np.isnan(values)] = ""
    cells: list[str] = texts.tolist()
    return cells


def _quote(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if _SPECIAL.search(text) else text
