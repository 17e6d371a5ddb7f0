"""The interactive scatter plot: its markup and the data that its script draws, on a page of its own or in a report."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.latents import Latents, Projection
from latentkit.images import Source
from latentkit.page.columns import Column, columns
from latentkit.page.document import Page, document, static
from latentkit.page.markup import Markup, tag
from latentkit.page.sheets import sheets
from latentkit.page.thumbnails import Progress, Thumbnails, load_matching, thumbnails
from latentkit.pictures import THEMES, caption, coloring
from latentkit.pictures.caption import title
from latentkit.pictures.palette import MAX_CLASSES
from latentkit.projection import select_projection

__all__ = ["Explorer", "explorer", "plot_page", "views"]

NO_THUMBNAILS = (
    "No thumbnails: the latents have none. Add them with `latentkit embed --thumbnails 32`, "
    "or name the images with --images."
)
TOO_MANY = "No thumbnails: there are too many images for one page."
RAMP = 64
"""Number of colors of a quantity."""


class Explorer(NamedTuple):
    """A part of a page with the data for its script, as `document` takes them."""

    body: Markup
    data: dict[str, Any]
    blocks: dict[str, bytes]
    notes: tuple[str, ...]
    """Notes on the thumbnails for the user, which the page shows too."""


def plot_page(
    latents: Latents,
    *,
    method: str | None = None,
    color: str | None = None,
    images: Sequence[Source] | None = None,
    cache: bool = True,
    progress: Progress | None = None,
) -> Page:
    """Return the page that `plot -o F.html` writes.

    Thumbnails are those of `images`, else those stored in the latents. Raises what `explorer` and `load_matching`
    raise.
    """
    pictures = None
    if images is not None:
        pictures = thumbnails(latents, load_matching(latents, images, cache=cache, progress=progress))
    plot = explorer(latents, method=method, color=color, thumbnails=pictures)
    n = len(latents)
    heading = f"Latent space of {n:,} image{'' if n == 1 else 's'}"
    return Page(document(heading, [tag("h1", heading), plot.body], plot.data, plot.blocks), plot.notes)


def explorer(
    latents: Latents,
    *,
    method: str | None = None,
    color: str | None = None,
    thumbnails: Thumbnails | None = None,
) -> Explorer:
    """Return the plot of all projections. It opens with that by `method`, or the latest, colored by `color`.

    Thumbnails are those given, else those stored in the latents; if there are none, a note tells why.
    Raises ProjectionError for a missing projection and PictureError for an array that cannot be a color.
    """
    projections = views(latents, method)
    if color is not None:
        coloring(latents, color)
    known = columns(latents, color)
    blocks: dict[str, bytes] = {}
    pictures, notes = _sheets(latents, thumbnails, blocks)
    data = {
        "ids": latents.ids.tolist(),
        "views": [_view(view, blocks) for view in projections],
        "columns": [_column(column, blocks) for column in known],
        "color": _first_color(known, color),
        "palette": _palette(),
        "sheets": pictures,
        "note": " ".join(notes),
    }
    return Explorer(Markup(static("explorer.html")), data, blocks, notes)


def views(latents: Latents, method: str | None = None) -> list[Projection]:
    """Return every projection, that by `method` or the latest first; ProjectionError if there is none or not that one."""
    first = select_projection(latents, method)
    others = [other for other in latents.projections() if other != first.method]
    return [first, *(select_projection(latents, other) for other in others)]


def _first_color(known: Sequence[Column], color: str | None) -> str | None:
    """Return the key that colors the page when it opens; None for one color."""
    if color is not None:
        return color
    return next((column.key for column in known if column.key in ("labels", "clusters")), None)


def _view(view: Projection, blocks: dict[str, bytes]) -> dict[str, Any]:
    text = caption(view.method, len(view.points), view.points.shape[1], view.info)
    return {
        "name": title(view.method),
        "dims": view.points.shape[1],
        "axes": list(text.axes),
        "metric": text.metric,
        "caption": " \u00b7 ".join(part for part in (text.title, text.text) if part),
        "points": _array(view.points, "f4", blocks),
    }


def _column(column: Column, blocks: dict[str, bytes]) -> dict[str, Any]:
    kind = column.values.dtype.str.lstrip("<>|=")
    data = {"key": column.key, "title": column.title, "values": _array(column.values, kind, blocks)}
    if column.names is None:
        return {**data, "names": None, "low": column.low, "high": column.high}
    names = {"names": list(column.names), "places": list(column.places), "legend": list(column.legend)}
    return {**data, **names, "rest": column.rest}


def _sheets(
    latents: Latents, given: Thumbnails | None, blocks: dict[str, bytes]
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return the sheets of thumbnails, None if there are none, and the notes for the user."""
    images = latents.thumbnails if given is None else given.images
    if images is None:
        return None, (NO_THUMBNAILS,)
    if (encoded := sheets(images)) is None:
        return None, (TOO_MANY,)
    data = encoded._asdict() | {"ids": [_add(picture, blocks) for picture in encoded.pictures]}
    del data["pictures"]
    if given is not None:
        data["place"] = _array(given.place, "i4", blocks)
    return data, () if given is None else given.notes


def _palette() -> Mapping[str, Any]:
    """Return by theme the look of each entry of a legend, the color of no class, and the colors of a quantity."""
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

    return [to_hex(colormaps["viridis"](at)) for at in np.linspace(first, last, RAMP)]


def _array(array: NDArray[Any], kind: str, blocks: dict[str, bytes]) -> dict[str, str]:
    """Add the bytes of an array, little-endian, and return its kind and id."""
    return {"kind": kind, "id": _add(np.ascontiguousarray(array, f"<{kind}").tobytes(), blocks)}


def _add(block: bytes, blocks: dict[str, bytes]) -> str:
    id = f"b{len(blocks)}"
    blocks[id] = block
    return id
