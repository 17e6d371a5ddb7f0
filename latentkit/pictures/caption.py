"""What must stand under a projection, so that a picture that travels alone is not believed too much."""

from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from latentkit.methods import PROJECTIONS
from latentkit.pictures import lettering

__all__ = ["Caption", "caption", "lettered", "name_of"]


class Caption(NamedTuple):
    """The title above, the text beneath, the names of the axes, and whether distances along them mean
    something (else they get no numbers)."""

    title: str
    text: str
    axes: tuple[str, ...]
    metric: bool


def caption(method: str, n: int, dims: int, info: Mapping[str, Any]) -> Caption:
    """The caption of a projection by method of n images, from what the file knows of it, be it nothing."""
    name = name_of(method)
    images = f"{n:,} image{'' if n == 1 else 's'}"
    facts = []
    if isinstance(info.get("seed"), int):
        facts.append(f"seed {info['seed']}")
    if isinstance(info.get("fitted_on"), int):
        facts.append(f"placed in a picture of {info['fitted_on']:,} others")
    facts += _fidelity(info.get("fidelity"))
    share = _numbers(_mapping(info.get("parameters")).get("explained_variance_ratio"))
    axes = tuple(f"{name} {i + 1}" for i in range(dims))
    if len(share) >= dims:
        of = " of the variance" if dims == 2 else ""
        axes = tuple(f"{axis} ({part:.1%}{of})" for axis, part in zip(axes, share, strict=False))
    metric = method == "mu" or (method in PROJECTIONS and PROJECTIONS[method].linear)
    if not metric:
        facts.append("sizes of islands and gaps between them mean little")
    return Caption(f"{name} of {images}", " · ".join(facts), axes, metric)


def name_of(method: str) -> str:
    """Return the title of a projection method; latents of 2 or 3 dimensions ("mu") are their own picture."""
    return "Latent space" if method == "mu" else PROJECTIONS.title(method)


def lettered(given: Caption, drawable: Container[int]) -> Caption:
    """The caption made fit to be drawn: the name of a method comes from a file."""
    title, *axes = lettering.fit([given.title, *given.axes], drawable, 60)
    return given._replace(title=title, axes=tuple(axes))


def _fidelity(found: Any) -> list[str]:
    figures = {key: _mapping(value).get("value") for key, value in _mapping(found).items()}
    named = {"trustworthiness": "trustworthiness", "continuity": "continuity", "kept": "neighbors kept"}
    shown = [
        f"{word} {figures[key]:.2f}"
        for key, word in named.items()
        if isinstance(figures.get(key), int | float)
    ]
    return [", ".join(shown)] if shown else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _numbers(value: Any) -> list[float]:
    return value if isinstance(value, list) and all(isinstance(x, int | float) for x in value) else []
