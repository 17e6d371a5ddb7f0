"""Legends that fit: of the classes of a scatter plot, and of anything else that has handles and texts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from latentkit.pictures.coloring import Classes
from latentkit.pictures.palette import Theme
from latentkit.pictures.text_metrics import MAX_LENGTH, fit

__all__ = ["add_legend", "class_legend", "extent", "first_that_fits"]

MAX_ROWS = 24
"""Maximum number of entries in a column."""


def class_legend(figure: Any, classes: Classes, theme: Theme, *, max_width: float | None = None) -> Any:
    """Add a legend of classes with their looks and counts, to be placed by the caller.

    It has columns of MAX_ROWS entries, or as many columns as fit into `max_width` inches.
    """
    entries = classes.entries()
    if max_width is None:
        return _class_legend(figure, classes, theme, -(-len(entries) // MAX_ROWS), MAX_LENGTH)
    return first_that_fits(figure, partial(_class_legend, figure, classes, theme), len(entries), max_width)


def first_that_fits(figure: Any, make: Callable[[int, int], Any], entries: int, max_width: float) -> Any:
    """Add the first legend of make(columns, maximum length of names) that fits into `max_width` inches.

    Fewer columns are tried before shorter names; if none fits, the narrowest is added.
    """
    shapes = [(columns, MAX_LENGTH) for columns in range(min(entries, 10), 0, -1)]
    for columns, max_length in [*shapes, (1, 20), (1, 13), (1, 9)]:
        legend = make(columns, max_length)
        if extent(figure, legend)[0] <= max_width:
            return legend
        legend.remove()
    return make(1, 6)


def extent(figure: Any, legend: Any) -> tuple[float, float]:
    """Return the width and height of a legend in inches."""
    box = legend.get_window_extent(figure.canvas.get_renderer())
    return box.width / figure.dpi, box.height / figure.dpi


def add_legend(figure: Any, handles: Sequence[Any], texts: Sequence[str], **look: Any) -> Any:
    """Add a legend at the lower left corner of the figure; the caller moves its upper left corner into place."""
    legend = figure.legend(
        handles,
        [str(i) for i in range(len(handles))],
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=figure.dpi_scale_trans,
        borderaxespad=0,
        borderpad=0,
        frameon=False,
        **look,
    )
    # Texts are set afterwards because matplotlib leaves out entries whose label begins with an underscore.
    for artist, text in zip(legend.get_texts(), texts, strict=True):
        artist.set_text(text)
    return legend


def _class_legend(figure: Any, classes: Classes, theme: Theme, columns: int, max_length: int) -> Any:
    from matplotlib.lines import Line2D

    entries = classes.entries()
    names = fit([name for _, name, _ in entries], max_length=max_length)
    looks = [theme.look(index) for index, _, _ in entries]
    handles = [
        Line2D([], [], color=each.color, marker=each.shape, linestyle="none", markersize=7) for each in looks
    ]
    return add_legend(
        figure,
        handles,
        [f"{name} ({count:,})" for name, (_, _, count) in zip(names, entries, strict=True)],
        title=fit([classes.title])[0],
        alignment="left",
        ncols=columns,
        handletextpad=0.2,
        columnspacing=1.0,
    )
