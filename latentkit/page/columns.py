"""Columns of a page: the arrays with one value per image, to color by and to show for a point."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.pictures import Classes, Quantity, coloring

__all__ = ["Column", "columns"]

FIRST = ("labels", "clusters", "split", "mse", "cluster_confidence")
EXCLUDED = ("ids", "digest")
"""Text that differs for every image is meaningless as a color."""


class Column(NamedTuple):
    """One key of the latents.

    For classes, `values` (N,) are indices into `names`, and `places` gives for each name its index in `legend`, or -1
    if it is among `rest`. For a quantity, `values` (N,) are numbers, NaN where missing, and the color scale runs from
    `low` to `high`.
    """

    key: str
    title: str
    values: NDArray[Any]
    names: Sequence[str] | None = None
    places: Sequence[int] = ()
    legend: Sequence[str] = ()
    rest: str = ""
    low: float = 0.0
    high: float = 0.0


def columns(latents: Latents, requested: str | None = None) -> list[Column]:
    """Return a column for every array that `plot --color` accepts, well-known keys first.

    Ids and digests are included only if requested.
    """
    usable = [
        key
        for key, array in latents.arrays.items()
        if (key not in EXCLUDED or key == requested)
        and array.shape == (len(latents),)
        and array.dtype.kind in "fiubU"
    ]
    usable.sort(key=lambda key: FIRST.index(key) if key in FIRST else len(FIRST))
    return [column for key in usable if (column := _column(latents, key)) is not None]


def _column(latents: Latents, key: str) -> Column | None:
    try:
        meaning = coloring(latents, key)
    except PictureError:
        return None  # no image has a value
    if isinstance(meaning, Quantity):
        return _quantity(key, meaning, latents.arrays[key].dtype)
    return None if meaning is None else _classes(key, meaning, latents.arrays[key])


def _quantity(key: str, quantity: Quantity, dtype: np.dtype[Any]) -> Column:
    low, high = quantity.limits()
    values = quantity.values.astype(np.float32 if dtype in (np.float32, np.float16) else np.float64)
    return Column(key, quantity.title, values, low=low, high=high)


def _classes(key: str, classes: Classes, values: NDArray[Any]) -> Column:
    kinds, first, codes = np.unique(values, return_index=True, return_inverse=True)
    smallest = np.uint8 if len(kinds) <= 2**8 else np.uint16 if len(kinds) <= 2**16 else np.int32
    return Column(
        key,
        classes.title,
        codes.astype(smallest),
        [str(kind) for kind in kinds.tolist()],
        classes.codes[first].tolist(),
        classes.names,
        classes.rest,
    )
