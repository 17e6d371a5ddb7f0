"""A folder for TensorBoard's projector: `tensorboard --logdir FOLDER`, or "Load" at projector.tensorflow.org.

    tensors.tsv, tensors-2.tsv, ...   mu, then every projection: one line per image, numbers separated by tabs
    metadata.tsv                      id, row (in the latents), and the columns of `table`
    sprite.png                        the thumbnails, if there are any
    projector_config.pbtxt            a tensorboard.projector.ProjectorConfig that lists these files

Control characters, tabs and line ends in text are written as escapes.
Source: projector_config.proto and vz_projector/data-provider.ts of TensorBoard.
"""

import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting import csv
from latentkit.exporting.arrays import (
    NOT_ONE_CELL,
    ArraysByKind,
    arrays_by_kind,
    escape_all,
    omission_notes,
    row_blocks,
)
from latentkit.exporting.folder import replace_folder
from latentkit.exporting.options import ExportOptions, Tell
from latentkit.exporting.table import Column, Table, table
from latentkit.formats.latents import Latents
from latentkit.formats.projections import key_of
from latentkit.images.pillow import thumbnails as shrink
from latentkit.images.pillow import to_pil
from latentkit.methods import EXPORTS
from latentkit.randomness import generator

__all__ = ["MAX_IMAGES", "write"]

MAX_IMAGES = 100_000  # beyond which the projector's page stalls
MAX_SHEET = 8192  # pixels per side, beyond which the projector shows nothing
CONFIG = "projector_config.pbtxt"
MARK = "# latentkit.projector/1\n"
_OWN_FILES = re.compile(r"tensors(-\d+)?\.tsv|metadata\.tsv|sprite\.png")


def write(
    latents: Latents,
    folder: Path,
    options: ExportOptions,
    tell: Tell,
    *,
    max_images: int = MAX_IMAGES,
    max_sheet: int = MAX_SHEET,
) -> None:
    """Write a folder of at most `max_images` images, and say how to open it.

    Raises ExportError for a folder that holds other files, unless `options.overwrite`.
    """
    arrays = arrays_by_kind(latents)
    rows = _sample(len(latents), options.seed, max_images)
    if len(rows) < len(latents):
        tell(
            f"a sample of {len(rows):,} of {len(latents):,} images (seed {options.seed}): the projector shows no more"
        )
    with replace_folder(
        folder,
        marker=CONFIG,
        mark=MARK,
        owns=lambda name: bool(_OWN_FILES.fullmatch(name)),
        overwrite=options.overwrite,
    ) as temporary:
        tensors = _tensors(latents, arrays, tell)
        for number, values in enumerate(tensors.values()):
            _write_tensor(temporary / _tensor_file(number), values, rows)
        data = table(latents, replace(arrays, projections={}), reserved=("row",))
        _write_metadata(temporary / "metadata.tsv", data, rows)
        side = _write_sprite(latents, temporary / "sprite.png", rows, max_sheet, tell)
        shapes = {name: (len(rows), values.shape[1]) for name, values in tensors.items()}
        (temporary / CONFIG).write_text(_config(shapes, side), encoding="ascii", newline="\n")
    keys = {*arrays.columns, *map(key_of, arrays.projections), "thumbnails"}
    for sentence in omission_notes(latents, keys, EXPORTS.title("projector")):
        tell(sentence)
    tell(f"open it with: {shlex.join(['tensorboard', '--logdir', str(folder)])}")


def _sample(count: int, seed: int, max_images: int) -> NDArray[np.intp]:
    if count <= max_images:
        return np.arange(count)
    return np.sort(generator(seed, "export").choice(count, max_images, replace=False))


def _tensors(latents: Latents, arrays: ArraysByKind, tell: Tell) -> dict[str, NDArray[np.float32]]:
    mu = latents.mu
    if mu.shape[1] == 1:
        tell("the projector needs 2 dimensions: a second one, always 0, is added")
        mu = np.column_stack([mu, np.zeros_like(mu)])
    return {"mu": mu} | {key_of(method): points for method, points in arrays.projections.items()}


def _tensor_file(number: int) -> str:
    return f"tensors-{number + 1}.tsv" if number else "tensors.tsv"


def _write_tensor(path: Path, values: NDArray[np.float32], rows: NDArray[np.intp]) -> None:
    with path.open("w", encoding="ascii", newline="\n") as file:
        for block in row_blocks(len(rows)):
            file.writelines("\t".join(row) + "\n" for row in values[rows[block]].astype("U").tolist())


def _write_metadata(path: Path, data: Table, rows: NDArray[np.intp]) -> None:
    first, *others = data.columns
    columns = [first, Column("row", np.arange(len(first.values))), *others]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(escape_all([column.name for column in columns], NOT_ONE_CELL)) + "\n")
        for block in row_blocks(len(rows)):
            texts = [_texts(column.values[rows[block]]) for column in columns]
            file.writelines("\t".join(line) + "\n" for line in zip(*texts, strict=True))


def _texts(values: NDArray[Any]) -> list[str]:
    return escape_all(values.tolist(), NOT_ONE_CELL) if values.dtype.kind == "U" else csv.format_cells(values)


def _write_sprite(
    latents: Latents, path: Path, rows: NDArray[np.intp], max_sheet: int, tell: Tell
) -> int | None:
    """Write the thumbnails on one sheet, and return the side of each; None if there are no thumbnails."""
    if latents.thumbnails is None:
        return None
    pixels, side = _sheet(latents.thumbnails, rows, max_sheet)
    to_pil(pixels).save(path, "PNG")
    if side < max(latents.thumbnails.shape[1:3]):
        tell(
            f"{len(rows):,} thumbnails are reduced to {side} pixels: the projector shows a sheet of {max_sheet}"
        )
    return side


def _sheet(
    thumbnails: NDArray[np.uint8], rows: NDArray[np.intp], max_sheet: int
) -> tuple[NDArray[np.uint8], int]:
    """Return a square sheet (S, S, C) of at most `max_sheet` pixels per side, and the side of each picture on it.

    The pictures (N, h, w, C) of these rows are placed row by row, as many across as down, which the projector requires;
    each is centered on a black square. They are shrunk if there are too many for the sheet.
    """
    across = math.ceil(math.sqrt(len(rows)))
    side = min(max(thumbnails.shape[1:3]), max_sheet // across)
    channels = thumbnails.shape[3]
    cells = np.zeros(
        (across, side, across, side, channels), np.uint8
    )  # one view of the sheet: no second copy
    for block in row_blocks(len(rows)):
        small = shrink(np.asarray(thumbnails[rows[block]]), side)
        top, left = (side - small.shape[1]) // 2, (side - small.shape[2]) // 2
        for number, picture in enumerate(small, block.start):
            down, right = divmod(number, across)
            cells[down, top : top + small.shape[1], right, left : left + small.shape[2]] = picture
    return cells.reshape(across * side, across * side, channels), side


def _config(shapes: Mapping[str, tuple[int, int]], side: int | None) -> str:
    return (
        MARK
        + "\n".join(
            line
            for number, name in enumerate(shapes)
            for line in _embedding(name, number, shapes[name], side)
        )
        + "\n"
    )


def _embedding(name: str, number: int, shape: tuple[int, int], side: int | None) -> Iterator[str]:
    yield "embeddings {"
    yield f"  tensor_name: {_literal(name)}"
    yield f"  tensor_path: {_literal(_tensor_file(number))}"
    yield from (f"  tensor_shape: {length}" for length in shape)
    yield '  metadata_path: "metadata.tsv"'
    if side is not None:
        yield f'  sprite {{ image_path: "sprite.png" single_image_dim: {side} single_image_dim: {side} }}'
    yield "}"


def _literal(text: str) -> str:
    """Return a string in protobuf's text format: bytes other than printable ASCII are in octal."""
    data = text.encode("utf-8", "backslashreplace")
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\\\' else f"\\{byte:03o}" for byte in data)
    return f'"{"".join(plain)}"'
