"""The projections in the latents, the one that is asked for or the latest first."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.latents import Latents
from latentkit.pictures import Caption, caption
from latentkit.pictures.caption import title
from latentkit.projection import select_projection

__all__ = ["View", "views"]


class View(NamedTuple):
    """A projection under the name that its tab bears: points (N, 2 or 3) float32."""

    name: str
    points: NDArray[np.float32]
    caption: Caption


def views(latents: Latents, method: str | None = None) -> list[View]:
    """At least one; ProjectionError where there is none, or not the one that is asked for."""
    first = select_projection(latents, method).method
    others = [method for method in latents.projections() if method != first]
    return [_view(latents, each) for each in (first, *others)]


def _view(latents: Latents, method: str) -> View:
    found = select_projection(latents, method)
    words = caption(method, len(latents), found.points.shape[1], found.info)
    return View(title(method), found.points, words)
