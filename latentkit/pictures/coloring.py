"""What the colors of a figure say: which class an image belongs to, or how much of something it has."""

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
NOBODY = {"labels": "no label", "clusters": "no cluster"}
SPLITS = ("train", "validation", "unseen")


@dataclass(frozen=True)
class Classes:
    """codes (N,) index names; -1 is none of them, and `rest` says who those are."""

    title: str
    names: tuple[str, ...]
    codes: NDArray[np.intp]
    rest: str


@dataclass(frozen=True)
class Quantity:
    """values (N,) float64, at least one of them finite; NaN where there is none."""

    title: str
    values: NDArray[np.float64]


Coloring = Classes | Quantity | None


def coloring(latents: Latents, key: str | None = None) -> Coloring:
    """What the array of that name says of each image; by default the labels, else the clusters, else nothing.

    Text, truth values and whole numbers of few values are classes; other numbers are quantities. "none"
    is one color for all. Raises PictureError if there is no such array with one value an image.
    """
    if key is None:
        labels = latents.labels
        has_labels = labels is not None and bool((labels != "").any())
        key = "labels" if has_labels else "clusters" if "clusters" in latents.arrays else "none"
    if key == "none":
        return None
    values = latents.arrays.get(key)
    if values is None or values.shape != (len(latents),) or values.dtype.kind not in "fiubU":
        raise PictureError(_no_such(latents, key, values))
    title = TITLES.get(key, key)
    if values.dtype.kind == "f":
        numbers = values.astype(np.float64)
        numbers[~np.isfinite(numbers)] = np.nan
        if np.isnan(numbers).all():
            raise PictureError(f"'{key}' holds no number to color by: choose another --color")
        return Quantity(title, numbers)
    if key == "labels" and not (values != "").any():
        raise PictureError("every label is empty: add --labels CSV, or choose another --color")
    kinds, codes = np.unique(values, return_inverse=True)
    if values.dtype.kind in "iu" and key != "clusters" and len(kinds) > MAX_CLASSES:
        return Quantity(title, values.astype(np.float64))
    return _classes(key, title, kinds, codes)


def _classes(key: str, title: str, kinds: NDArray[Any], codes: NDArray[np.intp]) -> Classes:
    names = [str(kind) for kind in kinds.tolist()]
    nobody = [name == "" or (key == "clusters" and name.startswith("-")) for name in names]
    order = sorted((i for i in range(len(names)) if not nobody[i]), key=lambda i: _rank(key, names[i]))
    counts = np.bincount(codes, minlength=len(names))
    rest = NOBODY.get(key, "none")
    if len(order) > MAX_CLASSES:
        named = set(sorted(order, key=lambda i: (-counts[i], _rank(key, names[i])))[: MAX_CLASSES - 1])
        rest = f"{len(order) - len(named)} smaller ones" + (" and none" if any(nobody) else "")
        order = [i for i in order if i in named]
    new = np.full(len(names), -1, np.intp)
    new[order] = np.arange(len(order))
    return Classes(title, tuple(names[i] for i in order), new[codes], rest)


def _rank(key: str, name: str) -> tuple[Any, ...]:
    """Splits in their order; other names by the numbers in them, so that 10 comes after 9."""
    place = SPLITS.index(name) if key == "split" and name in SPLITS else 0
    parts = re.split(r"([0-9]+)", name)
    return (place, [(int(part), "") if part.isdigit() else (-1, part) for part in parts], name)


def _no_such(latents: Latents, key: str, values: NDArray[Any] | None) -> str:
    usable = [
        name
        for name, array in latents.arrays.items()
        if name != "ids" and array.shape == (len(latents),) and array.dtype.kind in "fiubU"
    ]
    fix = f"choose --color none{''.join(f', {name}' for name in usable)}"
    if key == "labels":
        fix = f"add --labels CSV, or {fix}"
    if values is None:
        return f"the latents hold no '{key}' to color by: {fix}"
    return f"'{key}' is {values.dtype} of shape {values.shape}, not one value for each of {len(latents)} images: {fix}"
