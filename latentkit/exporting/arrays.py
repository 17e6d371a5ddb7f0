"""Sort the arrays of latents by what a table of images can do with them, and escape text that a format cannot hold.

File names are bytes, and those that are not Unicode arrive as lone surrogates. Text that a format cannot hold is written with
the escapes of Python (`\\\\udcff`); everything else stays as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import __version__
from latentkit.formats.latents import Latents
from latentkit.formats.projections import INFO_KEY, is_projection, key_of
from latentkit.text import CONTROL, NOT_BYTES, REORDERING, SURROGATE, escape

__all__ = [
    "NOT_A_BYTE",
    "NOT_C_STRING",
    "NOT_ONE_CELL",
    "NOT_UNICODE",
    "ArraysByKind",
    "arrays_by_kind",
    "escape_all",
    "omission_notes",
    "provenance",
    "row_blocks",
]

NOT_A_BYTE = re.compile(f"[{NOT_BYTES}]")
"""Characters that cannot be turned back into the bytes of a file name."""
NOT_UNICODE = re.compile(f"[{SURROGATE}]")
NOT_C_STRING = re.compile(rf"[\x00{SURROGATE}]")
"""Also the zero byte that ends a string in C."""
NOT_ONE_CELL = re.compile(rf"[{CONTROL}\\{REORDERING}{SURROGATE}]")
"""Characters that could end a line or a cell or change the reading order, and the backslash, so that escapes can be undone."""

MODEL = "cluster_model"
ROWS = 4096
"""Rows at a time, to bound the memory of what is streamed."""


@dataclass(frozen=True)
class ArraysByKind:
    """The arrays with one row per image, except mu and thumbnails, under their keys in the latents.

    columns (N,) of numbers, truth values or text; matrices (N, k) of numbers or truth values; projections (N, 2|3) by method;
    tensors, numbers with more axes than a matrix.
    """

    columns: Mapping[str, NDArray[Any]]
    matrices: Mapping[str, NDArray[Any]]
    projections: Mapping[str, NDArray[np.float32]]
    tensors: Mapping[str, NDArray[Any]]

    @property
    def keys(self) -> set[str]:
        """The keys of all arrays in the latents."""
        return {*self.columns, *self.matrices, *map(key_of, self.projections), *self.tensors}


def arrays_by_kind(latents: Latents) -> ArraysByKind:
    """Sort the arrays of latents; byte strings are decoded, and numbers converted to 32 or 64 bits."""
    columns: dict[str, NDArray[Any]] = {}
    matrices: dict[str, NDArray[Any]] = {}
    tensors: dict[str, NDArray[Any]] = {}
    for key, array in latents.arrays.items():
        if key in ("mu", "thumbnails", INFO_KEY) or not array.ndim or len(array) != len(latents):
            continue
        if is_projection(key) or key.startswith(MODEL):  # a model says nothing about single images
            continue
        if array.ndim == 1:
            columns[key] = _convert(array)
        elif array.dtype.kind in "fiub" and array.size:
            (matrices if array.ndim == 2 else tensors)[key] = _convert(array)
    projections = {method: projection.points for method, projection in latents.projections().items()}
    return ArraysByKind(columns, matrices, projections, tensors)


def _convert(array: NDArray[Any]) -> NDArray[Any]:
    """Decode byte strings, and convert floats of other sizes to 32 or 64 bits."""
    if array.dtype.kind == "S":
        return np.strings.decode(array, "utf-8", "surrogateescape")
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
    return array


def omission_notes(latents: Latents, keys: Iterable[str], format: str) -> list[str]:
    """Return a sentence, if needed, that names the arrays a format has no place for; keys are those that it holds.

    Single texts and the cluster model are not missed in a table.
    """
    included = {"ids", "mu", *keys}
    omitted = [
        f"{key} {array.shape}".replace(",)", ")")
        for key, array in latents.arrays.items()
        if key not in included and not key.startswith(MODEL) and key != INFO_KEY
    ]
    return [f"{format} has no place for {', '.join(omitted)}: left out"] if omitted else []


def provenance(latents: Latents) -> dict[str, str]:
    """Return the version, the metadata of the latents as JSON, and every single text among the arrays."""
    texts = {
        key: str(array.item())
        for key, array in latents.arrays.items()
        if array.dtype.kind == "U" and array.ndim == 0
    }
    return {"version": __version__, "latents": json.dumps(dict(latents.meta), sort_keys=True), **texts}


def row_blocks(rows: int, size: int = ROWS) -> Iterator[slice]:
    """Yield consecutive slices of the rows, of a bounded size."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def escape_all(texts: Iterable[str], unsafe: re.Pattern[str]) -> list[str]:
    """Return the texts with every unsafe character escaped."""
    return [escape(text, unsafe) for text in texts]
