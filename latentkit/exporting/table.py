"""One row an image: the columns that CSV, Parquet and the projector's metadata share.

    id label split mse cluster confidence digest     those that there are
    x y [z]                                          the projection that is shown
    <method>_x <method>_y [<method>_z]               every other projection
    <key>                                            every other array with one value an image

A name that is taken, in whatever case, gets an underscore at its end.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.parts import Parts
from latentkit.formats.latents import Latents
from latentkit.formats.projections import key_of
from latentkit.projection import recorded

__all__ = ["Column", "Table", "free", "table"]

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
    """values (N,); "" means that there is none where `blank` says so."""

    name: str
    values: NDArray[Any]
    blank: bool = False


class Table(NamedTuple):
    """The columns, the keys of the arrays in them, and the method that x and y are of, if there is one."""

    columns: list[Column]
    held: set[str]
    shown: str | None


def table(
    latents: Latents,
    parts: Parts,
    method: str | None = None,
    reserved: Iterable[str] = (),
    *,
    own: bool = False,
) -> Table:
    """The columns of the latents; `reserved` names are not used for arrays that the schema does not know.

    method: the projection for x and y, by default the latest; own: latents of 2 or 3 dimensions may be their
    own picture. Raises ProjectionError naming the methods there are.
    """
    view = recorded(latents, method) if method or parts.projections or (own and _flat(latents)) else None
    columns = [
        Column(name, parts.columns[key], key == "labels")
        for key, name in NAMES.items()
        if key in parts.columns
    ]
    columns += _axes(view.points, "") if view else []
    for other, points in parts.projections.items():
        if view is None or other != view.method:
            columns += _axes(points, f"{other}_")
    taken = {column.name.casefold() for column in columns} | {name.casefold() for name in reserved}
    for key, values in parts.columns.items():
        if key not in NAMES:
            columns.append(Column(free(key, taken), values))
    held = {*parts.columns, *map(key_of, parts.projections)}
    return Table(columns, held, view.method if view else None)


def _flat(latents: Latents) -> bool:
    return latents.mu.shape[1] in (2, 3)


def _axes(points: NDArray[np.float32], prefix: str) -> Iterator[Column]:
    for axis, values in zip("xyz", points.T, strict=False):
        yield Column(f"{prefix}{axis}", values)


def free(name: str, taken: set[str]) -> str:
    """The name, with underscores at its end until it is none of those taken, whatever their case; taken now."""
    while name.casefold() in taken:
        name += "_"
    taken.add(name.casefold())
    return name
