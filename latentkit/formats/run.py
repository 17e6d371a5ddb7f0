"""A run: the folder that `train` makes and `embed` reads.

run.json               schema latentkit.run/1: written first, then replaced whole each time
images.npz             id, digest, split and label of every image it was trained or validated on
weights.safetensors    the best weights
last.safetensors       everything --resume needs, and the only file it trusts
baseline.safetensors   mean and components of the PCA of the training pixels
history.jsonl          one object a validation
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
from latentkit.formats.tensors import digest, read_tensors

__all__ = [
    "SCHEMA",
    "RunImages",
    "begin",
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
    "history.jsonl",
)
NEEDED = ("architecture", "objective", "options", "images", "backend")
"""Of run.json, by whoever reads it."""


@dataclass(frozen=True)
class RunImages:
    """What a run was trained and validated on; each array (N,) str, sorted by id."""

    ids: NDArray[np.str_]
    digest: NDArray[np.str_]
    split: NDArray[np.str_]
    """train | validation"""
    labels: NDArray[np.str_]
    """"" for none."""


def is_run(path: Path) -> bool:
    """Whether a folder is one that `train` made: its run.json says so, as others have files of that name."""
    try:
        text = (path / "run.json").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    return '"latentkit.run/' in text


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise TrainingError unless a new run may be made here: nothing is there, or an old run that may go."""
    if path.exists() and not path.is_dir():
        raise TrainingError(f"{path} is a file; name a folder for the run")
    if is_run(path):
        if not overwrite:
            raise TrainingError(
                f"{path} is already a run; go on with --resume, or start again with --overwrite"
            )
    elif path.is_dir() and any(path.iterdir()):
        raise TrainingError(f"{path} is a folder with other things in it and not a run; name a new folder")


def begin(path: Path, *, overwrite: bool) -> None:
    """Make the folder of a new run; of an old one only the files of a run are removed."""
    check_free(path, overwrite=overwrite)
    path.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (path / name).unlink(missing_ok=True)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Replace run.json whole."""
    text = json.dumps(finite({"schema": SCHEMA, **record}), indent=2, allow_nan=False)
    with replace_file(path / "run.json") as file:
        file.write(f"{text}\n".encode())


def read_record(path: Path) -> dict[str, Any]:
    """What run.json holds; raises FormatError naming the folder or the file."""
    file = path / "run.json"
    if not file.is_file():
        raise FormatError(
            f"{path} is not a run: there is no run.json in it; make one with `latentkit train ... -o {path}`"
        )
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        schema = str(record["schema"])
    except (ValueError, KeyError, TypeError):
        raise FormatError(f"{file} is not a run's record; restore it or train the run anew") from None
    if schema != SCHEMA:
        raise FormatError(
            f"{file} has schema {schema!r}, but this latentkit reads {SCHEMA!r}; upgrade latentkit"
        )
    for key in NEEDED:
        if not isinstance(record.get(key), dict):
            raise FormatError(f"{file}: {key!r} is missing or no object; restore it or train the run anew")
    return {key: value for key, value in record.items() if key != "schema"}


def write_images(path: Path, images: RunImages) -> None:
    """Replace images.npz whole."""
    with replace_file(path / "images.npz") as file:
        write_npz(
            file, {"id": images.ids, "digest": images.digest, "split": images.split, "label": images.labels}
        )


def read_images(path: Path) -> RunImages:
    """What images.npz holds; raises FormatError naming the file and the key."""
    file = path / "images.npz"
    if not file.is_file():
        raise FormatError(f"{file} is missing; train the run anew")
    arrays = read_npz(file, name=str(file))
    for key in ("id", "digest", "split", "label"):
        if key not in arrays or arrays[key].dtype.kind != "U" or arrays[key].shape != arrays["id"].shape:
            raise FormatError(f"{file}: {key!r} must be a column of text as long as 'id'; train the run anew")
    return RunImages(arrays["id"], arrays["digest"], arrays["split"], arrays["label"])


def weights_digest(path: Path) -> str | None:
    """Hex of what the best weights are, as latents tell it; None for a run that has none yet."""
    file = path / "weights.safetensors"
    return digest(read_tensors(file)[0]) if file.exists() else None
