"""A reducer: what puts new images into an old picture, kept without pickle.

It is a handful of plain arrays and one JSON object, `{"schema": "latentkit.reducer/1", "method", "dims",
"n", "features", "parameters", "versions", ...}`, in an .npz file. PCA is its mean and components;
t-SNE and UMAP are the rows they were fitted on and where these came to lie. A restored reducer answers
as the one that was saved did, bit for bit, on the same machine and versions.
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

__all__ = ["SCHEMA", "Reducer", "read_reducer", "write_reducer"]

SCHEMA = "latentkit.reducer/1"

FLOATS: Mapping[str, Mapping[str, int]] = {
    "pca": {"mean": 1, "components": 2},
    "tsne": {"rows": 2, "points": 2},
    "umap": {"rows": 2, "points": 2},
}
"""The arrays of each method, and how many axes each has. All have `columns` (F,) besides."""

LEAST: Mapping[str, Mapping[str, float]] = {
    "pca": {},
    "tsne": {"perplexity": 1},
    "umap": {"neighbours": 2, "least_distance": 0},
}
"""The parameters that placing new rows needs, and the least each can be; the most is the number of rows."""


@dataclass(frozen=True)
class Reducer:
    """A fitted projection. `columns` (F,) are the latent dimensions used, of `features` there were."""

    method: str
    dims: int
    n: int
    features: int
    seed: int
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]]
    weights: str | None = None
    """Of the network whose latents it was fitted on; None where nobody says."""


def write_reducer(reducer: Reducer, stream: BinaryIO) -> None:
    """The reducer as an .npz onto a stream; the same reducer gives the same bytes."""
    meta = {
        "schema": SCHEMA,
        "method": reducer.method,
        "dims": reducer.dims,
        "n": reducer.n,
        "features": reducer.features,
        "seed": reducer.seed,
        "parameters": dict(reducer.parameters),
        "versions": dict(reducer.versions),
        **({"weights": reducer.weights} if reducer.weights else {}),
    }
    write_npz(stream, {"schema": np.array(json.dumps(meta)), **reducer.arrays})


def read_reducer(path: str | Path) -> Reducer:
    """The reducer in a file. FormatError names the file, and the key, if it is not a whole reducer."""
    name = str(path)
    arrays = read_npz(path, name=name)
    meta = _meta(arrays.pop("schema", None), name)
    method = meta["method"]
    wanted = FLOATS[method]
    for key, ndim in {**wanted, "columns": 1}.items():
        if key not in arrays:
            raise FormatError(
                f"{name}: the reducer lacks '{key}': save it again with `latentkit project --save`"
            )
        kind = "iu" if key == "columns" else "f"
        if arrays[key].dtype.kind not in kind or arrays[key].ndim != ndim:
            raise FormatError(
                f"{name}: '{key}' is {arrays[key].dtype} of shape {arrays[key].shape}, "
                "not what a reducer holds: save it again with `latentkit project --save`"
            )
        if not np.isfinite(arrays[key]).all():
            raise FormatError(f"{name}: '{key}' holds values that are not finite: save the reducer again")
    reducer = Reducer(
        method=method,
        dims=meta["dims"],
        n=meta["n"],
        features=meta["features"],
        seed=meta["seed"],
        parameters=meta["parameters"],
        versions=meta["versions"],
        arrays={key: arrays[key] for key in ("columns", *wanted)},
        weights=weights if isinstance(weights := meta.get("weights"), str) else None,
    )
    _check_shapes(reducer, name)
    _check_parameters(reducer, name)
    return reducer


def _meta(schema: NDArray[Any] | None, name: str) -> dict[str, Any]:
    try:
        meta = json.loads(str(schema[()])) if schema is not None and schema.ndim == 0 else None
    except ValueError:
        meta = None
    if not isinstance(meta, dict) or not str(meta.get("schema", "")).startswith("latentkit.reducer/"):
        raise FormatError(f"{name} is not a reducer: make one with `latentkit project --save {name}`")
    if meta["schema"] != SCHEMA:
        raise FormatError(f"{name} is {meta['schema']} and this latentkit reads {SCHEMA}: update latentkit")
    types = {
        "method": str,
        "dims": int,
        "n": int,
        "features": int,
        "seed": int,
        "parameters": dict,
        "versions": dict,
    }
    for key, kind in types.items():
        if not isinstance(meta.get(key), kind):
            raise FormatError(f"{name}: the reducer's '{key}' is {meta.get(key)!r}: save it again")
    if meta["method"] not in FLOATS:
        raise FormatError(
            f"{name}: method '{meta['method']}' is none of {', '.join(FLOATS)}: update latentkit"
        )
    return meta


def _check_parameters(reducer: Reducer, name: str) -> None:
    for key, least in LEAST[reducer.method].items():
        value = reducer.parameters.get(key)
        if not isinstance(value, int | float) or not least <= value <= len(reducer.arrays["rows"]):
            raise FormatError(f"{name}: the reducer's '{key}' is {value!r}: save it again")


def _check_shapes(reducer: Reducer, name: str) -> None:
    arrays, used = reducer.arrays, len(reducer.arrays["columns"])
    if reducer.method == "pca":
        right = arrays["mean"].shape == (used,) and arrays["components"].shape == (reducer.dims, used)
    else:
        rows = len(arrays["rows"])
        right = arrays["rows"].shape == (rows, used) and arrays["points"].shape == (rows, reducer.dims)
    columns = arrays["columns"]
    right = right and used > 0 and int(columns.min()) >= 0 and int(columns.max()) < reducer.features
    if not right:
        raise FormatError(f"{name}: the reducer's arrays do not fit one another: save it again")
