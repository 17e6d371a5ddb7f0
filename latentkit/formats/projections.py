"""Projections among the arrays of latents: several can live side by side, and one is the latest.

`projection_<method>` (N, 2|3) float32 holds the points and `projection_info` one JSON object,
{"latest": method, "methods": {method: {...}}}. No other module knows these keys.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ProjectionError

__all__ = [
    "INFO_KEY",
    "POORLY",
    "Projection",
    "add",
    "find_all",
    "grade",
    "is_projection",
    "key_of",
    "latest",
    "read_info",
]

INFO_KEY = "projection_info"
_PREFIX = "projection_"
POORLY = "poorly: do not judge classes by them"

Arrays = Mapping[str, NDArray[Any]]


class Projection(NamedTuple):
    """The points of a method, (N, 2) or (N, 3), and what is recorded about them: {} if nothing is."""

    method: str
    points: NDArray[np.float32]
    info: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Name of the array of points."""
        return key_of(self.method)


def key_of(method: str) -> str:
    """Return the name of the array that holds the points of a method."""
    return f"{_PREFIX}{method}"


def is_projection(key: str) -> bool:
    """Return True if `key` names an array of projected points."""
    return key.startswith(_PREFIX) and key != INFO_KEY


def read_info(arrays: Arrays) -> dict[str, Any] | None:
    """Return the JSON object under `projection_info`; None if there is none."""
    text = arrays.get(INFO_KEY)
    return None if text is None else dict(json.loads(str(text.item())))


def find_all(arrays: Arrays) -> dict[str, Projection]:
    """Return every projection by method, in file order."""
    methods = (read_info(arrays) or {}).get("methods", {})
    return {
        method: Projection(method, array, _recorded(methods, method))
        for method, array in (
            (key.removeprefix(_PREFIX), arrays[key]) for key in arrays if is_projection(key)
        )
    }


def latest(arrays: Arrays, method: str | None = None) -> Projection:
    """Return the projection by `method`, or the latest; raise ProjectionError if there is no such projection."""
    projections = find_all(arrays)
    if not projections:
        option = f" --method {method}" if method else ""
        raise ProjectionError(
            f"the latents hold no projection: pipe them through `latentkit project{option}` first"
        )
    if method is None:
        method = (read_info(arrays) or {}).get("latest")
        return projections.get(str(method)) or list(projections.values())[-1]
    if method not in projections:
        method = next((name for name in projections if name.lower() == method.lower()), method)
    if method not in projections:
        raise ProjectionError(
            f"the latents hold no projection by {method!r}, only by {', '.join(projections)}: "
            f"pipe them through `latentkit project --method {method}` first"
        )
    return projections[method]


def add(arrays: Arrays, projection: Projection) -> dict[str, NDArray[Any]]:
    """Return the arrays with a projection added, or replaced in place; it becomes the latest."""
    methods = {
        method: dict(info)
        for method, info in (read_info(arrays) or {}).get("methods", {}).items()
        if isinstance(info, dict)
    }
    methods[projection.method] = dict(projection.info)
    info = {"latest": projection.method, "methods": methods}
    text = np.array(json.dumps(info, allow_nan=False))
    return {**arrays, projection.key: projection.points, INFO_KEY: text}


def grade(info: Mapping[str, Any]) -> str | None:
    """Return how neighborhoods are preserved, as an adverb, by what is recorded about a projection; None if nothing is.

    The worse of trustworthiness and continuity counts (Venna and Kaski 2001).
    """
    scores = info.get("fidelity")
    recorded = (
        [scores.get(name) for name in ("trustworthiness", "continuity")] if isinstance(scores, dict) else []
    )
    values = [score.get("value") for score in recorded if isinstance(score, dict)]
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) < 2:
        return None
    worse = min(numbers)
    return "well" if worse >= 0.95 else "fairly" if worse >= 0.85 else POORLY


def _recorded(methods: Mapping[str, Any], method: str) -> Mapping[str, Any]:
    """Return what is recorded about a method; a file may hold any JSON there."""
    info = methods.get(method)
    return info if isinstance(info, dict) else {}
