"""Define and check the schema of latents, latentkit.latents/1.

    ids                 (N,)        text      unique, in the order of the rows
    mu                  (N, D)      float32   posterior means
    logvar              (N, D)      float32   posterior log variances
    mse                 (N,)        float32   squared error per pixel of the reconstruction
    pixel_variance      (N,)        float32   squared difference per pixel from the mean training image
    split               (N,)        text      train, validation or unseen
    labels              (N,)        text      "" if unlabeled
    digest              (N,)        text      hex of the image's content
    baseline            (N, D')     float32   PCA of the pixels
    thumbnails          (N, h, w, C) uint8    C is 1 or 3
    projection_<method> (N, 2|3)    float32
    projection_info     ()          text      JSON {"latest": method, "methods": {method: {...}}}
    clusters            (N,)        int32
    cluster_confidence  (N,)        float32

`ids` and `mu` are required. Numbers are finite. Any other array passes through untouched.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import projections

__all__ = [
    "SCHEMA",
    "SPLITS",
    "ArraySpec",
    "check",
    "not_finite",
    "not_unique",
    "other_schema",
    "parse_meta",
    "spec_of",
]

SCHEMA = "latentkit.latents/1"
SPLITS = ("train", "validation", "unseen")


class ArraySpec(NamedTuple):
    """The dtype of an array, and the allowed lengths of each axis after the first (None: any)."""

    dtype: str
    axes: tuple[tuple[int, ...] | None, ...] = ()


_SPECS = {
    "ids": ArraySpec("U"),
    "mu": ArraySpec("f4", (None,)),
    "logvar": ArraySpec("f4", (None,)),
    "mse": ArraySpec("f4"),
    "pixel_variance": ArraySpec("f4"),
    "split": ArraySpec("U"),
    "labels": ArraySpec("U"),
    "digest": ArraySpec("U"),
    "baseline": ArraySpec("f4", (None,)),
    "thumbnails": ArraySpec("u1", (None, None, (1, 3))),
    "clusters": ArraySpec("i4"),
    "cluster_confidence": ArraySpec("f4"),
}
_PROJECTION = ArraySpec("f4", ((2, 3),))


def spec_of(key: str) -> ArraySpec | None:
    """Return the specification of the array `key`; None if the schema does not define it."""
    if projections.is_projection(key):
        return _PROJECTION
    return _SPECS.get(key)


def parse_meta(array: NDArray[Any], name: str) -> dict[str, Any]:
    """Return the JSON object under `schema`; raise FormatError if it is of another major version."""
    text = str(array.item()) if array.size == 1 else str(array.shape)
    try:
        meta = json.loads(text)
        match = re.fullmatch(r"([\w.]+)/(\d{1,9})(\.\d+)?", meta["schema"])
    except (ValueError, RecursionError, TypeError, KeyError):
        match = None
    if match is None:
        raise FormatError(f"{name}: schema is not that of latents: {text[:60]!r}")
    if match[1] != "latentkit.latents":
        raise FormatError(f"{name} is {match[0]}, not latents: make latents with `latentkit embed`")
    if int(match[2]) != 1:
        raise other_schema(match[0], SCHEMA, name)
    return dict(meta)


def other_schema(found: str, readable: str, name: str) -> FormatError:
    """Return the error for a file of another schema than this version reads; only a newer one asks to upgrade."""
    kind, _, version = readable.partition("/")
    match = re.fullmatch(rf"{re.escape(kind)}/(\d{{1,9}})(\.\d+)?", found)
    if match is None:
        return FormatError(
            f"{name} has the unknown schema {found[:60]!r}, not {readable}: it is damaged, or not of latentkit; make it again"
        )
    if int(match[1]) > int(version):
        return FormatError(
            f"{name} is {found}, written by a newer latentkit: upgrade this one, which reads {readable}"
        )
    return FormatError(
        f"{name} is {found}, written by an older latentkit: make it again; this one reads {readable}"
    )


def check(arrays: Mapping[str, NDArray[Any]], name: str, *, advice: str = "") -> None:
    """Check every array against the schema, and their lengths against each other.

    Raises FormatError naming `name`, the key and, if a single value is wrong, its row and id. `advice` is what to do
    about rows that are not finite.
    """
    for key in ("ids", "mu"):
        if key not in arrays:
            raise FormatError(f"{name} has no {key!r}, only {', '.join(arrays) or 'nothing'}")
    for key in ("mu", *arrays):  # mu first, because the others are compared with it
        _check_shape(key, arrays[key], arrays["mu"].shape[0] if arrays["mu"].ndim else 0, name)
    ids = arrays["ids"]
    if "logvar" in arrays and arrays["logvar"].shape != arrays["mu"].shape:
        raise FormatError(
            f"{name}: logvar is {arrays['logvar'].shape}, but mu is {arrays['mu'].shape}: they must agree"
        )
    for key, array in arrays.items():
        if spec_of(key) is not None and array.dtype.kind == "f":
            _check_finite(key, array, ids, name, advice)
    _check_unique(ids, name)
    if "split" in arrays:
        for row in np.flatnonzero(~np.isin(arrays["split"], SPLITS))[:1]:
            raise FormatError(
                f"{name}: split of row {row} ({str(ids[row])!r}) is {str(arrays['split'][row])!r}, "
                f"not one of {', '.join(SPLITS)}"
            )
    if projections.INFO_KEY in arrays:
        _check_info(arrays, name)


def not_unique(first: int, later: int, id_: str, name: str) -> FormatError:
    """Return the error for two rows that have the same id."""
    return FormatError(f"{name}: rows {first} and {later} have the same id {id_!r}: ids must be unique")


def _check_shape(key: str, array: NDArray[Any], rows: int, name: str) -> None:
    spec = spec_of(key)
    if spec is None:
        return
    if array.dtype.str.lstrip("<>|=")[: len(spec.dtype)] != spec.dtype:
        raise FormatError(f"{name}: {key} is {array.dtype}; it must be {np.dtype(spec.dtype).name}")
    if array.ndim != 1 + len(spec.axes):
        raise FormatError(f"{name}: {key} is {array.shape}; it must be {1 + len(spec.axes)}-dimensional")
    if 0 in array.shape:
        raise FormatError(f"{name}: {key} is {array.shape}, which is empty")
    if len(array) != rows:
        raise FormatError(f"{name}: {key} has {len(array)} rows but mu has {rows}: they must agree")
    for axis, (length, allowed) in enumerate(zip(array.shape[1:], spec.axes, strict=True), 1):
        if allowed is not None and length not in allowed:
            raise FormatError(
                f"{name}: {key} is {array.shape}; axis {axis} must be {' or '.join(map(str, allowed))}"
            )


def _check_finite(key: str, array: NDArray[Any], ids: NDArray[Any], name: str, advice: str) -> None:
    wrong = not_finite(array)
    if len(wrong):
        row = int(wrong[0])
        count = f" (the first of {len(wrong)} such rows, of {len(array)})" if len(wrong) > 1 else ""
        raise FormatError(f"{name}: {key} of row {row} ({str(ids[row])!r}) is not finite{count}{advice}")


def not_finite(array: NDArray[Any]) -> NDArray[np.intp]:
    """Return the rows that hold a NaN or an infinity."""
    found = [
        start + np.flatnonzero(~np.isfinite(block).reshape(len(block), -1).all(axis=1))
        for start, block in blocks(array)
    ]
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _check_unique(ids: NDArray[Any], name: str) -> None:
    rows: dict[str, int] = {}
    for row, id in enumerate(ids.tolist()):
        if rows.setdefault(id, row) != row:
            raise not_unique(rows[id], row, id, name)


def _check_info(arrays: Mapping[str, NDArray[Any]], name: str) -> None:
    try:
        info = projections.read_info(arrays) or {}
        latest, methods = info["latest"], info["methods"]
        valid = isinstance(methods, dict) and latest in methods
        missing = [method for method in methods if projections.key_of(method) not in arrays] if valid else []
    except (ValueError, RecursionError, TypeError, KeyError):
        valid, missing = False, []
    if not valid:
        raise FormatError(
            f'{name}: projection_info is not JSON {{"latest": method, "methods": {{method: ...}}}}'
        )
    for method in missing:
        raise FormatError(
            f"{name}: projection_info describes {method!r}, but there is no {projections.key_of(method)}"
        )


def blocks(array: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield blocks of about 4 MiB with the row each begins at, so that a mapped array is never read whole."""
    rows = max(1, (4 << 20) // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]
