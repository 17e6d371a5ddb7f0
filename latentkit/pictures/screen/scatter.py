"""A projection in characters: classes by color and character, one point of each cell drawn by lot.

The lot shows a mixture as a mixture; a majority would make it look pure.
"""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures import lettering
from latentkit.pictures.caption import Caption, lettered
from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.legend import entries
from latentkit.pictures.screen.canvas import ACROSS, DOWN, Canvas, cut, flow
from latentkit.pictures.screen.looks import COLORS, FAINT, NOBODY, SHADES, look
from latentkit.pictures.style import Screen

if TYPE_CHECKING:
    from latentkit.pictures.scatter import Panel

__all__ = ["scatter"]

FEWEST_ROWS = 6
FEWEST_COLUMNS = 24
TALL = 2.0
"""How much taller than wide a cell of a terminal is."""
ELEVATION, AZIMUTH = 30, -60
"""Degrees from which three dimensions are seen, as matplotlib does."""
EVERYTHING = range(0x110000)
"""A terminal brings its own fonts: only what is no letter at all is escaped."""


def scatter(panels: "Sequence[Panel]", coloring: Coloring, screen: Screen) -> str:
    """Each projection as large as the screen, with its caption, and one legend."""
    columns = max(screen.columns - 1, FEWEST_COLUMNS)
    key = _key(coloring, columns, screen.color)
    drawn: list[str] = []
    for points, given in panels:
        caption = lettered(given, EVERYTHING)
        words = textwrap.wrap(_words(caption), columns)
        rows = max(screen.rows - len(words) - len(key) - 5, FEWEST_ROWS)
        canvas = Canvas(columns, rows + 2)
        _frame(canvas)
        _draw(canvas, _flat(np.asarray(points, np.float64)), caption, coloring)
        drawn += [cut(caption.title, columns), *canvas.lines(color=screen.color), *words]
    return "\n".join([*drawn, *key]) + "\n"


def _words(caption: Caption) -> str:
    axes = " · ".join(f"{way} {axis}" for way, axis in zip("→↑", caption.axes, strict=False))
    if len(caption.axes) == 3:
        axes = f"{', '.join(caption.axes)}, seen from {ELEVATION}° above, turned by {AZIMUTH}°"
    return " · ".join(text for text in (axes, caption.text) if text)


def _key(coloring: Coloring, columns: int, color: bool) -> list[str]:
    """The legend, or the steps of a quantity."""
    pieces: list[list[tuple[str, int | None]]]
    if isinstance(coloring, Classes):
        listed = entries(coloring)
        names = lettering.fit([name for _, name, _ in listed], EVERYTHING)
        pieces = [
            [look(index), (f" {name} ({count:,})", None)]
            for (index, _, count), name in zip(listed, names, strict=True)
        ]
    elif isinstance(coloring, Quantity):
        edges = _edges(coloring.values)
        title = lettering.fit([coloring.title], EVERYTHING)[0]
        pieces = [[(f"{title}:", None)]]
        pieces += [
            [(character * 2, shade), (f" {low:.3g} to {high:.3g}", None)]
            for (character, shade), low, high in zip(SHADES[1:], edges[:-1], edges[1:], strict=True)
        ]
        if np.isnan(coloring.values).any():
            pieces.append([(NOBODY, FAINT), (" none", None)])
    else:
        return []
    return flow(pieces, columns, color=color)


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bounds of the steps, the outermost hundredths left out as in a figure."""
    low, high = np.percentile(values[~np.isnan(values)], [1, 99])
    return np.linspace(float(low), float(high), len(SHADES))


def _frame(canvas: Canvas) -> None:
    right, bottom = canvas.columns - 1, canvas.rows - 1
    for column in range(1, right):
        canvas.put(column, 0, "─", FAINT)
        canvas.put(column, bottom, "─", FAINT)
    for row in range(1, bottom):
        canvas.put(0, row, "│", FAINT)
        canvas.put(right, row, "│", FAINT)
    for column, row, corner in ((0, 0, "┌"), (right, 0, "┐"), (0, bottom, "└"), (right, bottom, "┘")):
        canvas.put(column, row, corner, FAINT)


def _flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (N, 2) as they are, and (N, 3) seen from afar; each axis is scaled to one length first, as in a figure."""
    if points.shape[1] == 2:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    x, y, z = ((points - (low + high) / 2) / max(float((high - low).max()), 1e-300)).T
    turn, rise = np.radians(AZIMUTH), np.radians(ELEVATION)
    across = -x * np.sin(turn) + y * np.cos(turn)
    return np.column_stack([across, -(x * np.cos(turn) + y * np.sin(turn)) * np.sin(rise) + z * np.cos(rise)])


def _draw(canvas: Canvas, points: NDArray[np.float64], caption: Caption, coloring: Coloring) -> None:
    """The points within the frame; a unit is as long upwards as across where distances mean something."""
    columns, rows = canvas.columns - 2, canvas.rows - 2
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-12 * max(float(np.abs(points).max()), 1e-290))
    scale = np.array([columns, rows]) / span  # cells a unit
    if caption.metric or len(caption.axes) == 3:
        scale = np.minimum(scale, scale[::-1] * [TALL, 1 / TALL])
    middle = (low + high) / 2
    at = (points - middle) * scale * [1, -1] + np.array([columns, rows]) / 2
    at = np.clip(at, 0, np.nextafter([columns, rows], 0))
    if coloring is None:
        for x, y in (at * [ACROSS, DOWN]).astype(int).tolist():
            canvas.dot(x + ACROSS, y + DOWN, COLORS[0])
        return
    cell = at.astype(int) @ [1, columns]
    for flat, (character, color) in _chosen(cell, coloring).items():
        canvas.put(flat % columns + 1, flat // columns + 1, character, color)


def _chosen(cell: NDArray[np.int_], coloring: Classes | Quantity) -> dict[int, tuple[str, int]]:
    """What stands in each cell: the class of a point drawn by lot, or the step of the mean."""
    if isinstance(coloring, Classes):
        order = np.random.default_rng(0).permutation(len(cell))
        found, first = np.unique(cell[order], return_index=True)
        codes = coloring.codes[order[first]]
        return {int(flat): look(int(code)) for flat, code in zip(found, codes, strict=True)}
    known = ~np.isnan(coloring.values)
    chosen = {int(flat): (NOBODY, FAINT) for flat in np.unique(cell[~known])}
    found, inverse = np.unique(cell[known], return_inverse=True)
    means = np.bincount(inverse, coloring.values[known]) / np.bincount(inverse)
    steps = np.searchsorted(_edges(coloring.values)[1:-1], means) + 1
    return chosen | {int(flat): SHADES[step] for flat, step in zip(found, steps.tolist(), strict=True)}
