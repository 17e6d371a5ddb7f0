"""The model that made clusters, riding along in the latents file so that new images get the same ones.

`clusters` (N,) int32 and `cluster_confidence` (N,) float32 say who belongs where; `cluster_model` is a
JSON object {"schema": "latentkit.clusters/1", "method", "clusters", ...} and `cluster_model_<name>` are its arrays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.found import Assigned
from latentkit.errors import FormatError
from latentkit.formats.latents import Latents

__all__ = ["SCHEMA", "Model", "model_in", "with_clusters"]

SCHEMA = "latentkit.clusters/1"
KEY = "cluster_model"

SPACE = {"columns": "F", "mean": "F", "scale": ""}
SHAPES: Mapping[str, Mapping[str, str]] = {
    "kmeans": {**SPACE, "centres": "kd", "variance": ""},
    "gmm": {**SPACE, "weights": "k", "means": "kd", "factors": "kdd"},
    "hdbscan": {**SPACE, "rows": "md", "labels": "m", "probabilities": "m", "reach": "k"},
    "n2d": {**SPACE, "rows": "md", "layout": "me", "weights": "k", "means": "ke", "factors": "kee"},
}
"""The arrays of each method and their axes by letter: k clusters, d dims; the same letter is the same length."""
COMPONENTS = "dF"
FIELDS: Mapping[str, type] = {
    "method": str,
    "clusters": int,
    "features": int,
    "dims": int,
    "n": int,
    "fitted": int,
    "seed": int,
    "chosen": bool,
    "parameters": dict,
    "versions": dict,
}


@dataclass(frozen=True)
class Model:
    """A clustering of n latents of `features` dimensions, in dims coordinates, fitted on `fitted` of them;
    chosen says whether nobody had asked for that number of clusters."""

    method: str
    clusters: int
    features: int
    dims: int
    n: int
    fitted: int
    seed: int
    chosen: bool
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    arrays: Mapping[str, NDArray[Any]]


def with_clusters(latents: Latents, model: Model, assigned: Assigned) -> Latents:
    """The latents with clusters, confidence and model; those of another model give way."""
    others = {key: array for key, array in latents.arrays.items() if not key.startswith(KEY)}
    meta = {"schema": SCHEMA, **{field: getattr(model, field) for field in FIELDS}}
    return Latents(
        {
            **others,
            "clusters": assigned.labels.astype(np.int32),
            "cluster_confidence": assigned.confidence.astype(np.float32),
            KEY: np.array(json.dumps(meta, allow_nan=False)),
            **{f"{KEY}_{name}": array for name, array in model.arrays.items()},
        },
        latents.meta,
    )


def model_in(latents: Latents, name: str) -> Model:
    """The model that rides along in latents; FormatError names the file and the key if there is no whole one."""
    text = latents.arrays.get(KEY)
    if text is None:
        raise FormatError(f"{name} holds no clusters: make them with `latentkit cluster {name}`")
    meta = _meta(text, name)
    arrays = {
        key.removeprefix(f"{KEY}_"): array
        for key, array in latents.arrays.items()
        if key.startswith(f"{KEY}_")
    }
    shapes = dict(SHAPES[meta["method"]])
    if "components" in arrays:
        shapes["components"] = COMPONENTS
    for key in shapes:
        if key not in arrays or arrays[key].dtype.kind not in "fiu" or not np.isfinite(arrays[key]).all():
            raise FormatError(f"{name}: {KEY}_{key} is missing or not numbers: run `latentkit cluster` again")
    model = Model(**meta, arrays={key: arrays[key] for key in shapes})
    if not _fits(model, shapes):
        raise FormatError(
            f"{name}: the arrays of {KEY} do not fit one another: run `latentkit cluster` again"
        )
    return model


def _meta(text: NDArray[Any], name: str) -> dict[str, Any]:
    try:
        meta = json.loads(str(text.item())) if text.size == 1 else None
    except (ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict) or not str(meta.get("schema", "")).startswith("latentkit.clusters/"):
        raise FormatError(f"{name}: {KEY} is not that of clusters: run `latentkit cluster` again")
    if meta.pop("schema") != SCHEMA:
        raise FormatError(
            f"{name}: its clusters are of a newer latentkit, and this one reads {SCHEMA}: update it"
        )
    wrong = [field for field, kind in FIELDS.items() if not isinstance(meta.get(field), kind)]
    if meta.get("method") not in SHAPES and "method" not in wrong:
        wrong.append("method")
    if wrong:
        raise FormatError(
            f"{name}: {KEY} lacks or misstates {', '.join(wrong)}: run `latentkit cluster` again"
        )
    return {field: meta[field] for field in FIELDS}


def _fits(model: Model, shapes: Mapping[str, str]) -> bool:
    arrays = model.arrays
    lengths = {"k": model.clusters, "d": model.dims}
    if "components" not in arrays:
        lengths["F"] = model.dims
    for key, axes in shapes.items():
        if arrays[key].ndim != len(axes):
            return False
        for axis, length in zip(axes, arrays[key].shape, strict=True):
            if lengths.setdefault(axis, length) != length:
                return False
    columns, labels = arrays["columns"], arrays.get("labels")
    return (
        columns.dtype.kind in "iu"
        and len(columns) > 0
        and int(columns.min()) >= 0
        and int(columns.max()) < model.features
        and float(arrays["scale"]) > 0
        and float(arrays.get("variance", 0)) >= 0
        and (labels is None or (labels.dtype.kind == "i" and int(labels.max()) < model.clusters))
    )
