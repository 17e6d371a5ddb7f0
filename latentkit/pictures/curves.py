"""The curves of one or several trainings as a figure: loss, reconstruction, KL, R2, active units, learning rate.

What was found on the way is marked where it was, and named beneath.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from latentkit.errors import PictureError
from latentkit.pictures import lettering
from latentkit.pictures.course import SERIES, Course, Series
from latentkit.pictures.findings import mark, told
from latentkit.pictures.legend import extent, fitting, unplaced
from latentkit.pictures.palette import MAX_CLASSES
from latentkit.pictures.render import resize, settings, sheet, to_bytes, wrapped
from latentkit.pictures.style import Style, Theme

__all__ = ["curves"]

USUAL = 10.5
CELL_LEFT, CELL_RIGHT, CELL_TOP, CELL_BOTTOM = 0.7, 0.15, 0.62, 0.48
PLOT = 1.75
"""Inches of height of the inside of a panel."""
LEAST = 2.2
"""Inches of width of a panel with what is around it."""
LINE = 0.18


def curves(courses: Sequence[Course], style: Style | None = None) -> bytes:
    """The figure; raises PictureError for more runs than can be told apart."""
    style = style or Style()
    if len(courses) > MAX_CLASSES:
        raise PictureError(
            f"{len(courses)} runs cannot be told apart in one figure: name at most {MAX_CLASSES}"
        )
    if style.format == "txt":
        from latentkit.pictures.screen import curves as on_screen

        return on_screen(courses, style.screen).encode()
    with settings(style.theme):
        return to_bytes(_figure(courses, style), style)


def _figure(courses: Sequence[Course], style: Style) -> Any:
    figure, theme = sheet(), style.theme
    width = style.width or USUAL
    if width < LEAST:
        raise PictureError(
            f"a figure {width:g} inches wide leaves no room for curves: --width {LEAST} or more"
        )
    columns = max(c for c in (1, 2, 3) if c * LEAST <= width)
    rows = -(-len(SERIES) // columns)
    names = [course.name for course in courses]
    key = _key(figure, names, theme, width - CELL_LEFT - CELL_RIGHT)
    key_height = extent(figure, key)[1]
    tall = CELL_TOP + PLOT + CELL_BOTTOM
    room = width - CELL_LEFT - CELL_RIGHT
    lines = [
        (color, line)
        for color, text in told(courses, names, theme)
        for line in wrapped(figure, text, room, fontsize=8)
    ]
    under = key_height + 0.35 + LINE * len(lines) + (0.1 if lines else 0)
    height = rows * tall + under
    resize(figure, width, height, style)
    cell = width / columns
    for index, series in enumerate(SERIES):
        row, column = divmod(index, columns)
        left, bottom = column * cell + CELL_LEFT, height - row * tall - CELL_TOP - PLOT
        inside = cell - CELL_LEFT - CELL_RIGHT
        axes = figure.add_axes((left / width, bottom / height, inside / width, PLOT / height))
        _panel(axes, series, courses, theme, inside)
        figure.text(
            (left - 0.02) / width, (bottom + PLOT + 0.4) / height, series.title, fontsize=10.5, weight="bold"
        )
    key.set_bbox_to_anchor((CELL_LEFT, under - 0.1), figure.dpi_scale_trans)
    for number, (color, line) in enumerate(lines):
        y = under - 0.1 - key_height - 0.2 - LINE * number
        figure.text(CELL_LEFT / width, y / height, line, fontsize=8, color=color, va="top")
    return figure


def _panel(axes: Any, series: Series, courses: Sequence[Course], theme: Theme, inside: float) -> None:
    from matplotlib.ticker import MaxNLocator

    for index, course in enumerate(courses):
        look = theme.look(index)
        few = len(course.epochs) <= 30
        dots = {"marker": look.shape, "markersize": 3.6} if few else {}
        step = {"drawstyle": "steps-post"} if series.name == "lr" else {}
        for side in series.sides:
            y = course.figures[side, series.name]
            if side == "train":
                axes.plot(course.epochs, y, color=look.color, linewidth=1, linestyle=(0, (3, 2)), alpha=0.75)
            else:
                axes.plot(course.epochs, y, color=look.color, linewidth=1.5, **dots, **step)
        if series.name == "loss" and course.best is not None:
            at = np.interp(course.best, course.epochs, course.figures["validation", "loss"])
            axes.plot(course.best, at, "o", color=look.color, markersize=9, markerfacecolor="none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, length=2.5)
    axes.set_xlabel("epoch", fontsize=8, labelpad=1)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.text(0, 1 + 0.23 / PLOT, series.unit, fontsize=7.5, color=theme.faint, transform=axes.transAxes)
    last = max(float(course.epochs.max()) for course in courses)
    first = min(float(course.epochs.min()) for course in courses)
    room = max(last - min(first, last), 0.5) * 0.04
    axes.set_xlim(min(first, last) - room, last + room)
    _vertical(axes, series, courses)
    mark(axes, courses, theme, inside)


def _vertical(axes: Any, series: Series, courses: Sequence[Course]) -> None:
    from matplotlib.ticker import MaxNLocator

    seen = np.concatenate([course.figures[side, series.name] for course in courses for side in series.sides])
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "not recorded", ha="center", va="center", transform=axes.transAxes)
    elif series.name == "active_units":
        axes.set_ylim(-0.03 * max(1, seen.max()), max(1, seen.max()) * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    elif series.name == "lr" and seen.min() > 0:
        axes.set_yscale("log")
        axes.set_ylim(seen.min() / 2, seen.max() * 2)
        rates = sorted({float(f"{rate:.3g}") for rate in seen})
        axes.yaxis.set_major_locator(_few(rates))
        axes.yaxis.set_major_formatter("{x:.3g}")
        axes.minorticks_off()
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.ticklabel_format(axis="y", useOffset=False, scilimits=(-4, 5))


def _few(rates: Sequence[float]) -> Any:
    """Ticks at the learning rates there were, or at some of them."""
    from matplotlib.ticker import FixedLocator

    return FixedLocator(list(rates[:: -(-len(rates) // 5)]))


def _key(figure: Any, names: Sequence[str], theme: Theme, room: float) -> Any:
    """What lines and marks mean, within so many inches."""
    from matplotlib.lines import Line2D

    looks = [theme.look(index) for index in range(len(names))]
    handles = [Line2D([], [], color=each.color, marker=each.shape, markersize=4.5) for each in looks]
    faint = theme.faint
    handles += [
        Line2D([], [], color=faint, linewidth=1.5),
        Line2D([], [], color=faint, linewidth=1, linestyle=(0, (3, 2))),
        Line2D([], [], color=faint, marker="o", markersize=9, markerfacecolor="none", linestyle="none"),
    ]

    def make(columns: int, longest: int) -> Any:
        words = [*lettering.fit(names, lettering.glyphs(), longest), "validation", "training", "best weights"]
        return unplaced(figure, handles, words, ncols=columns, fontsize=8.5, handlelength=2.2)

    return fitting(figure, make, len(handles), room)
