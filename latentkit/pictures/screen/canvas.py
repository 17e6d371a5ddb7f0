"""Cells of characters to draw on; each cell also has two by four finer dots, drawn as Braille (Unicode 2800).

Nothing is ever drawn outside: what does not fit is cut at the edge.
"""

import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["ACROSS", "DOWN", "Canvas", "cells", "cut", "flow", "paint"]

ACROSS, DOWN = 2, 4
"""Dots in a cell."""
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class Canvas:
    """`columns` by `rows` cells, the first row at the top. A color is a number of the 256 of terminals."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._characters = [[" "] * columns for _ in range(rows)]
        self._dots = [[0] * columns for _ in range(rows)]
        self._colors: list[list[int | None]] = [[None] * columns for _ in range(rows)]

    def put(self, column: int, row: int, character: str, color: int | None = None) -> None:
        """A character that takes one cell; it hides the dots of the cell."""
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._characters[row][column] = character
            self._colors[row][column] = color

    def write(self, column: int, row: int, text: str, color: int | None = None) -> None:
        """A text from left to right."""
        for character in text:
            wide = cells(character)
            if wide == 0:
                continue
            if column + wide > self.columns:
                return
            self.put(column, row, character, color)
            if wide == 2:
                self.put(column + 1, row, "", color)
            column += wide

    def dot(self, x: int, y: int, color: int | None = None) -> None:
        """A dot, 0 <= x < 2 columns, 0 <= y < 4 rows, y downwards. The last color in a cell is that of all its dots."""
        column, row = x // ACROSS, y // DOWN
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._dots[row][column] |= _BITS[x % ACROSS][y % DOWN]
            self._colors[row][column] = color

    def line(
        self, start: tuple[int, int], end: tuple[int, int], color: int | None = None, every: int = 1
    ) -> None:
        """Dots in a straight line, every n-th of them."""
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(0, steps + 1, every):
            part = step / steps
            x, y = (round(a + (b - a) * part) for a, b in zip(start, end, strict=True))
            self.dot(x, y, color)

    def lines(self, *, color: bool) -> list[str]:
        """The rows as text, with spaces at their ends left out."""
        return [paint(self._row(row), color=color) for row in range(self.rows)]

    def _row(self, row: int) -> list[tuple[str, int | None]]:
        columns = zip(self._characters[row], self._dots[row], self._colors[row], strict=True)
        pieces = [
            (chr(0x2800 + dots) if character == " " and dots else character, color)
            for character, dots, color in columns
        ]
        while pieces and pieces[-1][0] == " ":
            pieces.pop()
        return pieces


def paint(pieces: Iterable[tuple[str, int | None]], *, color: bool) -> str:
    """Texts and their colors one after another, with as few color sequences as that takes, or with none."""
    painted, now = "", None
    for text, wanted in pieces:
        if color and text.strip() and wanted != now:
            painted += "\x1b[0m" if wanted is None else f"\x1b[38;5;{wanted}m"
            now = wanted
        painted += text
    return painted + ("\x1b[0m" if now is not None else "")


def cells(text: str) -> int:
    """How many columns a text takes: letters of East Asia two, combining marks none (Unicode annex 11)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def cut(text: str, columns: int) -> str:
    """The beginning of a text that takes at most so many columns, with a mark where something is cut off."""
    if cells(text) <= columns:
        return text
    while text and cells(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def flow(pieces: Sequence[Sequence[tuple[str, int | None]]], columns: int, *, color: bool) -> list[str]:
    """Entries of colored texts side by side, in as many lines as they need."""
    lines: list[list[tuple[str, int | None]]] = []
    used = columns
    for entry in pieces:
        wide = sum(cells(text) for text, _ in entry)
        if used + 3 + wide > columns:
            lines.append([])
            used = -3
        lines[-1] += [("   ", None)] * (used >= 0) + list(entry)
        used += 3 + wide
    return [paint(line, color=color) for line in lines]
