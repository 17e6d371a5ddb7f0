"""Curves of training runs in characters: Braille lines, each run with its own character along them.

Lines of training have fewer dots and the letter t along them.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.history import SEVERITIES
from latentkit.pictures.findings import sentences
from latentkit.pictures.history import PANELS, Metric, RunHistory
from latentkit.pictures.render import Screen
from latentkit.pictures.screen.canvas import (
    ALL_CHARACTERS,
    DOT_COLUMNS,
    DOT_ROWS,
    ERROR,
    FAINT,
    NOTE,
    WARNING,
    Canvas,
    cut,
    cut_middle,
    flow,
    look,
    paint,
)
from latentkit.pictures.text_metrics import fit

__all__ = ["curves"]

MIN_COLUMNS, MIN_ROWS = 26, 7
"""Smallest size of a panel."""
GUTTER = 8
"""Columns to the left of a panel, for its numbers."""
MAX_FINDINGS = 6
MARKS = {"error": ("E", ERROR), "warning": ("W", WARNING), "note": ("n", NOTE)}
MARK_DISTANCE = 8
"""Columns between the characters along a line."""
TRAINING = "t"
"""The character along lines of training; with several runs it follows that of the run."""


def curves(histories: Sequence[RunHistory], screen: Screen) -> str:
    """Return all panels, within the screen if it is large enough; findings are letters on the axis of epochs."""
    columns = max(screen.columns - 1, MIN_COLUMNS)
    across = min(3, columns // MIN_COLUMNS)
    down = -(-len(PANELS) // across)
    below = _legend(histories, columns, screen.color) + _finding_lines(histories, columns, screen.color)
    rows = max((screen.rows - len(below) - 1) // down, MIN_ROWS)
    canvas = Canvas(columns, rows * down)
    width = columns // across
    for index, metric in enumerate(PANELS):
        row, column = divmod(index, across)
        _draw_panel(canvas, (column * width, row * rows), (width, rows), metric, histories)
    return "\n".join([*canvas.lines(color=screen.color), *below]) + "\n"


def _legend(histories: Sequence[RunHistory], columns: int, color: bool) -> list[str]:
    names = fit([history.name for history in histories], ALL_CHARACTERS)
    entries = [[look(index), (f" {name}", None)] for index, name in enumerate(names)]
    character = "" if len(histories) > 1 else look(0)[0]
    entries += [
        [(f"⠤{character}⠤", FAINT), (" validation", None)],
        [(f"⠄{TRAINING}⠄", FAINT), (" training", None)],
    ]
    return flow(entries, columns, color=color)


def _finding_lines(histories: Sequence[RunHistory], columns: int, color: bool) -> list[str]:
    """Return the findings in words, worst first; beyond MAX_FINDINGS they are only counted."""
    findings = sentences(histories, drawable=ALL_CHARACTERS, max_length=200)
    findings.sort(key=lambda sentence: SEVERITIES.index(sentence.severity))
    lines = [
        paint([MARKS[severity], (f" {cut(text, columns - 2)}", None)], color=color)
        for severity, text in findings[:MAX_FINDINGS]
    ]
    if len(findings) > MAX_FINDINGS:
        lines.append(
            f"  and {len(findings) - MAX_FINDINGS} more findings: latentkit diagnose lists all of them"
        )
    return lines


def _draw_panel(
    canvas: Canvas,
    corner: tuple[int, int],
    size: tuple[int, int],
    metric: Metric,
    histories: Sequence[RunHistory],
) -> None:
    """Draw a title, the lines and the axis of epochs into a panel of this many columns and rows."""
    left, top = corner
    width, height = size[0] - GUTTER - 1, size[1] - 3
    values = np.concatenate([each.values[side, metric.name] for each in histories for side in metric.sides])
    epochs = np.concatenate([history.epochs for history in histories])
    canvas.write(left + GUTTER, top, cut_middle(metric.title, width))
    bottom = top + 1 + height
    for column in range(width):
        canvas.put(left + GUTTER + column, bottom, "─", FAINT)
    for row in range(height):
        canvas.put(left + GUTTER - 1, top + 1 + row, "│", FAINT)
    canvas.put(left + GUTTER - 1, bottom, "└", FAINT)
    start, end = float(epochs.min()), float(epochs.max())
    _write_epochs(canvas, (left + GUTTER, bottom), width, start, end)
    known = values[np.isfinite(values)]
    if not len(known):
        canvas.write(left + GUTTER, top + 1, cut("not recorded", width), FAINT)
        return
    low, high = float(known.min()), float(known.max())
    canvas.write(left, top + 1, _number(high).rjust(GUTTER - 1), FAINT)
    if low < high:
        canvas.write(left, bottom - 1, _number(low).rjust(GUTTER - 1), FAINT)

    def dots(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[int, int] | None]:
        """Return the dot of each value on the canvas; None where it is missing."""
        across = _place(x, start, end, width * DOT_COLUMNS) + (left + GUTTER) * DOT_COLUMNS
        down = (top + 1 + height) * DOT_ROWS - 1 - _place(y, low, high, height * DOT_ROWS)
        return [
            (int(a), int(b)) if known else None
            for a, b, known in zip(across, np.nan_to_num(down), np.isfinite(y).tolist(), strict=True)
        ]

    for side in metric.sides:  # validation is last, so that its characters hide those of training
        for index, history in enumerate(histories):
            character, color = look(index)
            points = dots(history.epochs, history.values[side, metric.name])
            for one, next_one in pairwise(points):
                if one and next_one:
                    canvas.line(one, next_one, color, 3 if side == "train" else 1)
            known_points = [point for point in points if point]
            if side == "train":
                mark = TRAINING if len(histories) == 1 else character + TRAINING
                _mark_line(canvas, _between(known_points), mark, color)
            else:
                _mark_line(canvas, known_points, character, color)
    for event in (event for history in histories for event in reversed(history.events)):
        column = int(_place(np.array([event.epoch]), start, end, width)[0])
        canvas.put(left + GUTTER + column, bottom, *MARKS[event.severity])


def _number(value: float) -> str:
    """Return the value with as many digits as fit into the gutter."""
    whole = [f"{value:.0f}"] if abs(value) >= 1000 else []
    texts = [*whole, *(f"{value:.{digits}g}" for digits in (3, 2, 1))]
    return next(text for text in texts if len(text) < GUTTER)


def _place(values: NDArray[np.float64], low: float, high: float, count: int) -> NDArray[np.float64]:
    """Return which of `count` places from low to high each value is at; the middle if low equals high."""
    share = (values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, np.nan)
    return np.asarray(np.clip(np.round(share * (count - 1)), 0, count - 1))


def _mark_line(canvas: Canvas, points: Sequence[tuple[int, int]], characters: str, color: int) -> None:
    """Draw the characters of a line at the last of its points, and at others that are far enough apart."""
    last: int | None = None
    for x, y in reversed(points):
        if last is None or last - x >= MARK_DISTANCE * DOT_COLUMNS:
            for place, character in enumerate(characters):
                canvas.put(x // DOT_COLUMNS + place, y // DOT_ROWS, character, color)
            last = x


def _between(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the dots of a line that are halfway between the characters that `_mark_line` draws along another line."""
    if len(points) < 2:
        return list(points)
    x, y = np.array(points).T
    places = np.arange(x[-1] - MARK_DISTANCE * DOT_COLUMNS // 2, x[0] - 1, -MARK_DISTANCE * DOT_COLUMNS)
    return [(int(at), round(float(np.interp(at, x, y)))) for at in reversed(places.tolist())]


def _write_epochs(canvas: Canvas, corner: tuple[int, int], width: int, start: float, end: float) -> None:
    left, bottom = corner
    canvas.write(left, bottom + 1, f"{start:.4g}", FAINT)
    last = f"epoch {end:.4g}"
    if end > start:
        canvas.write(left + max(width - len(last), 0), bottom + 1, last, FAINT)
