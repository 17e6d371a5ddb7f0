"""The interactive scatter: its markup, and the data that its script draws."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.latents import Latents
from latentkit.page.columns import Column, columns
from latentkit.page.document import static
from latentkit.page.markup import Markup
from latentkit.page.sheets import sheets
from latentkit.page.views import View, views
from latentkit.pictures import THEMES, coloring
from latentkit.pictures.palette import MAX_CLASSES

__all__ = ["Explorer", "Thumbnails", "explorer"]

WITHOUT = "No thumbnails: the latents carry none. `latentkit embed --thumbnails 32` makes some, or name the images with --images."
TOO_MANY = "No thumbnails: these are too many images for one page."


class Thumbnails(NamedTuple):
    """images (M, h, w, C) uint8; place (N,) the thumbnail of each row, -1 for none; what is to be said of them."""

    images: NDArray[np.uint8]
    place: NDArray[np.int32]
    words: tuple[str, ...] = ()


class Explorer(NamedTuple):
    """One part of a page, and what `document` needs for its script."""

    body: Markup
    data: dict[str, Any]
    blocks: dict[str, bytes]
    words: tuple[str, ...]
    """What is to be said of the thumbnails; the page says it too."""


def explorer(
    latents: Latents,
    *,
    method: str | None = None,
    color: str | None = None,
    thumbnails: Thumbnails | None = None,
) -> Explorer:
    """The projections of the latents, the one by `method` or the latest first, colored by `color` at first.

    Thumbnails are those given, else those that the latents carry; without any the page says so.
    Raises ProjectionError for a projection and PictureError for a coloring that there is not.
    """
    shown = views(latents, method)
    if color is not None:
        coloring(latents, color)
    known = columns(latents, color)
    blocks: dict[str, bytes] = {}
    pictures, words = _pictures(latents, thumbnails, blocks)
    data = {
        "ids": latents.ids.tolist(),
        "views": [_view(view, blocks) for view in shown],
        "columns": [_column(column, blocks) for column in known],
        "color": _first(known, color),
        "palette": _palette(),
        "sheets": pictures,
        "note": " ".join(words),
    }
    return Explorer(Markup(static("explorer.html")), data, blocks, words)


def _first(known: Sequence[Column], color: str | None) -> str | None:
    """The key that colors the page when it opens; None for one color."""
    if color is not None:
        return color
    return next((column.key for column in known if column.key in ("labels", "clusters")), None)


def _view(view: View, blocks: dict[str, bytes]) -> dict[str, Any]:
    words = view.caption
    return {
        "name": view.name,
        "dims": view.points.shape[1],
        "axes": list(words.axes),
        "metric": words.metric,
        "caption": " \u00b7 ".join(part for part in (words.title, words.text) if part),
        "points": _block(view.points, "f4", blocks),
    }


def _column(column: Column, blocks: dict[str, bytes]) -> dict[str, Any]:
    kind = column.values.dtype.str.lstrip("<>|=")
    told = {"key": column.key, "title": column.title, "values": _block(column.values, kind, blocks)}
    if column.names is None:
        return {**told, "names": None, "low": column.low, "high": column.high}
    names = {"names": list(column.names), "places": list(column.places), "legend": list(column.legend)}
    return {**told, **names, "rest": column.rest}


def _pictures(
    latents: Latents, given: Thumbnails | None, blocks: dict[str, bytes]
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The sheets, None for none, and what is to be said of them."""
    images = latents.thumbnails if given is None else given.images
    if images is None:
        return None, (WITHOUT,)
    if (made := sheets(images)) is None:
        return None, (TOO_MANY,)
    held = made._asdict() | {"ids": [_add(picture, blocks) for picture in made.pictures]}
    del held["pictures"]
    if given is not None:
        held["place"] = _block(given.place, "i4", blocks)
    return held, () if given is None else given.words


def _palette() -> Mapping[str, Any]:
    """By theme: the look of each place in a legend, of what belongs to no class, and the colors of a quantity."""
    return {
        name: {
            "looks": [list(theme.look(i)) for i in range(MAX_CLASSES)],
            "unlabeled": theme.unlabeled,
            "ramp": _ramp(*theme.shades),
        }
        for name, theme in THEMES.items()
    }


def _ramp(first: float, last: float) -> list[str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](at)) for at in np.linspace(first, last, 64)]


def _block(array: NDArray[Any], kind: str, blocks: dict[str, bytes]) -> dict[str, str]:
    """The bytes of an array, little-endian, under an id of their own."""
    return {"kind": kind, "id": _add(np.ascontiguousarray(array, f"<{kind}").tobytes(), blocks)}


def _add(block: bytes, blocks: dict[str, bytes]) -> str:
    id = f"b{len(blocks)}"
    blocks[id] = block
    return id
