"""The curves of trainings in characters: Braille lines, every run with its own character along them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from latentkit.pictures import lettering
from latentkit.pictures.course import SERIES, Course, Series
from latentkit.pictures.findings import sentence
from latentkit.pictures.screen.canvas import ACROSS, DOWN, Canvas, cut, flow, paint
from latentkit.pictures.screen.looks import ERROR, FAINT, NOTE, WARNING, look
from latentkit.pictures.style import Screen

__all__ = ["curves"]

PANEL = 26, 7
"""The fewest columns and rows of a panel."""
GUTTER = 8
"""Columns at the left of a panel, for its numbers."""
TOLD = 6
MARKS = {"error": ("E", ERROR), "warning": ("W", WARNING), "note": ("n", NOTE)}
EVERYTHING = range(0x110000)


def curves(courses: Sequence[Course], screen: Screen) -> str:
    """All panels on one screen, if it is large enough; findings are letters on the axis of epochs."""
    columns = max(screen.columns - 1, PANEL[0])
    across = min(3, columns // PANEL[0])
    down = -(-len(SERIES) // across)
    names = lettering.fit([course.name for course in courses], EVERYTHING)
    words = _words(courses, names, columns, screen.color)
    rows = max((screen.rows - len(words) - 1) // down, PANEL[1])
    canvas = Canvas(columns, rows * down)
    for index, series in enumerate(SERIES):
        row, column = divmod(index, across)
        _panel(canvas, (column * (columns // across), row * rows), (columns // across, rows), series, courses)
    return "\n".join([*canvas.lines(color=screen.color), *words]) + "\n"


def _words(courses: Sequence[Course], names: Sequence[str], columns: int, color: bool) -> list[str]:
    key = [[look(index), (f" {name}", None)] for index, name in enumerate(names)]
    key += [[("⠤⠤", FAINT), (" validation", None)], [("⠄⠄", FAINT), (" training", None)]]
    found = [
        (event, sentence(event, name if len(courses) > 1 else None))
        for course, name in zip(courses, names, strict=True)
        for event in course.events
    ]
    found.sort(key=lambda pair: list(MARKS).index(pair[0].severity))
    lines = flow(key, columns, color=color)
    for event, text in found[:TOLD]:
        shown = cut(lettering.fit([text], EVERYTHING, 200)[0], columns - 2)
        lines.append(paint([MARKS[event.severity], (f" {shown}", None)], color=color))
    if len(found) > TOLD:
        lines.append(f"  and {len(found) - TOLD} more findings: latentkit diagnose tells them all")
    return lines


def _panel(
    canvas: Canvas, corner: tuple[int, int], size: tuple[int, int], series: Series, courses: Sequence[Course]
) -> None:
    """A title, the lines, and the axis of epochs below, within so many columns and rows."""
    left, top = corner
    wide, tall = size[0] - GUTTER - 1, size[1] - 3
    every = np.concatenate([course.figures[side, series.name] for course in courses for side in series.sides])
    epochs = np.concatenate([course.epochs for course in courses])
    canvas.write(left + GUTTER, top, cut(series.title, wide))
    bottom = top + 1 + tall
    for column in range(wide):
        canvas.put(left + GUTTER + column, bottom, "─", FAINT)
    for row in range(tall):
        canvas.put(left + GUTTER - 1, top + 1 + row, "│", FAINT)
    canvas.put(left + GUTTER - 1, bottom, "└", FAINT)
    start, end = float(epochs.min()), float(epochs.max())
    _epochs(canvas, (left + GUTTER, bottom), wide, start, end)
    known = every[np.isfinite(every)]
    if not len(known):
        canvas.write(left + GUTTER, top + 1, cut("not recorded", wide), FAINT)
        return
    low, high = float(known.min()), float(known.max())
    canvas.write(left, top + 1, _number(high).rjust(GUTTER - 1), FAINT)
    if low < high:
        canvas.write(left, bottom - 1, _number(low).rjust(GUTTER - 1), FAINT)

    def dots(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[int, int] | None]:
        """Where values are, in dots of the canvas; None where there is none."""
        across = _place(x, start, end, wide * ACROSS) + (left + GUTTER) * ACROSS
        down = (top + 1 + tall) * DOWN - 1 - _place(y, low, high, tall * DOWN)
        there = np.isfinite(y).tolist()
        return [
            (int(a), int(b)) if good else None
            for a, b, good in zip(across, np.nan_to_num(down), there, strict=True)
        ]

    for index, course in enumerate(courses):
        character, color = look(index)
        for side in series.sides:
            points = dots(course.epochs, course.figures[side, series.name])
            for here, there in pairwise(points):
                if here and there:
                    canvas.line(here, there, color, 3 if side == "train" else 1)
            if side != "train":
                _mark(canvas, [point for point in points if point], character, color)
    for event in (event for course in courses for event in reversed(course.events)):
        column = int(_place(np.array([event.epoch]), start, end, wide)[0])
        canvas.put(left + GUTTER + column, bottom, *MARKS[event.severity])


def _number(value: float) -> str:
    """The value in as many digits as the gutter has room for."""
    whole = [f"{value:.0f}"] if abs(value) >= 1000 else []
    texts = [*whole, *(f"{value:.{digits}g}" for digits in (3, 2, 1))]
    return next(text for text in texts if len(text) < GUTTER)


def _place(values: NDArray[np.float64], low: float, high: float, count: int) -> NDArray[np.float64]:
    """Which of so many places in a row each value has, from low to high; the middle where these are one."""
    part = (values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, np.nan)
    return np.asarray(np.clip(np.round(part * (count - 1)), 0, count - 1))


def _mark(canvas: Canvas, points: Sequence[tuple[int, int]], character: str, color: int) -> None:
    """The run's character at the last of its points, and at others that are far enough apart."""
    last: int | None = None
    for x, y in reversed(points):
        if last is None or last - x >= 8 * ACROSS:
            canvas.put(x // ACROSS, y // DOWN, character, color)
            last = x


def _epochs(canvas: Canvas, corner: tuple[int, int], wide: int, start: float, end: float) -> None:
    left, bottom = corner
    canvas.write(left, bottom + 1, f"{start:.4g}", FAINT)
    last = f"epoch {end:.4g}"
    if end > start:
        canvas.write(left + max(wide - len(last), 0), bottom + 1, last, FAINT)
