"""Read and write a run: the folder that `train` makes and `embed` reads.

run.json               schema latentkit.run/1: written first, then replaced atomically each time
images.npz             id, digest, split and label of every image it was trained or validated on
weights.safetensors    the best weights
last.safetensors       everything --resume needs, and the only file it trusts
baseline.safetensors   mean and components of the PCA of the training pixels
held_out.safetensors   mu of validation images with the best weights, and the most typical image
history.jsonl          one JSON object per validation or finding
curves.png             the training curves, unless `train --no-pictures` was used
reconstructions.png    held-out images above their reconstructions, likewise
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError, TrainingError
from latentkit.formats.atomic import replace_file
from latentkit.formats.history import finite
from latentkit.formats.npz import read_npz, write_npz
from latentkit.formats.schema import other_schema
from latentkit.formats.tensors import digest, read_tensors

__all__ = [
    "SCHEMA",
    "RunImages",
    "check_available",
    "create",
    "is_run",
    "read_images",
    "read_record",
    "weights_digest",
    "write_images",
    "write_record",
]

SCHEMA = "latentkit.run/1"
FILES = (
    "run.json",
    "images.npz",
    "weights.safetensors",
    "last.safetensors",
    "baseline.safetensors",
    "held_out.safetensors",
    "history.jsonl",
    "curves.png",
    "reconstructions.png",
)
REQUIRED_KEYS = ("architecture", "objective", "options", "images", "backend")
"""Keys of run.json that hold a JSON object."""


@dataclass(frozen=True)
class RunImages:
    """The images that a run was trained and validated on; each array (N,) str, sorted by id."""

    ids: NDArray[np.str_]
    digest: NDArray[np.str_]
    split: NDArray[np.str_]
    """train | validation"""
    labels: NDArray[np.str_]
    """"" if unlabeled"""


def is_run(path: Path) -> bool:
    """Return True if `train` made this folder: its run.json says so, because other tools write files of that name."""
    try:
        text = (path / "run.json").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    return '"latentkit.run/' in text


def check_available(path: Path, *, overwrite: bool) -> None:
    """Raise TrainingError unless a new run may be created here: in a new or empty folder, or over an old run."""
    if path.exists() and not path.is_dir():
        raise TrainingError(f"{path} is a file; name a folder for the run")
    if is_run(path):
        if not overwrite:
            raise TrainingError(
                f"{path} is already a run; resume it with --resume, or replace it with --overwrite"
            )
    elif path.is_dir() and any(path.iterdir()):
        raise TrainingError(f"{path} is a folder with other files in it, not a run; name a new folder")


def create(path: Path, *, overwrite: bool) -> None:
    """Create the folder of a new run; only the files of an old run are removed."""
    check_available(path, overwrite=overwrite)
    path.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (path / name).unlink(missing_ok=True)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Replace run.json atomically."""
    text = json.dumps(finite({"schema": SCHEMA, **record}), indent=2, allow_nan=False)
    with replace_file(path / "run.json") as file:
        file.write(f"{text}\n".encode())


def read_record(path: Path) -> dict[str, Any]:
    """Return the content of run.json; raise FormatError naming the folder or the file."""
    file = path / "run.json"
    if path.is_file():
        raise FormatError(f"{path} is a file, not a run: a run is the folder that `latentkit train` made")
    if not file.is_file():
        raise FormatError(
            f"{path} is not a run: it has no run.json; make a run with `latentkit train ... -o {path}`"
        )
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        schema = str(record["schema"])
    except (ValueError, KeyError, TypeError):
        raise FormatError(f"{file} is not the record of a run; restore it or train the run again") from None
    if schema != SCHEMA:
        raise other_schema(schema, SCHEMA, str(file))
    for key in REQUIRED_KEYS:
        if not isinstance(record.get(key), dict):
            raise FormatError(
                f"{file}: {key!r} is missing or not a JSON object; restore it or train the run again"
            )
    return {key: value for key, value in record.items() if key != "schema"}


def write_images(path: Path, images: RunImages) -> None:
    """Replace images.npz atomically."""
    with replace_file(path / "images.npz") as file:
        write_npz(
            file, {"id": images.ids, "digest": images.digest, "split": images.split, "label": images.labels}
        )


def read_images(path: Path) -> RunImages:
    """Return the content of images.npz; raise FormatError naming the file and the key."""
    file = path / "images.npz"
    if not file.is_file():
        raise FormatError(f"{file} is missing; train the run again")
    arrays = read_npz(file, name=str(file))
    for key in ("id", "digest", "split", "label"):
        if key not in arrays or arrays[key].dtype.kind != "U" or arrays[key].shape != arrays["id"].shape:
            raise FormatError(
                f"{file}: {key!r} must be an array of text as long as 'id'; train the run again"
            )
    return RunImages(arrays["id"], arrays["digest"], arrays["split"], arrays["label"])


def weights_digest(path: Path) -> str | None:
    """Return the hex digest of the best weights, as recorded in latents; None if the run has none yet."""
    file = path / "weights.safetensors"
    return digest(read_tensors(file)[0]) if file.exists() else None
