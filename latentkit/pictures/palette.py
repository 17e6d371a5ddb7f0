"""Colours and shapes that the colour-blind, and a grey printer, can tell apart.

The colours are those of Okabe & Ito (2008) without the one that is lost on the paper: yellow on white, blue and
black on a dark page. Shapes change along with them, so no class differs from another by its colour alone.
"""

from typing import NamedTuple

__all__ = ["COLOURS", "DARK_COLOURS", "MOST", "SHAPES", "Look", "contrast", "look", "readable"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#333333")
DARK_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#EEEEEE")
SHAPES = ("o", "^", "s", "X", "D")
MOST = len(COLOURS) * len(SHAPES)
"""The most classes that can be told apart: the numbers of colours and shapes have no common divisor."""
LEGIBLE = 4.5
"""The least contrast of text with its background (WCAG 2.2, 1.4.3)."""


class Look(NamedTuple):
    """A colour as #rrggbb and a matplotlib marker."""

    colour: str
    shape: str


def look(index: int, colours: tuple[str, ...] = COLOURS) -> Look:
    """How the class of that index looks, 0 <= index < MOST."""
    return Look(colours[index % len(colours)], SHAPES[index % len(SHAPES)])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str, ink: str) -> str:
    """The colour itself, or with as much ink mixed in as text of it needs to be read on the paper."""
    for share in range(0, 101, 5):
        mixed = _mix(colour, ink, share / 100)
        if contrast(mixed, paper) >= LEGIBLE:
            return mixed
    return ink


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _luminance(colour: str) -> float:
    """Relative luminance, 0..1 (WCAG 2.2, of sRGB)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
