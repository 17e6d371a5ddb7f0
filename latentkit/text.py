"""Text for people: escaped, wrapped, aligned and shortened.

Names of files and classes may hold anything, so text is escaped once, at the end. `wrap` and `table` escape what they
lay out, since the layout depends on the width of what is printed. Escaping twice changes nothing.
"""

import re
from collections.abc import Iterable, Sequence

__all__ = [
    "CONTROL",
    "NOT_BYTES",
    "REORDERING",
    "SURROGATE",
    "UNSAFE",
    "WIDTH",
    "cell_width",
    "escape",
    "escape_keeping_lines",
    "shorten",
    "table",
    "wrap",
]

WIDTH = 100
"""Columns of a report."""

CONTROL = r"\x00-\x1f\x7f-\x9f"
REORDERING = r"\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""Marks that change the reading order, and the two Unicode line separators."""
SURROGATE = r"\ud800-\udfff"
NOT_BYTES = r"\ud800-\udc7f\udd00-\udfff"
"""Surrogates that stand for no byte of a file name."""
# These are the insides of a character class, so that a format that can hold less adds its own characters.

UNSAFE = re.compile(f"[{CONTROL}{REORDERING}{SURROGATE}]")
"""Characters that could move the cursor, end a line, reverse the reading order or fail to be encoded."""
_UNSAFE_IN_DATA = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{NOT_BYTES}]")


def escape(text: str, unsafe: re.Pattern[str] = UNSAFE) -> str:
    """Return `text` on one line, with every unsafe character written as Python would escape it."""
    return unsafe.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def escape_keeping_lines(text: str) -> str:
    """Escape control characters other than newline and tab.

    File names that are not Unicode keep their surrogates, so that they can be written as the bytes they are on disk.
    """
    return escape(text, _UNSAFE_IN_DATA)


def cell_width(text: str) -> int:
    """Return the number of terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def wrap(
    text: str,
    width: int = WIDTH,
    *,
    first: str = "",
    rest: str | None = None,
    break_words: bool = False,
) -> list[str]:
    """Escape `text` and break it into lines of at most `width` columns.

    `first` starts the first line and `rest` the others; without `rest` they are indented as far as `first` reaches.
    A word that is longer than a line, such as a path, stays whole unless `break_words` is set.
    """
    import textwrap

    return textwrap.wrap(
        escape(re.sub(r"\s", " ", text)),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=break_words,
        break_on_hyphens=False,
    )


def table(rows: Iterable[Sequence[str]], *, left: int = 1, indent: str = "  ", gap: str = "  ") -> list[str]:
    """Escape the cells and align them in columns: the first `left` columns to the left, the others to the right."""
    cells = [[escape(cell) for cell in row] for row in rows]
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        columns = []
        for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_width(cell))
            columns.append(cell + space if at < left else space + cell)
        lines.append((indent + gap.join(columns)).rstrip())
    return lines


def shorten(text: str, width: int, *, ellipsis: str = "...") -> str:
    """Escape `text` and replace its middle by an ellipsis where it is longer than `width` characters."""
    text = escape(text)
    if len(text) <= width:
        return text
    kept = max(width - len(ellipsis), 0)
    tail = kept // 2
    return text[: kept - tail] + ellipsis + text[len(text) - tail :]
