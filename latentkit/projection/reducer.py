"""A reducer: a fitted projection in a file, without pickle, that places new images in it.

It is an .npz file with a few plain arrays and one JSON object, `{"schema": "latentkit.reducer/1", "method", "dims",
"n", "features", "parameters", "versions", ...}`. PCA is stored as its mean and components; t-SNE and UMAP as
the rows they were fitted to and the points of these rows. A restored reducer gives the same points as the original,
bit for bit, on the same machine with the same versions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.npz import read_npz, write_npz
from latentkit.formats.schema import other_schema
from latentkit.formats.stored import axis_lengths, bad_parameter
from latentkit.methods import PROJECTIONS
from latentkit.projection.layout import module_of

__all__ = ["SCHEMA", "Reducer", "read_reducer", "write_reducer"]

SCHEMA = "latentkit.reducer/1"
META: Mapping[str, type] = {
    "method": str,
    "dims": int,
    "n": int,
    "features": int,
    "seed": int,
    "parameters": dict,
    "versions": dict,
}
AGAIN = "save it again with `latentkit project --save`"


@dataclass(frozen=True)
class Reducer:
    """A projection fitted to n latents of `features` dimensions; `arrays["columns"]` (F,) are the dimensions it uses."""

    method: str
    dims: int
    n: int
    features: int
    seed: int
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]]
    weights: str | None = None
    """Digest of the weights behind the latents that it was fitted to; None if unknown."""


def write_reducer(reducer: Reducer, stream: BinaryIO) -> None:
    """Write a reducer as .npz; the same reducer gives the same bytes."""
    meta = {
        "schema": SCHEMA,
        **{key: getattr(reducer, key) for key in META},
        **({"weights": reducer.weights} if reducer.weights else {}),
    }
    write_npz(stream, {"schema": np.array(json.dumps(meta)), **reducer.arrays})


def read_reducer(path: str | Path) -> Reducer:
    """Read a reducer; raise FormatError, naming the file and the key, if it is incomplete or inconsistent."""
    name = str(path)
    arrays = read_npz(path, name=name)
    meta = _read_meta(arrays.pop("schema", None), name)
    axes = module_of(meta["method"]).ARRAYS
    for key, letters in {**axes, "columns": "F"}.items():
        if key not in arrays:
            raise FormatError(f"{name}: the reducer has no '{key}': {AGAIN}")
        kind = "iu" if key == "columns" else "f"
        if arrays[key].dtype.kind not in kind or arrays[key].ndim != len(letters):
            raise FormatError(
                f"{name}: '{key}' is {arrays[key].dtype} of shape {arrays[key].shape}, which no reducer has: {AGAIN}"
            )
        if not np.isfinite(arrays[key]).all():
            raise FormatError(f"{name}: '{key}' has values that are not finite: {AGAIN}")
    reducer = Reducer(
        **{key: meta[key] for key in META},
        arrays={key: arrays[key] for key in ("columns", *axes)},
        weights=weights if isinstance(weights := meta.get("weights"), str) else None,
    )
    _check(reducer, name)
    return reducer


def _read_meta(schema: NDArray[Any] | None, name: str) -> dict[str, Any]:
    try:
        meta = json.loads(str(schema[()])) if schema is not None and schema.ndim == 0 else None
    except ValueError:
        meta = None
    if not isinstance(meta, dict) or not str(meta.get("schema", "")).startswith("latentkit.reducer/"):
        raise FormatError(f"{name} is not a reducer: make one with `latentkit project --save {name}`")
    if meta["schema"] != SCHEMA:
        raise other_schema(meta["schema"], SCHEMA, name)
    for key, kind in META.items():
        if not isinstance(meta.get(key), kind):
            raise FormatError(f"{name}: the reducer's '{key}' is {meta.get(key)!r}: {AGAIN}")
    if meta["method"] not in PROJECTIONS:
        raise FormatError(
            f"{name}: method '{meta['method']}' is not one of {', '.join(PROJECTIONS.names)}: {AGAIN}"
        )
    return meta


def _check(reducer: Reducer, name: str) -> None:
    """Raise FormatError unless the arrays fit one another and the parameters are within their bounds."""
    module, columns = module_of(reducer.method), reducer.arrays["columns"]
    lengths = axis_lengths(
        reducer.arrays, {**module.ARRAYS, "columns": "F"}, {"e": reducer.dims, "F": len(columns)}
    )
    valid = len(columns) > 0 and int(columns.min()) >= 0 and int(columns.max()) < reducer.features
    if lengths is None or not valid:
        raise FormatError(f"{name}: the reducer's arrays do not fit one another: {AGAIN}")
    if bad := bad_parameter(reducer.parameters, module.PARAMETERS, lengths):
        raise FormatError(f"{name}: the reducer's '{bad[0]}' is {bad[1]!r}: {AGAIN}")
