"""Read the arrays of latents in any format: ours, or made elsewhere; nothing is checked against the schema yet."""

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import csv_latents, elsewhere, foreign, npy, npz, schema
from latentkit.formats.table import Reading

__all__ = ["read_arrays", "without_nan"]


def read_arrays(
    file: BinaryIO, name: str, reading: Reading
) -> tuple[dict[str, Any], dict[str, NDArray[Any]], list[str]]:
    """Read the object of the schema, the arrays, and notes on what was decided, from a file of any format."""
    start = file.read(elsewhere.HEAD)
    file.seek(0)
    meta: dict[str, Any] = {"schema": schema.SCHEMA}
    if (format := elsewhere.recognize(start, name, file)) is not None:
        return (meta, *format(file, name, reading))
    if start.startswith(npy.MAGIC):
        return (meta, *foreign.from_npy(file, name, reading))
    if start and not start.startswith(npz.MAGIC):
        return (meta, *csv_latents.from_csv(file, name, reading))
    arrays = npz.read_npz(file, name=name)
    if "schema" not in arrays:
        return (meta, *foreign.from_npz(arrays, name, reading))
    return schema.parse_meta(arrays.pop("schema"), name), arrays, []


def without_nan(arrays: dict[str, NDArray[Any]], name: str) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Leave out the rows of which a number of the schema is not finite."""
    rows = len(arrays["mu"]) if "mu" in arrays and arrays["mu"].ndim else 0
    good = np.ones(rows, bool)
    for key, array in arrays.items():
        if schema.spec_of(key) is not None and array.dtype.kind == "f" and array.shape[:1] == (rows,):
            good[schema.not_finite(array)] = False
    if good.all():
        return arrays, []
    first = int(np.argmin(good))
    who = f"the first {str(arrays['ids'][first])!r} in row {first}"
    if not good.any():
        raise FormatError(f"{name}: none of the {rows} rows is finite, {who}: the encoder has failed")
    kept = {key: array[good] if array.shape[:1] == (rows,) else array for key, array in arrays.items()}
    return kept, [f"{name}: {rows - good.sum()} of {rows} rows are not finite and left out, {who}"]
