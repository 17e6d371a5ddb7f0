"""Curves of one or several training runs: loss, reconstruction, KL, R2, active units and learning rate.

Findings are marked at their epoch and described below the curves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from latentkit.errors import PictureError
from latentkit.pictures import screen
from latentkit.pictures.findings import color_of, mark_findings, sentences
from latentkit.pictures.history import PANELS, Metric, RunHistory
from latentkit.pictures.legend import add_legend, extent, first_that_fits
from latentkit.pictures.palette import MAX_CLASSES, Theme
from latentkit.pictures.render import Style, empty_figure, resize, settings, to_bytes
from latentkit.pictures.text_metrics import DPI, fit, wrap

__all__ = ["curves"]

USUAL_WIDTH = 10.5
LEFT, RIGHT, TOP, BOTTOM = 0.7, 0.15, 0.62, 0.48
"""Space around the axes of a panel."""
PLOT = 1.75
"""Height of the axes of a panel."""
MIN_PANEL = 2.2
"""Width of a panel with the space around it."""
LINE = 0.18
# All of these are in inches.
MAX_FINDINGS = 12
"""Maximum number of findings that are described."""
FEW = 30
"""Number of validations up to which each has a marker."""


def curves(histories: Sequence[RunHistory], style: Style | None = None) -> bytes:
    """Return the figure; raises PictureError for more runs than there are looks or a width that is too small."""
    style = style or Style()
    if len(histories) > MAX_CLASSES:
        raise PictureError(f"{len(histories)} runs are too many for one figure: name at most {MAX_CLASSES}")
    if style.format == "txt":
        return screen.curves(histories, style.screen).encode()
    with settings(style.theme):
        return to_bytes(_figure(histories, style), style)


def _figure(histories: Sequence[RunHistory], style: Style) -> Any:
    figure, theme = empty_figure(), style.theme
    width = style.width or USUAL_WIDTH
    if width < MIN_PANEL:
        raise PictureError(
            f"a figure {width:g} inches wide has no space for curves: use --width {MIN_PANEL} or more"
        )
    columns = max(count for count in (1, 2, 3) if count * MIN_PANEL <= width)
    rows = -(-len(PANELS) // columns)
    text_width = width - LEFT - RIGHT
    key = _key(figure, [history.name for history in histories], theme, text_width)
    key_height = extent(figure, key)[1]
    lines = _finding_lines(histories, theme, text_width)
    panel_height = TOP + PLOT + BOTTOM
    below = key_height + 0.35 + LINE * len(lines) + (0.1 if lines else 0)
    height = rows * panel_height + below
    resize(figure, width, height, style)
    panel_width = width / columns
    axes_width = panel_width - LEFT - RIGHT
    for index, metric in enumerate(PANELS):
        row, column = divmod(index, columns)
        left, bottom = column * panel_width + LEFT, height - row * panel_height - TOP - PLOT
        axes = figure.add_axes((left / width, bottom / height, axes_width / width, PLOT / height))
        _draw_panel(axes, metric, histories, theme, axes_width)
        title = {"fontsize": 10.5, "weight": "bold"}
        figure.text((left - 0.02) / width, (bottom + PLOT + 0.4) / height, metric.title, **title)
    key.set_bbox_to_anchor((LEFT, below - 0.1), figure.dpi_scale_trans)
    for number, (color, line) in enumerate(lines):
        y = below - 0.1 - key_height - 0.2 - LINE * number
        figure.text(LEFT / width, y / height, line, fontsize=8, color=color, va="top")
    return figure


def _finding_lines(histories: Sequence[RunHistory], theme: Theme, text_width: float) -> list[tuple[str, str]]:
    """Return the color and text of each line of the findings; beyond MAX_FINDINGS they are only counted."""
    findings = sentences(histories)
    colored = [(color_of(severity, theme), text) for severity, text in findings[:MAX_FINDINGS]]
    if len(findings) > MAX_FINDINGS:
        more = f"and {len(findings) - MAX_FINDINGS} more: `latentkit diagnose` lists all of them"
        colored.append((theme.faint, more))
    return [(color, line) for color, text in colored for line in wrap(text, text_width * DPI, 8)]


def _draw_panel(
    axes: Any, metric: Metric, histories: Sequence[RunHistory], theme: Theme, width: float
) -> None:
    from matplotlib.ticker import MaxNLocator

    for index, history in enumerate(histories):
        look = theme.look(index)
        markers = {"marker": look.shape, "markersize": 3.6} if len(history.epochs) <= FEW else {}
        step = {"drawstyle": "steps-post"} if metric.name == "lr" else {}
        for side in metric.sides:
            y = history.values[side, metric.name]
            if side == "train":
                dashes = {"linewidth": 1, "linestyle": (0, (3, 2)), "alpha": 0.75}
                axes.plot(history.epochs, y, color=look.color, **dashes)
            else:
                axes.plot(history.epochs, y, color=look.color, linewidth=1.5, **markers, **step)
        if metric.name == "loss" and history.best is not None:
            loss = np.interp(history.best, history.epochs, history.values["validation", "loss"])
            axes.plot(history.best, loss, "o", color=look.color, markersize=9, markerfacecolor="none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, length=2.5)
    axes.set_xlabel("epoch", fontsize=8, labelpad=1)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.text(0, 1 + 0.23 / PLOT, metric.unit, fontsize=7.5, color=theme.faint, transform=axes.transAxes)
    last = max(float(history.epochs.max()) for history in histories)
    first = min(float(history.epochs.min()) for history in histories)
    margin = max(last - first, 0.5) * 0.04
    axes.set_xlim(first - margin, last + margin)
    _set_vertical_axis(axes, metric, histories)
    mark_findings(axes, histories, theme, width)


def _set_vertical_axis(axes: Any, metric: Metric, histories: Sequence[RunHistory]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    values = np.concatenate([each.values[side, metric.name] for each in histories for side in metric.sides])
    values = values[np.isfinite(values)]
    if not len(values):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "not recorded", ha="center", va="center", transform=axes.transAxes)
    elif metric.name == "active_units":
        axes.set_ylim(-0.03 * max(1, values.max()), max(1, values.max()) * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    elif metric.name == "lr" and values.min() > 0:
        axes.set_yscale("log")
        axes.set_ylim(values.min() / 2, values.max() * 2)
        rates = sorted({float(f"{rate:.3g}") for rate in values})
        axes.yaxis.set_major_locator(FixedLocator(rates[:: -(-len(rates) // 5)]))
        axes.yaxis.set_major_formatter("{x:.3g}")
        axes.minorticks_off()
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.ticklabel_format(axis="y", useOffset=False, scilimits=(-4, 5))


def _key(figure: Any, names: Sequence[str], theme: Theme, max_width: float) -> Any:
    """Add a legend of the runs, the kinds of lines and the mark of the best weights."""
    from matplotlib.lines import Line2D

    looks = [theme.look(index) for index in range(len(names))]
    handles = [Line2D([], [], color=each.color, marker=each.shape, markersize=4.5) for each in looks]
    faint = theme.faint
    handles += [
        Line2D([], [], color=faint, linewidth=1.5),
        Line2D([], [], color=faint, linewidth=1, linestyle=(0, (3, 2))),
        Line2D([], [], color=faint, marker="o", markersize=9, markerfacecolor="none", linestyle="none"),
    ]

    def make(columns: int, max_length: int) -> Any:
        texts = [*fit(names, max_length=max_length), "validation", "training", "best weights"]
        return add_legend(figure, handles, texts, ncols=columns, fontsize=8.5, handlelength=2.2)

    return first_that_fits(figure, make, len(handles), max_width)
