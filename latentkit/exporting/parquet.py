"""Parquet: one row an image, for pandas, Polars, DuckDB, Arrow.

Columns as in `table` (a missing label is null), then `vector`, which is mu; `thumbnail`, a PNG as bytes; and every
matrix by its key (logvar, baseline), all as lists of fixed length. Where it comes from is in the file's metadata
under `latentkit`, as JSON.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.parts import about, blocks, left_out, part
from latentkit.exporting.table import Column, Table, free, table
from latentkit.exporting.text import UNICODE, spelled
from latentkit.formats.latents import Latents
from latentkit.formats.sink import Sink
from latentkit.images.pillow import encode_png
from latentkit.methods import EXPORTS

__all__ = ["Field", "facts", "vectors", "write", "write_fields"]

ROW_GROUP = 16384  # rows: about 20 MB with thumbnails


class Field(NamedTuple):
    """A column on its way: its type in Arrow, and how some rows of it are made."""

    type: Any
    make: Callable[[slice], Any]


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents, some thousand rows at a time: memory does not grow with their number."""
    parts = part(latents)
    made = table(latents, parts, options.method, ("vector", "thumbnail"))
    fields = facts(made, tell)
    if options.vector:
        fields["vector"] = vectors(latents.mu)
    if latents.thumbnails is not None:
        fields["thumbnail"] = _pictures(latents.thumbnails)
    taken = {name.casefold() for name in fields}
    fields |= {free(key, taken): vectors(values) for key, values in parts.matrices.items()}
    write_fields(fields, latents, stream)
    for sentence in left_out(
        latents, {*made.held, *parts.matrices, "thumbnails", *about(latents)}, EXPORTS.title("parquet")
    ):
        tell(sentence)


def write_fields(fields: Mapping[str, Field], latents: Latents, stream: BinaryIO) -> None:
    """Write columns, and where they come from."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    origin = {"latentkit": json.dumps(about(latents), sort_keys=True)}
    names = spelled(fields, UNICODE)
    schema = pa.schema(
        [(name, field.type) for name, field in zip(names, fields.values(), strict=True)], metadata=origin
    )
    sink = Sink(stream)
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        try:
            for rows in blocks(len(latents), ROW_GROUP):  # each becomes a row group
                arrays = [field.make(rows) for field in fields.values()]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
        except BaseException:
            sink.stop()
            raise


def facts(made: Table, tell: Tell) -> dict[str, Field]:
    """The columns of a table; says which text had to be spelled out because it is not Unicode."""
    fields = {column.name: _fact(column) for column in made.columns}
    odd = [column.name for column in made.columns if column.values.dtype.kind == "U" and _odd(column)]
    for name in odd:
        tell(f"{name} holds text that is not Unicode, such as names of files: written with escapes")
    return fields


def _odd(column: Column) -> bool:
    return any(UNICODE.search("\n".join(column.values[rows].tolist())) for rows in blocks(len(column.values)))


def _fact(column: Column) -> Field:
    import pyarrow as pa

    values = column.values
    if values.dtype.kind != "U":
        return Field(
            pa.from_numpy_dtype(values.dtype), lambda rows: pa.array(np.ascontiguousarray(values[rows]))
        )

    def make(rows: slice) -> Any:
        texts = spelled(values[rows].tolist(), UNICODE)
        return pa.array([text or None for text in texts] if column.blank else texts, pa.string())

    return Field(pa.string(), make)


def vectors(values: NDArray[Any]) -> Field:
    """(N, k) numbers or truth values as lists of k."""
    import pyarrow as pa

    width = values.shape[1]
    kind = pa.from_numpy_dtype(values.dtype)

    def make(rows: slice) -> Any:
        flat = np.ascontiguousarray(values[rows]).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind), width)

    return Field(pa.list_(kind, width), make)


def _pictures(thumbnails: NDArray[np.uint8]) -> Field:
    import pyarrow as pa

    return Field(
        pa.binary(), lambda rows: pa.array([encode_png(image) for image in thumbnails[rows]], pa.binary())
    )
