"""Colours and shapes that the colour-blind, and a grey printer, can tell apart.

The colours are those of Okabe & Ito (2008) without yellow, which is lost on white; beyond seven classes
the shapes change too.
"""

from typing import NamedTuple

__all__ = ["COLOURS", "MOST", "NONE", "SHAPES", "Look", "look"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#333333")
SHAPES = ("o", "^", "s", "X", "D")
MOST = len(COLOURS) * len(SHAPES)
"""The most classes that can be told apart."""


class Look(NamedTuple):
    """A colour as #rrggbb and a matplotlib marker."""

    colour: str
    shape: str


NONE = Look("#BBBBBB", "o")
"""The look of what belongs to no class."""


def look(index: int) -> Look:
    """How the class of that index looks, 0 <= index < MOST."""
    return Look(COLOURS[index % len(COLOURS)], SHAPES[index // len(COLOURS)])
