"""A projection in characters: classes by color and character, one random point of each cell.

A random point shows a mixture of classes as a mixture; the most frequent class would make it look pure.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures.caption import Caption, Panel, drawable_caption
from latentkit.pictures.coloring import Classes, Coloring, Quantity
from latentkit.pictures.render import Screen
from latentkit.pictures.screen.canvas import (
    ALL_CHARACTERS,
    COLORS,
    DOT_COLUMNS,
    DOT_ROWS,
    FAINT,
    SHADES,
    UNLABELED,
    Canvas,
    Piece,
    cut_middle,
    flow,
    look,
)
from latentkit.pictures.text_metrics import fit
from latentkit.text import wrap

__all__ = ["scatter"]

MIN_ROWS = 6
MIN_COLUMNS = 24
CELL_RATIO = 2.0
"""Height of a terminal's cell divided by its width."""
ELEVATION, AZIMUTH = 30, -60
"""Angles in degrees from which three dimensions are seen; matplotlib's defaults."""


def scatter(panels: Sequence[Panel], coloring: Coloring, screen: Screen) -> str:
    """Return each projection as large as the screen, with its caption, and one legend."""
    columns = max(screen.columns - 1, MIN_COLUMNS)
    key = _key(coloring, columns, screen.color)
    lines: list[str] = []
    for points, text in panels:
        caption = drawable_caption(text, ALL_CHARACTERS)
        below = wrap(_caption_text(caption), columns, break_words=True)
        rows = max(screen.rows - len(below) - len(key) - 5, MIN_ROWS)
        canvas = Canvas(columns, rows + 2)
        _draw_frame(canvas)
        _draw(canvas, _flat(np.asarray(points, np.float64)), caption, coloring)
        lines += [cut_middle(caption.title, columns), *canvas.lines(color=screen.color), *below]
    return "\n".join([*lines, *key]) + "\n"


def _caption_text(caption: Caption) -> str:
    axes = " · ".join(f"{arrow} {axis}" for arrow, axis in zip("→↑", caption.axes, strict=False))
    if len(caption.axes) == 3:
        axes = f"{', '.join(caption.axes)}, seen from {ELEVATION}° above, turned by {AZIMUTH}°"
    return " · ".join(text for text in (axes, caption.text) if text)


def _key(coloring: Coloring, columns: int, color: bool) -> list[str]:
    """Return the legend of classes, or the steps of a quantity."""
    if isinstance(coloring, Classes):
        listed = coloring.entries()
        names = fit([name for _, name, _ in listed], ALL_CHARACTERS)
        entries: list[list[Piece]] = [
            [look(index), (f" {name} ({count:,})", None)]
            for (index, _, count), name in zip(listed, names, strict=True)
        ]
    elif isinstance(coloring, Quantity):
        edges = _edges(coloring)
        entries = [[(f"{fit([coloring.title], ALL_CHARACTERS)[0]}:", None)]]
        entries += [
            [(character * 2, shade), (f" {low:.3g} to {high:.3g}", None)]
            for (character, shade), low, high in zip(SHADES[1:], edges[:-1], edges[1:], strict=True)
        ]
        if np.isnan(coloring.values).any():
            entries.append([(UNLABELED, FAINT), (" none", None)])
    else:
        return []
    return flow(entries, columns, color=color)


def _edges(quantity: Quantity) -> NDArray[np.float64]:
    """Return the bounds of the steps."""
    return np.linspace(*quantity.limits(), len(SHADES))


def _draw_frame(canvas: Canvas) -> None:
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
    """Return points (N, 2) unchanged, and (N, 3) in orthographic projection, centered and scaled to a unit cube."""
    if points.shape[1] == 2:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    x, y, z = ((points - (low + high) / 2) / max(float((high - low).max()), 1e-300)).T
    turn, rise = np.radians(AZIMUTH), np.radians(ELEVATION)
    across = -x * np.sin(turn) + y * np.cos(turn)
    return np.column_stack([across, -(x * np.cos(turn) + y * np.sin(turn)) * np.sin(rise) + z * np.cos(rise)])


def _draw(canvas: Canvas, points: NDArray[np.float64], caption: Caption, coloring: Coloring) -> None:
    """Draw points within the frame, with equal units along both axes if distances are meaningful."""
    columns, rows = canvas.columns - 2, canvas.rows - 2
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-12 * max(float(np.abs(points).max()), 1e-290))
    scale = np.array([columns, rows]) / span  # cells per unit
    if caption.metric or len(caption.axes) == 3:
        scale = np.minimum(scale, scale[::-1] * [CELL_RATIO, 1 / CELL_RATIO])
    positions = (points - (low + high) / 2) * scale * [1, -1] + np.array([columns, rows]) / 2
    positions = np.clip(positions, 0, np.nextafter([columns, rows], 0))
    if coloring is None:
        for x, y in (positions * [DOT_COLUMNS, DOT_ROWS]).astype(int).tolist():
            canvas.dot(x + DOT_COLUMNS, y + DOT_ROWS, COLORS[0])
        return
    cells = positions.astype(int) @ [1, columns]
    for cell, (character, color) in _cell_looks(cells, coloring).items():
        canvas.put(cell % columns + 1, cell // columns + 1, character, color)


def _cell_looks(cells: NDArray[np.int_], coloring: Classes | Quantity) -> dict[int, tuple[str, int]]:
    """Return the look of each occupied cell: the class of a random point in it, or the step of the mean value."""
    if isinstance(coloring, Classes):
        order = np.random.default_rng(0).permutation(len(cells))
        occupied, first = np.unique(cells[order], return_index=True)
        codes = coloring.codes[order[first]]
        return {int(cell): look(int(code)) for cell, code in zip(occupied, codes, strict=True)}
    known = ~np.isnan(coloring.values)
    missing = {int(cell): (UNLABELED, FAINT) for cell in np.unique(cells[~known])}
    occupied, inverse = np.unique(cells[known], return_inverse=True)
    means = np.bincount(inverse, coloring.values[known]) / np.bincount(inverse)
    steps = np.searchsorted(_edges(coloring)[1:-1], means) + 1
    return missing | {int(cell): SHADES[step] for cell, step in zip(occupied, steps.tolist(), strict=True)}
