"""Parquet for Apple's Embedding Atlas, and the command that opens it.

The columns are those of `table`, with the names that Embedding Atlas itself gives to a projection: projection_x and projection_y
(and projection_z, which version 0.26 does not show); `vector`, which is mu; and `image`, {bytes, path} with the bytes of a PNG.
Embedding Atlas recognizes an image by the suffix of its path, and a Parquet file by its own.
Source: Embedding Atlas, "Data Formats" and "Command Line Tool", apple.github.io/embedding-atlas.
"""

import shlex
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.arrays import arrays_by_kind, omission_notes, provenance
from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.parquet import Field, table_fields, vector_field, write_fields
from latentkit.exporting.table import table
from latentkit.formats.latents import Latents
from latentkit.images.pillow import encode_png
from latentkit.methods import EXPORTS

__all__ = ["opening_command", "write"]

PLOTTED = {"x": "projection_x", "y": "projection_y"}
AXES = {**PLOTTED, "z": "projection_z"}


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents and say how to open them.

    Without a projection mu is always included, since Embedding Atlas then computes its own.
    """
    data = table(
        latents, arrays_by_kind(latents), options.method, (*AXES.values(), "vector", "image"), allow_mu=True
    )
    fields = {
        AXES.get(name, name) if data.method else name: field
        for name, field in table_fields(data, tell).items()
    }
    if options.vector or data.method is None:
        fields["vector"] = vector_field(latents.mu)
    if latents.thumbnails is not None:
        fields["image"] = _image_field(latents.thumbnails)
    write_fields(fields, latents, stream)
    for sentence in omission_notes(
        latents, {*data.keys, "thumbnails", *provenance(latents)}, EXPORTS.title("atlas")
    ):
        tell(sentence)
    tell(f"open it with: {opening_command(options.path, set(fields))}")


def opening_command(path: str, names: set[str]) -> str:
    """Return the shell command that opens a file with these columns."""
    words = ["embedding-atlas", "FILE.parquet" if path == "-" else path]
    axes = [word for axis, name in PLOTTED.items() if name in names for word in (f"--{axis}", name)]
    words += axes or ["--vector", "vector"]
    words += ["--image", "image"] if "image" in names else []
    return shlex.join(words)


def _image_field(thumbnails: NDArray[np.uint8]) -> Field:
    import pyarrow as pa

    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def make(rows: slice) -> Any:
        return pa.array(
            [{"bytes": encode_png(image), "path": "thumbnail.png"} for image in thumbnails[rows]], kind
        )

    return Field(kind, make)
