"""The legend of a scatter: every class with its look and how many images it has."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from latentkit.pictures import lettering
from latentkit.pictures.coloring import Classes
from latentkit.pictures.style import Theme

__all__ = ["entries", "extent", "fitting", "legend", "unplaced"]

ROWS = 24
"""The most entries in a column."""


def entries(classes: Classes) -> list[tuple[int, str, int]]:
    """(index, name, count) of each class, and -1 for who belongs to none, where there are any; names as given."""
    counts = np.bincount(classes.codes + 1, minlength=len(classes.names) + 1).tolist()
    found = [(i, name, counts[i + 1]) for i, name in enumerate(classes.names)]
    return found + ([(-1, classes.rest, counts[0])] if counts[0] else [])


def legend(figure: Any, classes: Classes, theme: Theme, *, within: float | None = None) -> Any:
    """A legend without a place yet: in columns of ROWS, or in as many columns as so many inches have room for."""
    listed = entries(classes)
    if within is None:
        return _legend(figure, classes, listed, theme, -(-len(listed) // ROWS), lettering.LONGEST)
    return fitting(figure, partial(_legend, figure, classes, listed, theme), len(listed), within)


def fitting(figure: Any, make: Callable[[int, int], Any], entries: int, within: float) -> Any:
    """Of the legends that make(columns, longest name) makes the first that takes at most so many inches, or the
    narrowest: fewer columns are tried before shorter names."""
    shapes = [(columns, lettering.LONGEST) for columns in range(min(entries, 10), 0, -1)]
    for columns, longest in [*shapes, (1, 20), (1, 13), (1, 9)]:
        made = make(columns, longest)
        if extent(figure, made)[0] <= within:
            return made
        made.remove()
    return make(1, 6)


def extent(figure: Any, made: Any) -> tuple[float, float]:
    """Width and height in inches."""
    box = made.get_window_extent(figure.canvas.get_renderer())
    return box.width / figure.dpi, box.height / figure.dpi


def _legend(
    figure: Any,
    classes: Classes,
    listed: list[tuple[int, str, int]],
    theme: Theme,
    columns: int,
    longest: int,
) -> Any:
    from matplotlib.lines import Line2D

    names = lettering.fit([name for _, name, _ in listed], lettering.glyphs(), longest)
    looks = [theme.look(index) for index, _, _ in listed]
    handles = [
        Line2D([], [], color=each.color, marker=each.shape, linestyle="none", markersize=7) for each in looks
    ]
    return unplaced(
        figure,
        handles,
        [f"{name} ({count:,})" for name, (_, _, count) in zip(names, listed, strict=True)],
        title=lettering.fit([classes.title], lettering.glyphs())[0],
        alignment="left",
        ncols=columns,
        handletextpad=0.2,
        columnspacing=1.0,
    )


def unplaced(figure: Any, handles: Sequence[Any], words: Sequence[str], **look: Any) -> Any:
    """A legend in the lower left corner, whose upper left is to be placed."""
    made = figure.legend(
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
    # Set afterwards: a legend leaves out the entries whose label begins with an underscore.
    for text, word in zip(made.get_texts(), words, strict=True):
        text.set_text(word)
    return made
