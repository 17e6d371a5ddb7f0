"""How much room words take, and words made to fit the room there is. In pixels at DPI."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Any

from latentkit.pictures import lettering
from latentkit.pictures.render import DPI

__all__ = ["DPI", "drawable", "fitted", "line_height", "width", "wrapped"]

SHORTEST = 4
"""Characters; what is cut shorter says nothing."""


def line_height(size: float) -> int:
    """Of text of that many points."""
    return round(size * 1.3 * DPI / 72)


@cache
def width(text: str, size: float, weight: str = "normal") -> int:
    """Of one line of drawable text."""
    from matplotlib.font_manager import FontProperties

    look = FontProperties(family=list(lettering.families()), size=size, weight=weight)
    return int(_renderer().get_text_width_height_descent(text, look, False)[0]) + 1


def drawable(text: str) -> str:
    """Any text as it can be drawn, uncut."""
    return lettering.fit([text], lettering.glyphs(), max(len(text) * 10, 1))[0]


def fitted(names: Sequence[str], room: int, size: float) -> list[str]:
    """Each name as it can be drawn, in so many pixels if it can be; different names stay different."""
    different = list(dict.fromkeys(names))

    def too_wide(longest: int) -> bool:
        return any(width(text, size) > room for text in lettering.fit(different, lettering.glyphs(), longest))

    lengths = range(SHORTEST, lettering.LONGEST + 1)
    longest = lengths[max(0, bisect_left(lengths, True, key=too_wide) - 1)]
    fit = dict(zip(different, lettering.fit(different, lettering.glyphs(), longest), strict=True))
    return [fit[name] for name in names]


def wrapped(text: str, room: int, size: float, weight: str = "normal") -> list[str]:
    """Drawable text in lines of so many pixels, broken between words; a longer word has a line of its own."""
    lines: list[str] = []
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


@cache
def _renderer() -> Any:
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
