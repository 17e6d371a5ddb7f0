"""A table with one row per image: the columns that CSV, Parquet and the projector's metadata share.

    id label split mse cluster confidence digest     if the latents have them
    x y [z]                                          the projection that was chosen; in CSV it is named like the others
    <method>_x <method>_y [<method>_z]               every other projection
    <key>                                            every other array with one value per image

An underscore is added to a name that is already in use, regardless of case.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.arrays import ArraysByKind
from latentkit.formats.latents import Latents
from latentkit.formats.projections import key_of
from latentkit.projection import select_projection

__all__ = ["Column", "Table", "table", "unique_name"]

NAMES = {
    "ids": "id",
    "labels": "label",
    "split": "split",
    "mse": "mse",
    "clusters": "cluster",
    "cluster_confidence": "confidence",
    "digest": "digest",
}


class Column(NamedTuple):
    """A name and values (N,); if `optional`, the empty text is a missing value."""

    name: str
    values: NDArray[Any]
    optional: bool = False


class Table(NamedTuple):
    """The columns, the keys of the arrays in them, and the method of the projection behind x and y, if any."""

    columns: list[Column]
    keys: set[str]
    method: str | None


def table(
    latents: Latents,
    arrays: ArraysByKind,
    method: str | None = None,
    reserved: Iterable[str] = (),
    *,
    allow_mu: bool = False,
    plain_axes: bool = True,
) -> Table:
    """Return the columns of the latents; the names of unknown arrays are changed if they are `reserved`.

    method: the projection for x and y, by default the latest. allow_mu: use latents of 2 or 3 dimensions as x and y if
    there is no projection. plain_axes: without it, the columns of that projection, which is still the first, have the
    name of its method like those of the others. Raises ProjectionError, naming the methods there are.
    """
    projection = (
        select_projection(latents, method)
        if method or arrays.projections or (allow_mu and latents.mu.shape[1] in (2, 3))
        else None
    )
    columns = [
        Column(name, arrays.columns[key], key == "labels")
        for key, name in NAMES.items()
        if key in arrays.columns
    ]
    columns += _axes(projection.points, "" if plain_axes else f"{projection.method}_") if projection else []
    for other, points in arrays.projections.items():
        if projection is None or other != projection.method:
            columns += _axes(points, f"{other}_")
    taken = {column.name.casefold() for column in columns} | {name.casefold() for name in reserved}
    for key, values in arrays.columns.items():
        if key not in NAMES:
            columns.append(Column(unique_name(key, taken), values))
    keys = {*arrays.columns, *map(key_of, arrays.projections)}
    return Table(columns, keys, projection.method if projection else None)


def _axes(points: NDArray[np.float32], prefix: str) -> Iterator[Column]:
    for axis, values in zip("xyz", points.T, strict=False):
        yield Column(f"{prefix}{axis}", values)


def unique_name(name: str, taken: set[str]) -> str:
    """Append underscores to a name until it differs from those taken, regardless of case; add it to them."""
    while name.casefold() in taken:
        name += "_"
    taken.add(name.casefold())
    return name
