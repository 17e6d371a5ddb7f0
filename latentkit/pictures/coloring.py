"""The meaning of colors in a figure: the class of each image, or a quantity."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.pictures.palette import MAX_CLASSES

__all__ = ["Classes", "Coloring", "Quantity", "coloring"]

TITLES = {"labels": "class", "clusters": "cluster", "split": "split", "mse": "squared error per pixel"}
REST = {"labels": "no label", "clusters": "no cluster"}
SPLITS = ("train", "validation", "unseen")


@dataclass(frozen=True)
class Classes:
    """Classes by name: codes (N,) are indices into names; -1 is no class, and `rest` describes those images."""

    title: str
    names: tuple[str, ...]
    codes: NDArray[np.intp]
    rest: str

    def entries(self) -> list[tuple[int, str, int]]:
        """Return (index, name, number of images) of each class; -1 is last, if there are images without a class."""
        counts = np.bincount(self.codes + 1, minlength=len(self.names) + 1).tolist()
        entries = [(index, name, counts[index + 1]) for index, name in enumerate(self.names)]
        return entries + ([(-1, self.rest, counts[0])] if counts[0] else [])


@dataclass(frozen=True)
class Quantity:
    """Values (N,) float64, NaN where missing; at least one is finite."""

    title: str
    values: NDArray[np.float64]

    def limits(self) -> tuple[float, float]:
        """Return the 1st and 99th percentiles: outliers would leave everything else in one color."""
        low, high = np.percentile(self.values[~np.isnan(self.values)], [1, 99])
        return float(low), float(high)


Coloring = Classes | Quantity | None


def coloring(latents: Latents, key: str | None = None) -> Coloring:
    """Return what the array `key` says about each image; by default labels, else clusters, else nothing.

    Text, booleans and integers with few distinct values are classes; other numbers are quantities. The key "none"
    means one color for all points. Raises PictureError unless the array has one value per image.
    """
    if key is None:
        labels = latents.labels
        has_labels = labels is not None and bool((labels != "").any())
        key = "labels" if has_labels else "clusters" if "clusters" in latents.arrays else "none"
    if key == "none":
        return None
    values = latents.arrays.get(key)
    if values is None or values.shape != (len(latents),) or values.dtype.kind not in "fiubU":
        raise PictureError(_unusable(latents, key, values))
    title = TITLES.get(key, key)
    if values.dtype.kind == "f":
        numbers = values.astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        if np.isnan(numbers).all():
            raise PictureError(f"'{key}' has no finite value to color by: choose another --color")
        return Quantity(title, numbers)
    if key == "labels" and not (values != "").any():
        raise PictureError("every label is empty: add --labels CSV, or choose another --color")
    kinds, codes = np.unique(values, return_inverse=True)
    if values.dtype.kind in "iu" and key != "clusters" and len(kinds) > MAX_CLASSES:
        return Quantity(title, values.astype(np.float64))
    return _classes(key, title, kinds, codes)


def _classes(key: str, title: str, kinds: NDArray[Any], codes: NDArray[np.intp]) -> Classes:
    names = [str(kind) for kind in kinds.tolist()]
    unlabeled = [name == "" or (key == "clusters" and name.startswith("-")) for name in names]
    order = sorted((i for i in range(len(names)) if not unlabeled[i]), key=lambda i: _rank(key, names[i]))
    counts = np.bincount(codes, minlength=len(names))
    rest = REST.get(key, "none")
    if len(order) > MAX_CLASSES:
        largest = set(sorted(order, key=lambda i: (-counts[i], _rank(key, names[i])))[: MAX_CLASSES - 1])
        rest = f"{len(order) - len(largest)} smaller classes" + (f" or {rest}" if any(unlabeled) else "")
        order = [i for i in order if i in largest]
    index = np.full(len(names), -1, np.intp)
    index[order] = np.arange(len(order))
    return Classes(title, tuple(names[i] for i in order), index[codes], rest)


def _rank(key: str, name: str) -> tuple[Any, ...]:
    """Return the sort key of a name: splits in their order, other names by the numbers in them (9 before 10)."""
    place = SPLITS.index(name) if key == "split" and name in SPLITS else 0
    parts = re.split(r"([0-9]+)", name)
    return (place, [(int(part), "") if part.isdigit() else (-1, part) for part in parts], name)


def _unusable(latents: Latents, key: str, values: NDArray[Any] | None) -> str:
    usable = [
        name
        for name, array in latents.arrays.items()
        if name != "ids" and array.shape == (len(latents),) and array.dtype.kind in "fiubU"
    ]
    fix = f"choose --color none{''.join(f', {name}' for name in usable)}"
    if key == "labels":
        fix = f"add --labels CSV, or {fix}"
    if values is None:
        return f"the latents have no '{key}' to color by: {fix}"
    return f"'{key}' is {values.dtype} of shape {values.shape}, not one value for each of {len(latents)} images: {fix}"
