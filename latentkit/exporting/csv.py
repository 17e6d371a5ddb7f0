"""Tidy CSV: one line an image, a header first, for R, pandas, a spreadsheet or awk.

Columns as in `table`, then mu_0, mu_1, ...; UTF-8, a cell quoted only where RFC 4180 asks for it (a comma, a
quote, a line break), lines ended by a newline alone. What is missing, NaN among it, is an empty cell. Numbers have the
fewest digits that give the same 32 or 64 bits back. Text leaves as it is: names that are not Unicode as the bytes
they are on disk, and a name that begins with = + - or @ is not changed, though a spreadsheet that opens the file
may take it for a formula.
"""

import re
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.parts import blocks, left_out, part
from latentkit.exporting.table import Column, table
from latentkit.exporting.text import BYTES, spelled
from latentkit.formats.latents import Latents
from latentkit.formats.sink import Sink
from latentkit.methods import EXPORTS

__all__ = ["cells", "write"]

_QUOTED = re.compile(r'[",\r\n]')


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents line by line; memory does not grow with their number."""
    dims = [f"mu_{index}" for index in range(latents.mu.shape[1])] if options.vector else []
    made = table(latents, part(latents), options.method, dims)
    sink = Sink(stream)
    header = [_quoted(name) for name in spelled([*(column.name for column in made.columns), *dims], BYTES)]
    sink.write(_line(header))
    for rows in blocks(len(latents)):
        lines = [_texts(column, rows) for column in made.columns]
        if options.vector:
            lines.append([",".join(row) for row in latents.mu[rows].astype("U").tolist()])
        sink.write(b"".join(_line(line) for line in zip(*lines, strict=True)))
    for sentence in left_out(latents, made.held, EXPORTS.title("csv")):
        tell(sentence)


def _line(texts: Iterable[str]) -> bytes:
    return f"{','.join(texts)}\n".encode("utf-8", "surrogateescape")


def _texts(column: Column, rows: slice) -> list[str]:
    values = column.values[rows]
    if values.dtype.kind != "U":
        return cells(values)
    texts = [_quoted(text) for text in spelled(values.tolist(), BYTES)]
    return texts if column.blank else [text or '""' for text in texts]


def cells(values: NDArray[Any]) -> list[str]:
    """Numbers or truth values (N,) as text; nothing for NaN."""
    texts = values.astype("U")
    if values.dtype.kind == "f":
        texts[np.isnan(values)] = ""
    found: list[str] = texts.tolist()
    return found


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(text) else text
