"""Latents: the value that is passed between commands.

An .npz of named arrays with one row per image, and a JSON object that describes it (see `schema`).
Arrays that a command does not know are passed on. Reading checks everything; writing checks it again, before
the first byte.
"""

import dataclasses
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentkit.errors import FormatError
from latentkit.formats import npy, npz, projections, schema, spool
from latentkit.formats.any_format import read_arrays, without_nan
from latentkit.formats.labels import read_labels
from latentkit.formats.projections import Projection
from latentkit.formats.regular_file import regular_file, temporary_file_errors
from latentkit.formats.run import is_run
from latentkit.formats.table import Reading

__all__ = [
    "Latents",
    "LatentsWriter",
    "Projection",
    "load",
    "read_latents",
    "refuse_other_run",
    "refuse_other_weights",
    "with_labels",
    "write_latents",
]

IN_FOLDER = "latents.npz"
"""The latents that a folder given in place of a file stands for."""


@dataclass(frozen=True)
class Latents:
    """Named arrays in file order, always including `ids` and `mu`, and the JSON object of the schema."""

    arrays: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any] = dataclasses.field(default_factory=lambda: {"schema": schema.SCHEMA})
    notes: Sequence[str] = dataclasses.field(default=(), compare=False)
    """Decisions made on reading a file from elsewhere, to be said to the user; they are not written."""

    def __len__(self) -> int:
        return len(self.arrays["mu"])

    @property
    def ids(self) -> NDArray[np.str_]:
        """(N,) the path of each image relative to its root; unique."""
        return self.arrays["ids"]

    @property
    def mu(self) -> NDArray[np.float32]:
        """(N, D) posterior means."""
        return self.arrays["mu"]

    @property
    def logvar(self) -> NDArray[np.float32] | None:
        """(N, D) posterior log variances."""
        return self.arrays.get("logvar")

    @property
    def mse(self) -> NDArray[np.float32] | None:
        """(N,) squared error per pixel."""
        return self.arrays.get("mse")

    @property
    def split(self) -> NDArray[np.str_] | None:
        """(N,) train, validation or unseen."""
        return self.arrays.get("split")

    @property
    def labels(self) -> NDArray[np.str_] | None:
        """(N,) class names; "" if unlabeled."""
        return self.arrays.get("labels")

    @property
    def digest(self) -> NDArray[np.str_] | None:
        """(N,) hex digest of each image's content: equal for duplicates."""
        return self.arrays.get("digest")

    @property
    def baseline(self) -> NDArray[np.float32] | None:
        """(N, D') PCA of the pixels."""
        return self.arrays.get("baseline")

    @property
    def thumbnails(self) -> NDArray[np.uint8] | None:
        """(N, h, w, C) small images."""
        return self.arrays.get("thumbnails")

    @property
    def weights(self) -> str | None:
        """Hex digest of the weights that made them; None if it is not recorded."""
        weights = self.meta.get("weights")
        return weights if isinstance(weights, str) else None

    def projections(self) -> dict[str, Projection]:
        """Return every projection by method, in file order."""
        return projections.find_all(self.arrays)

    def projection(self, method: str | None = None) -> Projection:
        """Return the projection by `method`, or the latest; raise ProjectionError naming the methods there are."""
        return projections.latest(self.arrays, method)

    def with_projection(self, projection: Projection) -> "Latents":
        """Return a copy with a projection added, or replaced in place; it becomes the latest."""
        return dataclasses.replace(self, arrays=projections.add(self.arrays, projection))

    def with_arrays(self, **arrays: NDArray[Any]) -> "Latents":
        """Return a copy with arrays added at the end, or replaced in place."""
        return dataclasses.replace(self, arrays={**self.arrays, **arrays})


def read_latents(source: str | Path | BinaryIO, *, name: str, reading: Reading | None = None) -> Latents:
    """Read latents, ours or made elsewhere (bare .npz, .npy, CSV, .h5ad), as read-only arrays.

    A folder stands for the `latents.npz` in it. Large arrays of a regular file are memory-mapped (see `npz.read_npz`).
    `name` is what errors call the source, and `reading` has the options, if there are any, that settle what is not clear. Raises FormatError naming it and the key.
    """
    if isinstance(source, str | Path) and (Path(source) / IN_FOLDER).is_file():
        source = Path(source) / IN_FOLDER
    try:
        with regular_file(source) as file:
            meta, arrays, notes = read_arrays(file, name, reading or Reading())
    except IsADirectoryError:
        raise FormatError(_not_latents(Path(str(source)), name)) from None
    if reading is not None and reading.drop_nan:
        arrays, note = without_nan(arrays, name)
        notes += note
    schema.check(arrays, name, advice="" if reading is None else "; --drop-nan leaves such rows out")
    return Latents(arrays, meta, tuple(notes))


def _not_latents(folder: Path, name: str) -> str:
    """Return what a folder is instead of latents, and how to make latents."""
    if is_run(folder):
        path = shlex.quote(name)
        return (
            f"{name} is a run, not latents, and has no {IN_FOLDER} in it: "
            f"embed images with it first: latentkit embed {path} IMAGES -o {path}/{IN_FOLDER}"
        )
    return f"{name} is a folder, not latents: make latents from a run and images with `latentkit embed`"


def load(source: str | BinaryIO, labels: str | None = None, reading: Reading | None = None) -> Latents:
    """Read latents from a file or from standard input, with the labels of another file if one is named."""
    name = source if isinstance(source, str) else "standard input"
    if labels is None:
        return read_latents(source, name=name, reading=reading)
    column = None if reading is None else reading.label_column
    without = None if reading is None else reading._replace(label_column=None)
    return with_labels(read_latents(source, name=name, reading=without), labels, column)


def write_latents(latents: Latents, stream: BinaryIO) -> None:
    """Write latents to a stream, which needs only `write`; equal latents give equal bytes."""
    schema.check(latents.arrays, "the latents to be written")
    npz.write_npz(stream, {"schema": _json(latents.meta), **latents.arrays})


def refuse_other_weights(latents: Latents, made_from: str | None, name: str) -> None:
    """Raise FormatError if the content of the file `name` was made from latents of other weights than these."""
    if latents.weights and made_from and latents.weights != made_from:
        raise FormatError(
            f"{name} was made from latents of other weights ({made_from[:8]}) than these ({latents.weights[:8]}), and the "
            "dimensions of two trainings are unrelated: embed both with the same run, without training it in between"
        )


def refuse_other_run(latents: Latents, weights: str | None, name: str, run: str) -> None:
    """Raise FormatError if both digests are known and the latents called `name` are not of the weights of the run."""
    if latents.weights and weights and latents.weights != weights:
        raise FormatError(
            f"{name} holds latents of other weights ({latents.weights[:8]}) than {run} has ({weights[:8]}), and the dimensions "
            "of two trainings are unrelated: embed the images again with it, or name the run that made these"
        )


def with_labels(latents: Latents, path: str, column: str | None = None) -> Latents:
    """Return the latents with `labels` from a table of id,label lines, or of one label per row (see `labels`)."""
    table = read_labels(latents.ids.tolist(), path, column)
    return dataclasses.replace(latents.with_arrays(labels=table.labels), notes=(*latents.notes, *table.notes))


class LatentsWriter:
    """Write latents batch by batch, when their number is unknown until the end; a context manager.

    Rows are spooled to unlinked temporary files, so that memory holds one batch and, at the end, sixteen bytes per
    id. The stream gets its first byte when the block ends without an exception, and none otherwise; the
    bytes are those of `write_latents` for the same content.
    """

    def __init__(self, stream: BinaryIO, meta: Mapping[str, Any], *, name: str = "the latents") -> None:
        self._stream = stream
        self._meta = meta
        self._name = name
        self._spools: dict[str, spool.RowSpool | spool.TextSpool] = {}

    def append(self, **arrays: ArrayLike | Sequence[str]) -> None:
        """Append rows. Every call must have the same arrays as the first: `ids`, `mu` and any others.

        Raises FormatError for rows that `read_latents` would refuse, naming key, row and id; for an id
        of an earlier call when the block ends.
        """
        rows = {
            key: npy.canonical(np.asarray(values), f"{self._name}: {key}") for key, values in arrays.items()
        }
        schema.check(rows, self._name)
        if self._spools and list(rows) != list(self._spools):
            raise FormatError(
                f"{self._name}: a batch has {', '.join(rows)}, but the first had {', '.join(self._spools)}"
            )
        for key, array in rows.items():
            if array.shape[:1] != rows["ids"].shape:
                raise FormatError(f"{self._name}: {key} is {array.shape} for {len(rows['ids'])} rows")
        for key, array in rows.items():
            if key not in self._spools:
                self._spools[key] = spool.TextSpool() if array.dtype.kind == "U" else spool.RowSpool(array)
            with temporary_file_errors():
                self._spools[key].append(array, f"{self._name}: {key}")

    def __enter__(self) -> "LatentsWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for each in self._spools.values():
                each.close()

    def _finish(self) -> None:
        if not self._spools:
            raise FormatError(f"{self._name}: there are no rows to write")
        ids = self._spools["ids"]
        if isinstance(ids, spool.TextSpool) and (duplicate := ids.duplicate()):
            raise schema.not_unique(*duplicate, self._name)
        with npz.NpzWriter(self._stream) as archive:
            meta = _json(self._meta)
            archive.write("schema", meta.dtype, (), [meta.reshape(-1).view(np.uint8)])
            for key, each in self._spools.items():
                archive.write(key, each.dtype, each.shape, each.chunks())


def _json(meta: Mapping[str, Any]) -> NDArray[np.str_]:
    return np.array(json.dumps({"schema": schema.SCHEMA, **meta}))
