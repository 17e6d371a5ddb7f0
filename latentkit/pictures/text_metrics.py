"""Text that can be drawn: characters that no font has, names that are too long, and the space that text takes.

Names of classes come from folder names, so they can be anything. A character that no available font can draw is
written as an escape, so that two classes never look alike; a name that is too long is shortened in the middle.
Widths and heights are in pixels at DPI.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from functools import cache
from typing import Any

from latentkit.text import shorten

__all__ = ["DPI", "MAX_LENGTH", "families", "fit", "fit_widths", "glyphs", "line_height", "width", "wrap"]

DPI = 150
"""Resolution of the layout; a figure is laid out the same way whatever resolution it is saved at."""
MAX_LENGTH = 30
MIN_LENGTH = 4
"""Characters; a name cut shorter than this is meaningless."""
FALLBACKS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Nirmala UI",
    "Arial Unicode MS",
)


@cache
def families() -> tuple[str, ...]:
    """Return the font families to draw with: matplotlib's own, then those installed for other scripts."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in FALLBACKS if name in installed))


@cache
def glyphs() -> frozenset[int]:
    """Return the code points that `families` can draw."""
    from matplotlib import font_manager

    paths = [font_manager.findfont(name, fallback_to_default=False) for name in families()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def fit(
    names: Iterable[str], drawable: Container[int] | None = None, max_length: int = MAX_LENGTH
) -> list[str]:
    """Return each name as it can be drawn, in at most `max_length` characters; different names stay different.

    `drawable` holds the code points that can be drawn, by default `glyphs`.
    """
    drawable = glyphs() if drawable is None else drawable
    fitted: list[str] = []
    for name in names:
        first = text = shorten(_drawable(name, drawable), max_length, ellipsis="…")
        count = 2
        while text in fitted:
            mark = f" ({count})"
            text, count = shorten(first, max_length - len(mark), ellipsis="…") + mark, count + 1
        fitted.append(text)
    return fitted


def fit_widths(names: Sequence[str], max_width: int, size: float) -> list[str]:
    """Return each name as it can be drawn within `max_width` pixels, if possible; different names stay different."""
    different = list(dict.fromkeys(names))

    def too_wide(length: int) -> bool:
        return any(width(text, size) > max_width for text in fit(different, max_length=length))

    lengths = range(MIN_LENGTH, MAX_LENGTH + 1)
    longest = lengths[max(0, bisect_left(lengths, True, key=too_wide) - 1)]
    fitted = dict(zip(different, fit(different, max_length=longest), strict=True))
    return [fitted[name] for name in names]


def line_height(size: float) -> int:
    """Return the height of a line of text of this size in points."""
    return round(size * 1.3 * DPI / 72)


@cache
def width(text: str, size: float, weight: str = "normal") -> int:
    """Return the width of one line of drawable text."""
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=list(families()), size=size, weight=weight)
    return int(_renderer().get_text_width_height_descent(text, font, False)[0]) + 1


def wrap(text: str, max_width: float, size: float, weight: str = "normal") -> list[str]:
    """Return any text in drawable lines of at most `max_width` pixels.

    Lines are broken between words, and within a word only if it is wider than a line.
    """
    lines: list[str] = []
    for word in _drawable(text, glyphs()).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= max_width:
            lines[-1] = longer
        else:
            lines += _broken(word, max_width, size, weight)
    return [line for line in lines if line]


def _broken(word: str, max_width: float, size: float, weight: str) -> list[str]:
    """Return the parts of a word that each fit into a line."""
    parts = [""]
    for character in word:
        if parts[-1] and width(parts[-1] + character, size, weight) > max_width:
            parts.append("")
        parts[-1] += character
    return parts


def _drawable(text: str, drawable: Container[int]) -> str:
    return "".join(c if _is_plain(c, drawable) else c.encode("unicode_escape").decode() for c in text)


def _is_plain(character: str, drawable: Container[int]) -> bool:
    return (unicodedata.category(character)[0] not in "CZ" and ord(character) in drawable) or character == " "


@cache
def _renderer() -> Any:
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
