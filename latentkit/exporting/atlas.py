"""Parquet as Apple's Embedding Atlas opens it, and the command that opens it.

Columns as in `table`, with the names that Embedding Atlas itself gives to a projection, projection_x and
projection_y (and projection_z, which version 0.26 does not show); `vector`, which is mu; and `image`,
{bytes, path} with a PNG in it. It tells a picture by the ending of its path, and a Parquet file by its own.
Source: Embedding Atlas, "Data Formats" and "Command Line Tool", apple.github.io/embedding-atlas.
"""

import shlex
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.parquet import Field, facts, vectors, write_fields
from latentkit.exporting.parts import about, left_out, part
from latentkit.exporting.table import table
from latentkit.formats.latents import Latents
from latentkit.images.pillow import encode_png
from latentkit.methods import EXPORTS

__all__ = ["command", "write"]

SHOWN = {"x": "projection_x", "y": "projection_y"}
AXES = {**SHOWN, "z": "projection_z"}


def write(latents: Latents, stream: BinaryIO, options: ExportOptions, tell: Tell) -> None:
    """Write the latents and say how to open them. Without a projection mu is always among them, for Embedding Atlas
    then makes one of its own."""
    made = table(latents, part(latents), options.method, (*AXES.values(), "vector", "image"), own=True)
    fields = {
        AXES.get(name, name) if made.shown else name: field for name, field in facts(made, tell).items()
    }
    if options.vector or made.shown is None:
        fields["vector"] = vectors(latents.mu)
    if latents.thumbnails is not None:
        fields["image"] = _images(latents.thumbnails)
    write_fields(fields, latents, stream)
    for sentence in left_out(latents, {*made.held, "thumbnails", *about(latents)}, EXPORTS.title("atlas")):
        tell(sentence)
    tell(f"open it with: {command(options.path, set(fields))}")


def command(path: str, names: set[str]) -> str:
    """The line of shell that opens a file with these columns."""
    words = ["embedding-atlas", "FILE.parquet" if path == "-" else path]
    shown = [word for axis, name in SHOWN.items() if name in names for word in (f"--{axis}", name)]
    words += shown or ["--vector", "vector"]
    words += ["--image", "image"] if "image" in names else []
    return shlex.join(words)


def _images(thumbnails: NDArray[np.uint8]) -> Field:
    import pyarrow as pa

    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def make(rows: slice) -> Any:
        return pa.array(
            [{"bytes": encode_png(image), "path": "thumbnail.png"} for image in thumbnails[rows]], kind
        )

    return Field(kind, make)
