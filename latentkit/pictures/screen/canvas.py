"""A canvas of character cells, each of which also has two by four finer dots, drawn as Braille (Unicode 2800).

Anything outside of the canvas is clipped. Colors are numbers from the 256 of terminals, of medium lightness, since the
background may be light or dark; no class differs from another by color alone.
"""

from collections.abc import Iterable, Sequence

from latentkit.pictures.palette import MAX_CLASSES
from latentkit.text import cell_width

__all__ = [
    "ALL_CHARACTERS",
    "COLORS",
    "DOT_COLUMNS",
    "DOT_ROWS",
    "ERROR",
    "FAINT",
    "GLYPHS",
    "NOTE",
    "SHADES",
    "UNLABELED",
    "WARNING",
    "Canvas",
    "cut",
    "cut_middle",
    "flow",
    "look",
    "paint",
]

DOT_COLUMNS, DOT_ROWS = 2, 4
"""Dots in a cell."""
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))

COLORS = (33, 202, 35, 170, 44, 178, 245)
"""Colors of classes, near those of the palette."""
GLYPHS = "●▲■◆×+○△□◇*#" + "ABCDEFGHIJKLMNPQRSTUVWXYZ"[: MAX_CLASSES - 12]
UNLABELED = "·"
FAINT = 245
ERROR, WARNING, NOTE = 196, 172, 245
SHADES = ((" ", 245), ("░", 61), ("▒", 31), ("▓", 71), ("█", 178))
"""Steps of a quantity from low to high, similar to viridis; the first is not used."""
ALL_CHARACTERS = range(0x110000)
"""Code points that a terminal, which has its own fonts, can draw; `text_metrics.fit` still escapes controls."""

Piece = tuple[str, int | None]
"""Text and its color."""


def look(index: int) -> tuple[str, int]:
    """Return the character and color of the class with this index; -1 is no class."""
    return (UNLABELED, FAINT) if index < 0 else (GLYPHS[index], COLORS[index % len(COLORS)])


class Canvas:
    """A canvas of `columns` by `rows` cells, with the first row at the top."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._characters = [[" "] * columns for _ in range(rows)]
        self._dots = [[0] * columns for _ in range(rows)]
        self._colors: list[list[int | None]] = [[None] * columns for _ in range(rows)]

    def put(self, column: int, row: int, character: str, color: int | None = None) -> None:
        """Draw a character that takes one cell; it hides the dots of the cell."""
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._characters[row][column] = character
            self._colors[row][column] = color

    def write(self, column: int, row: int, text: str, color: int | None = None) -> None:
        """Write text from left to right."""
        for character in text:
            width = cell_width(character)
            if width == 0:
                continue
            if column + width > self.columns:
                return
            self.put(column, row, character, color)
            if width == 2:
                self.put(column + 1, row, "", color)
            column += width

    def dot(self, x: int, y: int, color: int | None = None) -> None:
        """Draw a dot, with y downwards. All dots of a cell get the color of the last one."""
        column, row = x // DOT_COLUMNS, y // DOT_ROWS
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._dots[row][column] |= _BITS[x % DOT_COLUMNS][y % DOT_ROWS]
            self._colors[row][column] = color

    def line(
        self, start: tuple[int, int], end: tuple[int, int], color: int | None = None, every: int = 1
    ) -> None:
        """Draw every n-th dot of a straight line."""
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(0, steps + 1, every):
            x, y = (round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True))
            self.dot(x, y, color)

    def lines(self, *, color: bool) -> list[str]:
        """Return the rows as text, without spaces at their ends."""
        return [paint(self._row(row), color=color) for row in range(self.rows)]

    def _row(self, row: int) -> list[Piece]:
        cells = zip(self._characters[row], self._dots[row], self._colors[row], strict=True)
        pieces = [
            (chr(0x2800 + dots) if character == " " and dots else character, color)
            for character, dots, color in cells
        ]
        while pieces and pieces[-1][0] == " ":
            pieces.pop()
        return pieces


def paint(pieces: Iterable[Piece], *, color: bool) -> str:
    """Return texts joined, with as few color sequences as needed, or with none."""
    painted, current = "", None
    for text, wanted in pieces:
        if color and text.strip() and wanted != current:
            painted += "\x1b[0m" if wanted is None else f"\x1b[38;5;{wanted}m"
            current = wanted
        painted += text
    return painted + ("\x1b[0m" if current is not None else "")


def cut(text: str, columns: int) -> str:
    """Return the beginning of a text that takes at most this many columns, with a mark where it is cut."""
    if cell_width(text) <= columns:
        return text
    while text and cell_width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def cut_middle(text: str, columns: int) -> str:
    """Return a name in at most this many columns, with a mark where its middle is left out: its end tells it apart."""
    if cell_width(text) <= columns:
        return text
    end = ""
    for character in reversed(text):
        if cell_width(character + end) > (columns - 1) // 2:
            break
        end = character + end
    return cut(text, columns - cell_width(end)) + end


def flow(entries: Sequence[Sequence[Piece]], columns: int, *, color: bool) -> list[str]:
    """Return entries of colored texts side by side, in as many lines as needed."""
    lines: list[list[Piece]] = []
    used = columns
    for entry in entries:
        width = sum(cell_width(text) for text, _ in entry)
        if used + 3 + width > columns:
            lines.append([])
            used = -3
        lines[-1] += [("   ", None)] * (used >= 0) + list(entry)
        used += 3 + width
    return [paint(line, color=color) for line in lines]
