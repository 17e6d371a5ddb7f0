"""The caption of a projection: what a reader must know so as not to trust the plot too much."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.projections import POORLY, grade
from latentkit.methods import PROJECTIONS
from latentkit.pictures import text_metrics

__all__ = ["Caption", "Panel", "caption", "drawable_caption", "panel", "relabel", "title"]


class Caption(NamedTuple):
    """The title above a plot, the text below it and the names of its axes.

    `metric` tells whether distances along the axes are meaningful; the axes have no numbers otherwise.
    """

    title: str
    text: str
    axes: tuple[str, ...]
    metric: bool


class Panel(NamedTuple):
    """One projection to draw: points (N, 2 or 3) and their caption."""

    points: NDArray[np.floating]
    caption: Caption


def panel(method: str, points: NDArray[np.floating], info: Mapping[str, Any]) -> Panel:
    """Return a projection with its caption, from what the latents file records about it."""
    dims = points.shape[1] if points.ndim == 2 else 0
    return Panel(points, caption(method, len(points), dims, info))


def caption(method: str, n: int, dims: int, info: Mapping[str, Any]) -> Caption:
    """Return the caption of a projection of n images, from what the latents file records about it, if anything."""
    name = title(method)
    # The warning is the first: nothing that shortens a caption may leave it out.
    facts = [f"neighborhoods are preserved {POORLY}"] if grade(info) == POORLY else []
    if isinstance(info.get("seed"), int):
        facts.append(f"seed {info['seed']}")
    if isinstance(info.get("fitted_on"), int):
        facts.append(f"placed into a projection of {info['fitted_on']:,} other images")
    facts += _fidelity(info.get("fidelity"))
    share = _numbers(_mapping(info.get("parameters")).get("explained_variance_ratio"))
    axes = tuple(f"{name} {i + 1}" for i in range(dims))
    if len(share) >= dims:
        of = " of the variance" if dims == 2 else ""
        axes = tuple(f"{axis} ({part:.1%}{of})" for axis, part in zip(axes, share, strict=False))
    metric = method == "mu" or (method in PROJECTIONS and PROJECTIONS[method].linear)
    if not metric:
        facts.append("cluster sizes and the distances between clusters are not meaningful")
    return Caption(f"{name} of {n:,} image{'' if n == 1 else 's'}", " · ".join(facts), axes, metric)


def relabel(panels: Sequence[Panel], title: str | None, *, caption: bool) -> list[Panel]:
    """Return panels with another title, empty for none, and perhaps without their text.

    Each of several panels keeps its own title behind that of all.
    """
    relabeled = []
    for panel in panels:
        own = panel.caption
        heading = own.title if title is None else title
        if title and len(panels) > 1:
            heading = f"{title}: {own.title}"
        text = own.text if caption else ""
        relabeled.append(panel._replace(caption=own._replace(title=heading, text=text)))
    return relabeled


def title(method: str) -> str:
    """Return the title of a projection method; latents of 2 or 3 dimensions ("mu") are drawn as they are."""
    return "Latent space" if method == "mu" else PROJECTIONS.title(method)


def drawable_caption(caption: Caption, drawable: Container[int] | None = None) -> Caption:
    """Return the caption as it can be drawn: the name of a method comes from a file (see `text_metrics.fit`)."""
    title, *axes = text_metrics.fit([caption.title, *caption.axes], drawable, 60)
    return caption._replace(title=title, axes=tuple(axes))


def _fidelity(scores: Any) -> list[str]:
    values = {key: _mapping(score).get("value") for key, score in _mapping(scores).items()}
    names = {"trustworthiness": "trustworthiness", "continuity": "continuity", "kept": "neighbors kept"}
    parts = [
        f"{name} {values[key]:.2f}" for key, name in names.items() if isinstance(values.get(key), int | float)
    ]
    return [", ".join(parts)] if parts else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _numbers(value: Any) -> list[float]:
    return value if isinstance(value, list) and all(isinstance(x, int | float) for x in value) else []
