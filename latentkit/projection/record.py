"""Projections in a latents file: several live in one, side by side, and one is the latest.

`projection_<method>` (N, 2|3) float32 holds the points and `projection_info` one JSON object,
{"latest": method, "methods": {method: {...}}}, what is known of each.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents
from latentkit.projection.views import Projection

__all__ = ["Recorded", "chosen", "recorded", "with_projection"]

PREFIX = "projection_"
INFO = "projection_info"


class Recorded(NamedTuple):
    """A projection found in a file; info is {} if nothing is known of it."""

    method: str
    points: NDArray[np.float32]
    info: Mapping[str, Any]


def with_projection(latents: Latents, projection: Projection) -> Latents:
    """The latents with the projection added, or put in the place of that of the same method; it is now
    the latest. Those of other methods stay."""
    method = projection.reducer.method
    info = _info(latents)
    info = {"latest": method, "methods": {**info["methods"], method: dict(projection.info)}}
    arrays = {f"{PREFIX}{method}": projection.points, INFO: np.array(json.dumps(info, allow_nan=False))}
    return latents.with_arrays(**arrays)


def recorded(latents: Latents, method: str | None = None) -> Recorded:
    """The projection by a method, or the latest; latents of 2 or 3 dimensions are their own picture ("mu").

    Raises ProjectionError naming the methods there are.
    """
    info = _info(latents)
    there = [key.removeprefix(PREFIX) for key in latents.arrays if key.startswith(PREFIX) and key != INFO]
    if not there and method in (None, "mu") and latents.mu.shape[1] in (2, 3):
        return Recorded("mu", latents.mu, {})
    if not there:
        raise ProjectionError(
            f"the latents hold no projection: pipe them through `latentkit project{_option(method)}` first"
        )
    chosen = method or (info["latest"] if info["latest"] in there else there[-1])
    if chosen not in there:
        raise ProjectionError(
            f"the latents hold no projection by '{chosen}', only by {', '.join(there)}: "
            f"pipe them through `latentkit project --method {chosen}` first"
        )
    return Recorded(chosen, latents.arrays[f"{PREFIX}{chosen}"], info["methods"].get(chosen, {}))


def chosen(latents: Latents, method: str | None = None) -> list[Recorded]:
    """The projections to be drawn: all there are, in the order of the file, for "all", else the one that `recorded`
    finds."""
    if method != "all":
        return [recorded(latents, method)]
    there = [key.removeprefix(PREFIX) for key in latents.arrays if key.startswith(PREFIX) and key != INFO]
    return [recorded(latents, name) for name in there] or [recorded(latents)]


def _option(method: str | None) -> str:
    return f" --method {method}" if method else ""


def _info(latents: Latents) -> dict[str, Any]:
    """projection_info, which reading has checked; what it says of a method may still be anything."""
    text = latents.arrays.get(INFO)
    info = {"latest": None, "methods": {}} if text is None else json.loads(str(text.item()))
    known = {method: value for method, value in info["methods"].items() if isinstance(value, dict)}
    return {"latest": info["latest"], "methods": known}
