"""What each array of the latents is to a table of images: a fact of each, a row of numbers, a picture, or more."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import __version__
from latentkit.formats.latents import Latents
from latentkit.formats.projections import INFO_KEY, is_projection, key_of

__all__ = ["Parts", "about", "blocks", "left_out", "part"]

MODEL = "cluster_model"
ROWS = 4096  # at a time: bounds the memory of what streams


@dataclass(frozen=True)
class Parts:
    """The arrays with one row an image, by what they hold; mu and thumbnails apart, keys as in the latents.

    columns (N,) of numbers, truth values or text; matrices (N, k) of numbers or truth values; projections
    (N, 2|3) by method; deeper, numbers of more axes than that.
    """

    columns: Mapping[str, NDArray[Any]]
    matrices: Mapping[str, NDArray[Any]]
    projections: Mapping[str, NDArray[np.float32]]
    deeper: Mapping[str, NDArray[Any]]

    @property
    def keys(self) -> set[str]:
        """What they are called in the latents."""
        projections = map(key_of, self.projections)
        return {*self.columns, *self.matrices, *projections, *self.deeper}


def part(latents: Latents) -> Parts:
    """Sort the arrays. Text that is bytes is decoded; numbers are of 32 bits or more, and at most 64."""
    columns: dict[str, NDArray[Any]] = {}
    matrices: dict[str, NDArray[Any]] = {}
    deeper: dict[str, NDArray[Any]] = {}
    for key, array in latents.arrays.items():
        if key in ("mu", "thumbnails", INFO_KEY) or not array.ndim or len(array) != len(latents):
            continue
        if is_projection(key):
            continue
        if key.startswith(MODEL):
            continue  # says nothing of single images, whatever its length
        elif array.ndim == 1:
            columns[key] = _plain(array)
        elif array.dtype.kind in "fiub" and array.size:
            (matrices if array.ndim == 2 else deeper)[key] = _plain(array)
    projections = {method: each.points for method, each in latents.projections().items()}
    return Parts(columns, matrices, projections, deeper)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "S":
        return np.strings.decode(array, "utf-8", "surrogateescape")
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
    return array


def left_out(latents: Latents, held: Iterable[str], format: str) -> list[str]:
    """The sentence, if one is due, that names the arrays for which a format has no place; held: the keys it has.

    What is one text about all images, and the model of the clusters, is not missed in a table.
    """
    kept = {"ids", "mu", *held}
    missed = [
        f"{key} {array.shape}".replace(",)", ")")
        for key, array in latents.arrays.items()
        if key not in kept and not key.startswith(MODEL) and key != INFO_KEY
    ]
    return [f"{format} has no place for {', '.join(missed)}: left out"] if missed else []


def about(latents: Latents) -> dict[str, str]:
    """Where it comes from: the version, what the latents say of themselves (JSON), and every single text in
    them, such as what is known of the projections and of the clusters (JSON)."""
    texts = {
        key: str(array.item())
        for key, array in latents.arrays.items()
        if array.dtype.kind == "U" and array.ndim == 0
    }
    return {"version": __version__, "latents": json.dumps(dict(latents.meta), sort_keys=True), **texts}


def blocks(rows: int, at_once: int = ROWS) -> Iterator[slice]:
    """The rows from first to last, a bounded number at a time."""
    for start in range(0, rows, at_once):
        yield slice(start, min(start + at_once, rows))
