"""The model of a clustering, stored in the latents file so that new images can be assigned to the same clusters.

`clusters` (N,) int32 and `cluster_confidence` (N,) float32 are the assignment; `cluster_model` is a JSON object
{"schema": "latentkit.clusters/1", "method", "clusters", ...} and `cluster_model_<name>` are its arrays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.assignment import Assignment, module_of
from latentkit.errors import FormatError
from latentkit.formats.latents import Latents
from latentkit.formats.schema import other_schema
from latentkit.formats.stored import axis_lengths, bad_parameter
from latentkit.methods import CLUSTERINGS

__all__ = ["SCHEMA", "Model", "model_in", "with_clusters"]

SCHEMA = "latentkit.clusters/1"
KEY = "cluster_model"

SPACE = {"columns": "F", "mean": "F", "scale": ""}
COMPONENTS = "dF"
AGAIN = "run `latentkit cluster` again"
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
    """A clustering of n latents of `features` dimensions in dims coordinates, fitted to `fitted` of them.

    `chosen` is true if the number of clusters was chosen by the method, and not by the user.
    """

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


def with_clusters(latents: Latents, model: Model, assignment: Assignment) -> Latents:
    """Return the latents with these clusters, their confidence and their model instead of any others."""
    others = {key: array for key, array in latents.arrays.items() if not key.startswith(KEY)}
    meta = {"schema": SCHEMA, **{field: getattr(model, field) for field in FIELDS}}
    return Latents(
        {
            **others,
            "clusters": assignment.labels.astype(np.int32),
            "cluster_confidence": assignment.confidence.astype(np.float32),
            KEY: np.array(json.dumps(meta, allow_nan=False)),
            **{f"{KEY}_{name}": array for name, array in model.arrays.items()},
        },
        latents.meta,
    )


def model_in(latents: Latents, name: str) -> Model:
    """Return the model stored in latents; raise FormatError, naming file and key, if it is missing or incomplete."""
    text = latents.arrays.get(KEY)
    if text is None:
        raise FormatError(f"{name} has no clusters: add them with `latentkit cluster {name}`")
    meta = _read_meta(text, name)
    arrays = {
        key.removeprefix(f"{KEY}_"): array
        for key, array in latents.arrays.items()
        if key.startswith(f"{KEY}_")
    }
    module = module_of(meta["method"])
    axes = {**SPACE, **module.ARRAYS}
    if "components" in arrays:
        axes["components"] = COMPONENTS
    for key in axes:
        if key not in arrays or arrays[key].dtype.kind not in "fiu" or not np.isfinite(arrays[key]).all():
            raise FormatError(f"{name}: {KEY}_{key} is missing or not numeric: {AGAIN}")
    model = Model(**meta, arrays={key: arrays[key] for key in axes})
    lengths = {"k": model.clusters, "d": model.dims}
    if "components" not in arrays:
        lengths["F"] = model.dims
    all_lengths = axis_lengths(model.arrays, axes, lengths)
    if all_lengths is None or not _consistent(model):
        raise FormatError(f"{name}: the arrays of {KEY} do not fit one another: {AGAIN}")
    if bad := bad_parameter(model.parameters, module.PARAMETERS, all_lengths):
        raise FormatError(f"{name}: the parameter '{bad[0]}' of {KEY} is {bad[1]!r}: {AGAIN}")
    return model


def _read_meta(text: NDArray[Any], name: str) -> dict[str, Any]:
    try:
        meta = json.loads(str(text.item())) if text.size == 1 else None
    except (ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict) or not str(meta.get("schema", "")).startswith("latentkit.clusters/"):
        raise FormatError(f"{name}: {KEY} does not describe clusters: {AGAIN}")
    if (schema := meta.pop("schema")) != SCHEMA:
        raise other_schema(schema, SCHEMA, f"{KEY} of {name}")
    wrong = [field for field, kind in FIELDS.items() if not isinstance(meta.get(field), kind)]
    if meta.get("method") not in CLUSTERINGS and "method" not in wrong:
        wrong.append("method")
    if wrong:
        raise FormatError(f"{name}: {', '.join(wrong)} of {KEY} is missing or wrong: {AGAIN}")
    return {field: meta[field] for field in FIELDS}


def _consistent(model: Model) -> bool:
    """Return whether columns, scale, variance and labels have values that the other fields allow."""
    arrays = model.arrays
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
