"""What is known of each image, one value each: what a page colors by and tells of a point."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.pictures import Classes, Quantity, coloring

__all__ = ["Column", "columns"]

FIRST = ("labels", "clusters", "split", "mse", "cluster_confidence")
NOT = ("ids", "digest")
"""Text that differs for every image says nothing as a color."""


class Column(NamedTuple):
    """One key of the latents.

    Of classes: values (N,) index `names`, which holds every one of them, and `places` says for each name where in
    `legend` it is shown, -1 being among `rest`. Of a quantity: values (N,) are numbers, NaN where there is none,
    and the colors run from low to high (the outermost hundredths share the colors at the ends).
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


def columns(latents: Latents, asked: str | None = None) -> list[Column]:
    """Every array with one value an image that `plot --color` takes; the known ones come first.

    Ids and digests are among them only where they are asked for.
    """
    usable = [
        key
        for key, array in latents.arrays.items()
        if (key not in NOT or key == asked) and array.shape == (len(latents),) and array.dtype.kind in "fiubU"
    ]
    usable.sort(key=lambda key: FIRST.index(key) if key in FIRST else len(FIRST))
    return [column for key in usable if (column := _column(latents, key)) is not None]


def _column(latents: Latents, key: str) -> Column | None:
    try:
        found = coloring(latents, key)
    except PictureError:
        return None  # it holds no value of any image
    if isinstance(found, Quantity):
        return _quantity(key, found, latents.arrays[key].dtype)
    return None if found is None else _classes(key, found, latents.arrays[key])


def _quantity(key: str, found: Quantity, dtype: np.dtype[Any]) -> Column:
    known = found.values[~np.isnan(found.values)]
    low, high = np.percentile(known, [1, 99])
    values = found.values.astype(np.float32 if dtype in (np.float32, np.float16) else np.float64)
    return Column(key, found.title, values, low=float(low), high=float(high))


def _classes(key: str, found: Classes, values: NDArray[Any]) -> Column:
    kinds, first, codes = np.unique(values, return_index=True, return_inverse=True)
    small = np.uint8 if len(kinds) <= 2**8 else np.uint16 if len(kinds) <= 2**16 else np.int32
    return Column(
        key,
        found.title,
        codes.astype(small),
        [str(kind) for kind in kinds.tolist()],
        found.codes[first].tolist(),
        found.names,
        found.rest,
    )
