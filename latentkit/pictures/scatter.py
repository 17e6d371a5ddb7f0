"""Scatter plots of projections: PNG, SVG, PDF, or characters for a terminal.

The legend is beside or below the points, never on them, and nothing is cut off at any width. Several projections of
the same images become small multiples with one legend.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures import screen
from latentkit.pictures.caption import Caption, Panel, drawable_caption
from latentkit.pictures.class_names import Box, write_class_names
from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.insets import draw_insets
from latentkit.pictures.layout import Layout, lay_out
from latentkit.pictures.legend import class_legend, extent
from latentkit.pictures.palette import SHAPES, Theme
from latentkit.pictures.points import draw_contours, draw_points
from latentkit.pictures.render import Style, empty_figure, resize, settings, to_bytes
from latentkit.pictures.text_metrics import DPI, fit, width
from latentkit.pictures.thumbnails import Thumbnails

__all__ = ["scatter"]

BAR_WIDTH = 0.9
"""Inches of a color bar with its numbers and title."""


def scatter(
    panels: Sequence[Panel],
    coloring: Coloring = None,
    style: Style | None = None,
    *,
    density: bool = False,
    thumbnails: Thumbnails | None = None,
) -> bytes:
    """Return the figure of one or several projections of the same images.

    `density` adds contours that enclose 30, 60 and 90 % of each class. Raises PictureError for points that cannot be
    drawn, density in three dimensions, a width that is too small, and what characters cannot show.
    """
    style = style or Style()
    _check_palette(coloring, style)
    for points, _ in panels:
        _check(points, density)
    if style.format == "txt":
        if density or thumbnails is not None:
            raise PictureError(
                "a plot in characters has neither contours nor images: name a figure, such as -o figure.png, "
                "or omit --density, --images and --thumbnails"
            )
        return screen.scatter(panels, coloring, style.screen).encode()
    with settings(style.theme):
        return to_bytes(_figure(panels, coloring, style, density, thumbnails), style)


def _check(points: NDArray[np.floating], density: bool) -> None:
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not len(points) or not np.isfinite(points).all():
        raise PictureError(
            f"points of shape {points.shape} cannot be drawn: project the latents to 2 or 3 dimensions"
        )
    if density and points.shape[1] == 3:
        raise PictureError(
            "density contours require two dimensions and this projection has 3: omit --density, "
            "or project with --dims 2"
        )


def _check_palette(coloring: Coloring, style: Style) -> None:
    looks = len(style.theme.colors) * len(SHAPES)
    if isinstance(coloring, Classes) and len(coloring.names) > looks and style.format != "txt":
        raise PictureError(
            f"{len(style.theme.colors)} colors with {len(SHAPES)} shapes cannot tell {len(coloring.names)} classes apart: "
            "name more colors with --palette, or omit it"
        )


def _figure(
    panels: Sequence[Panel],
    coloring: Coloring,
    style: Style,
    density: bool = False,
    thumbnails: Thumbnails | None = None,
) -> Any:
    figure, theme = empty_figure(), style.theme
    points_of = [np.asarray(panel.points, np.float64) for panel in panels]
    captions = [drawable_caption(panel.caption) for panel in panels]
    key = _key(figure, coloring, theme, None)
    layout = lay_out(captions, key[1:], style.width)
    if layout.key_width is not None and isinstance(coloring, Classes):
        key[0].remove()
        key = _key(figure, coloring, theme, layout.key_width)
        layout = layout.with_key_below(key[2])
    resize(figure, layout.width, layout.height, style)
    mappable = None
    for index, (points, caption) in enumerate(zip(points_of, captions, strict=True)):
        axes = figure.add_axes(layout.axes(index), projection="3d" if points.shape[1] == 3 else None)
        mappable = draw_points(axes, points, coloring, theme, side=layout.side, faint=density)
        if density:
            draw_contours(axes, points, coloring, theme)
        _set_axes(axes, caption, theme)
        _write_caption(figure, caption, layout, index, theme)
    # Names and images are placed around the points, whose positions are known only after the layout is drawn.
    figure.draw_without_rendering()
    for points, axes in zip(points_of, list(figure.axes), strict=True):
        frame = Box(*axes.get_window_extent().extents)
        positions = _positions(axes, points)
        names: list[Box] = []
        if isinstance(coloring, Classes):
            names = write_class_names(figure, frame, positions, coloring, theme)
        if thumbnails is not None:
            draw_insets(figure, frame, positions, coloring, theme, thumbnails, names, style.dpi)
    if isinstance(coloring, Quantity):
        bar_axes = figure.add_axes(layout.bar())
        bar = figure.colorbar(mappable, cax=bar_axes, label=fit([coloring.title])[0])
        bar.solids.set_alpha(1)
    elif key[0] is not None:
        key[0].set_bbox_to_anchor(layout.key(), figure.dpi_scale_trans)
    return figure


def _key(figure: Any, coloring: Coloring, theme: Theme, max_width: float | None) -> tuple[Any, float, float]:
    """Return the legend, if there is one, and the width and height of what explains the colors."""
    if isinstance(coloring, Classes):
        legend = class_legend(figure, coloring, theme, max_width=max_width)
        return legend, *extent(figure, legend)
    return None, BAR_WIDTH if isinstance(coloring, Quantity) else 0.0, 0.0


def _positions(axes: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the positions of points on the figure, in pixels (N, 2)."""
    if points.shape[1] == 3:
        projected = np.column_stack([points, np.ones(len(points))]) @ axes.get_proj().T
        points = projected[:, :2] / projected[:, 3:]
    return np.asarray(axes.transData.transform(points))


def _write_caption(figure: Any, caption: Caption, layout: Layout, index: int, theme: Theme) -> None:
    left, bottom = layout.corner(index)
    size = 12.0
    while size > 7 and width(caption.title, size, "bold") > layout.text_width * DPI:
        size -= 0.5
    title = {"fontsize": size, "weight": "bold"}
    figure.text(left / layout.width, (bottom + layout.side + 0.18) / layout.height, caption.title, **title)
    text = {"fontsize": 8, "color": theme.faint, "va": "top"}
    lines = "\n".join(layout.lines[index])
    figure.text(left / layout.width, (bottom - 0.55) / layout.height, lines, **text)


def _set_axes(axes: Any, caption: Caption, theme: Theme) -> None:
    three = len(caption.axes) == 3
    setters = (axes.set_xlabel, axes.set_ylabel, *([axes.set_zlabel] if three else []))
    for set_label, label in zip(setters, caption.axes, strict=True):
        set_label(label)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    if not three:
        axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis) if three else ():
        axis.set_pane_color(theme.pane)
    if not caption.metric:
        for axis in (axes.xaxis, axes.yaxis, *([axes.zaxis] if three else [])):
            axis.set_ticklabels([])
            axis.set_tick_params(length=0)
