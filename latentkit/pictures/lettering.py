"""Any text at all made fit to be drawn: names of classes come from folders, and folders from anybody.

What no font at hand can draw is written as an escape, so that two classes never look alike; what is
too long is cut in the middle. That nothing is taken for mathematics (`$`) is the figure's own setting.
"""

import unicodedata
from collections.abc import Container, Iterable
from functools import cache

__all__ = ["families", "fit", "glyphs"]

LONGEST = 30
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
    """The font families to draw with: matplotlib's own, then what this machine has for other scripts."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in FALLBACKS if name in there))


@cache
def glyphs() -> frozenset[int]:
    """The code points that `families` can draw."""
    from matplotlib import font_manager

    paths = [font_manager.findfont(name, fallback_to_default=False) for name in families()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def fit(names: Iterable[str], drawable: Container[int], longest: int = LONGEST) -> list[str]:
    """Each name as it can be drawn, in at most `longest` characters; different names stay different."""
    fitted: list[str] = []
    for name in names:
        text = _cut(
            "".join(c if _plain(c, drawable) else c.encode("unicode_escape").decode() for c in name), longest
        )
        count = 2
        first = text
        while text in fitted:
            mark = f" ({count})"
            text, count = _cut(first, longest - len(mark)) + mark, count + 1
        fitted.append(text)
    return fitted


def _plain(character: str, drawable: Container[int]) -> bool:
    return (unicodedata.category(character)[0] not in "CZ" and ord(character) in drawable) or character == " "


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 3
    return f"{text[: longest - 1 - tail]}…{text[len(text) - tail :]}"
