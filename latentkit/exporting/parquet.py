"""Parquet with one row per image, for pandas, Polars, DuckDB or Arrow.

The columns are those of `table` (a missing label is null), then `vector`, which is mu; `thumbnail`, the bytes of a PNG; and
every matrix under its key (logvar, baseline), as lists of fixed length. The file's metadata hold the provenance as JSON, under
`latentkit`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.arrays import (
    NOT_UNICODE,
    arrays_by_kind,
    escape_all,
    omission_notes,
    provenance,
    row_blocks,
)
from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.table import Column, Table, table, unique_name
from latentkit.formats.latents import Latents
from latentkit.formats.sink import Sink
from latentkit.images.pillow import encode_png
from latentkit.methods import EXPORTS

__all__ = ["Field", "table_fields", "vector_field", "write", "write_fields"]

ROW_GROUP = 16384  # rows: about 20 MB with thumbnails


class Field(NamedTuple):
    """A column to write: its type in Arrow, and the function that makes an array of some rows."""

    type: Any
    make: Callable[[slice], Any]


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents in row groups; memory does not grow with their number."""
    arrays = arrays_by_kind(latents)
    data = table(latents, arrays, options.method, ("vector", "thumbnail"))
    fields = table_fields(data, tell)
    if options.vector:
        fields["vector"] = vector_field(latents.mu)
    if latents.thumbnails is not None:
        fields["thumbnail"] = _thumbnail_field(latents.thumbnails)
    taken = {name.casefold() for name in fields}
    fields |= {unique_name(key, taken): vector_field(values) for key, values in arrays.matrices.items()}
    write_fields(fields, latents, stream)
    for sentence in omission_notes(
        latents, {*data.keys, *arrays.matrices, "thumbnails", *provenance(latents)}, EXPORTS.title("parquet")
    ):
        tell(sentence)


def write_fields(fields: Mapping[str, Field], latents: Latents, stream: BinaryIO) -> None:
    """Write columns and provenance."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    origin = {"latentkit": json.dumps(provenance(latents), sort_keys=True)}
    names = escape_all(fields, NOT_UNICODE)
    schema = pa.schema(
        [(name, field.type) for name, field in zip(names, fields.values(), strict=True)], metadata=origin
    )
    sink = Sink(stream)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        try:
            for rows in row_blocks(len(latents), ROW_GROUP):  # one row group each
                arrays = [field.make(rows) for field in fields.values()]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
        except BaseException:
            sink.stop()
            raise


def table_fields(data: Table, tell: Tell) -> dict[str, Field]:
    """Return the columns of a table; `tell` receives the names of those whose text must be escaped."""
    fields = {column.name: _field(column) for column in data.columns}
    escaped = [
        column.name for column in data.columns if column.values.dtype.kind == "U" and _needs_escapes(column)
    ]
    for name in escaped:
        tell(f"{name} has text that is not Unicode, such as names of files: written with escapes")
    return fields


def _needs_escapes(column: Column) -> bool:
    return any(
        NOT_UNICODE.search("\n".join(column.values[rows].tolist())) for rows in row_blocks(len(column.values))
    )


def _field(column: Column) -> Field:
    import pyarrow as pa

    values = column.values
    if values.dtype.kind != "U":
        return Field(
            pa.from_numpy_dtype(values.dtype), lambda rows: pa.array(np.ascontiguousarray(values[rows]))
        )

    def make(rows: slice) -> Any:
        texts = escape_all(values[rows].tolist(), NOT_UNICODE)
        return pa.array([text or None for text in texts] if column.optional else texts, pa.string())

    return Field(pa.string(), make)


def vector_field(values: NDArray[Any]) -> Field:
    """Return numbers or truth values (N, k) as a column of lists of length k."""
    import pyarrow as pa

    width = values.shape[1]
    kind = pa.from_numpy_dtype(values.dtype)

    def make(rows: slice) -> Any:
        flat = np.ascontiguousarray(values[rows]).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind), width)

    return Field(pa.list_(kind, width), make)


def _thumbnail_field(thumbnails: NDArray[np.uint8]) -> Field:
    import pyarrow as pa

    return Field(
        pa.binary(), lambda rows: pa.array([encode_png(image) for image in thumbnails[rows]], pa.binary())
    )
