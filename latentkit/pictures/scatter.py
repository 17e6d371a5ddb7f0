"""Projections as a figure that is legible at a glance: PNG, SVG, PDF, or characters.

The legend stands beside the points or beneath them, never on them; nothing is cut off, whatever the width.
Several projections of the same images become small multiples with one legend.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures import lettering
from latentkit.pictures.caption import Caption, caption, lettered
from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.contours import contours
from latentkit.pictures.inlays import inlay
from latentkit.pictures.layout import Layout, lay_out
from latentkit.pictures.legend import extent, legend
from latentkit.pictures.naming import Box, name_classes
from latentkit.pictures.points import draw
from latentkit.pictures.render import resize, settings, sheet, to_bytes, width_of
from latentkit.pictures.style import Style, Theme
from latentkit.pictures.thumbnails import Thumbnails

__all__ = ["Panel", "panel", "scatter"]


class Panel(NamedTuple):
    """One projection: points (N, 2|3), and what must stand with them."""

    points: NDArray[np.floating]
    caption: Caption


def panel(method: str, points: NDArray[np.floating], info: Mapping[str, Any]) -> Panel:
    """A projection with its caption, from what the file knows of it."""
    dims = points.shape[1] if points.ndim == 2 else 0
    return Panel(points, caption(method, len(points), dims, info))


def scatter(
    panels: Sequence[Panel],
    coloring: Coloring = None,
    style: Style | None = None,
    *,
    density: bool = False,
    thumbnails: Thumbnails | None = None,
) -> bytes:
    """The figure of one or several projections of the same images.

    With density come contours around 30, 60 and 90 % of each class. Raises PictureError for points that are no
    picture, for density in three dimensions, for a width that leaves no room, and for what characters cannot show.
    """
    style = style or Style()
    for points, _ in panels:
        _check(points, density)
    if style.format == "txt":
        if density or thumbnails is not None:
            raise PictureError(
                "characters show neither contours nor images: name a figure, as -o figure.png, or leave out "
                "--density, --images and --thumbnails"
            )
        from latentkit.pictures.screen import scatter as on_screen

        return on_screen(panels, coloring, style.screen).encode()
    with settings(style.theme):
        return to_bytes(_figure(panels, coloring, style, density, thumbnails), style)


def _check(points: NDArray[np.floating], density: bool) -> None:
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not len(points) or not np.isfinite(points).all():
        raise PictureError(
            f"points of shape {points.shape} cannot be drawn: project the latents to 2 or 3 dimensions"
        )
    if density and points.shape[1] == 3:
        raise PictureError(
            "contours of density are drawn in two dimensions, and this projection has 3: leave out --density, "
            "or project with --dims 2"
        )


def _figure(
    panels: Sequence[Panel],
    coloring: Coloring,
    style: Style,
    density: bool = False,
    thumbnails: Thumbnails | None = None,
) -> Any:
    figure, theme = sheet(), style.theme
    panels = [Panel(points, lettered(words, lettering.glyphs())) for points, words in panels]
    key = _key(figure, coloring, theme, None)
    place = lay_out(figure, [panel.caption for panel in panels], key[1:], style.width)
    if place.key_width is not None and isinstance(coloring, Classes):
        key[0].remove()
        key = _key(figure, coloring, theme, place.key_width)
        place = place.with_key_beneath(key[2])
    resize(figure, place.width, place.height, style)
    mappable = None
    for index, panel in enumerate(panels):
        axes = figure.add_axes(place.axes(index), projection="3d" if panel.points.shape[1] == 3 else None)
        points = np.asarray(panel.points, np.float64)
        mappable = draw(axes, points, coloring, theme, side=place.side, faint=density)
        if density:
            contours(axes, points, coloring, theme)
        _axes(axes, panel.caption, theme)
        _words(figure, panel.caption, place, index, theme)
    # What is placed between points needs to know where they are.
    figure.draw_without_rendering()
    for panel, axes in zip(panels, list(figure.axes), strict=True):
        frame = Box(*axes.get_window_extent().extents)
        seen = _seen(axes, np.asarray(panel.points, np.float64))
        taken = name_classes(figure, frame, seen, coloring, theme) if isinstance(coloring, Classes) else []
        if thumbnails is not None:
            inlay(figure, frame, seen, coloring, theme, thumbnails, taken, style.dpi)
    if isinstance(coloring, Quantity):
        title = lettering.fit([coloring.title], lettering.glyphs())[0]
        bar = figure.colorbar(mappable, cax=figure.add_axes(place.bar()), label=title)
        bar.solids.set_alpha(1)
    elif key[0] is not None:
        key[0].set_bbox_to_anchor(place.key(), figure.dpi_scale_trans)
    return figure


def _key(figure: Any, coloring: Coloring, theme: Theme, within: float | None) -> tuple[Any, float, float]:
    """What explains the colors, and its width and height."""
    if isinstance(coloring, Classes):
        made = legend(figure, coloring, theme, within=within)
        return made, *extent(figure, made)
    return None, 0.9 if isinstance(coloring, Quantity) else 0.0, 0.0


def _seen(axes: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where on the figure points are, in pixels (N, 2)."""
    if points.shape[1] == 3:
        seen = np.column_stack([points, np.ones(len(points))]) @ axes.get_proj().T
        points = seen[:, :2] / seen[:, 3:]
    return np.asarray(axes.transData.transform(points))


def _words(figure: Any, caption: Caption, place: Layout, index: int, theme: Theme) -> None:
    left, bottom = place.corner(index)
    room = place.room
    size = 12.0
    while size > 7 and width_of(figure, caption.title, fontsize=size, weight="bold") > room:
        size -= 0.5
    title = {"fontsize": size, "weight": "bold"}
    figure.text(left / place.width, (bottom + place.side + 0.18) / place.height, caption.title, **title)
    text = {"fontsize": 8, "color": theme.faint, "va": "top"}
    lines = "\n".join(place.lines[index])
    figure.text(left / place.width, (bottom - 0.55) / place.height, lines, **text)


def _axes(axes: Any, caption: Caption, theme: Theme) -> None:
    deep = len(caption.axes) == 3
    setters = (axes.set_xlabel, axes.set_ylabel, *([axes.set_zlabel] if deep else []))
    for set_label, label in zip(setters, caption.axes, strict=True):
        set_label(label)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    if not deep:
        axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis) if deep else ():
        axis.set_pane_color(theme.pane)
    if not caption.metric:
        for axis in (axes.xaxis, axes.yaxis, *([axes.zaxis] if deep else [])):
            axis.set_ticklabels([])
            axis.set_tick_params(length=0)
