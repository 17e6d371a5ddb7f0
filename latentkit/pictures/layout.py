"""Where things stand on a scatter figure, in inches: panels in a grid, words around each, one key for all.

The key (legend or color bar) stands at the right of the panels; where the width leaves them less than half of it
or too little to see anything, a legend goes beneath, and then panels beneath each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from latentkit.errors import PictureError
from latentkit.pictures.caption import Caption
from latentkit.pictures.render import wrapped

__all__ = ["DEEP", "Layout", "lay_out"]

LEFT, RIGHT, TOP, GAP = 0.75, 0.2, 0.5, 0.25
DEEP = 0.5
"""At the right of three dimensions, where the third axis has its label."""
UNDER = 0.65
"""From a panel down to its caption's last line, without the lines."""
LINE = 0.16
SIDE, SMALL_SIDE = 6.2, 3.9
"""Of the square that the points lie in: of one panel, and of each of several."""
LEAST = 1.9


@dataclass(frozen=True)
class Layout:
    """A grid of square panels with the same side. key_width is that of a legend that must go beneath, else None."""

    width: float
    height: float
    side: float
    columns: int
    cell: tuple[float, float]
    lines: tuple[tuple[str, ...], ...]
    """The captions, wrapped."""
    deep: float
    key_width: float | None
    beneath: float = 0.0
    """Taken at the bottom by a legend."""

    @property
    def room(self) -> float:
        """For the words of a panel, from its left edge."""
        return self.side + self.deep

    def corner(self, index: int) -> tuple[float, float]:
        """The lower left corner of a panel's points."""
        row, column = divmod(index, self.columns)
        top = self.height - row * self.cell[1]
        return LEFT + column * self.cell[0], top - TOP - self.side

    def axes(self, index: int) -> tuple[float, float, float, float]:
        """The same as matplotlib wants it, in parts of the figure."""
        left, bottom = self.corner(index)
        return left / self.width, bottom / self.height, self.side / self.width, self.side / self.height

    def key(self) -> tuple[float, float]:
        """The upper left corner of the legend, in inches."""
        if self.key_width is not None:
            return LEFT, self.beneath
        return self.columns * self.cell[0] + GAP, self.height - TOP

    def bar(self) -> tuple[float, float, float, float]:
        """The color bar, in parts of the figure."""
        x, y = self.key()
        return x / self.width, (y - self.side) / self.height, 0.2 / self.width, self.side / self.height

    def with_key_beneath(self, tall: float) -> "Layout":
        """Room at the bottom for a legend so many inches tall."""
        beneath = tall + 0.15
        return replace(self, beneath=beneath, height=self.height + beneath)


def lay_out(
    figure: Any, captions: Sequence[Caption], key: tuple[float, float], width: float | None
) -> Layout:
    """The layout for panels with these captions and a key so wide and tall; of that width, or of the usual side."""
    deep = DEEP if any(len(caption.axes) == 3 for caption in captions) else 0.0
    around = LEFT + deep + (GAP if len(captions) > 1 else 0)
    beside = GAP + key[0] + RIGHT if key[0] else RIGHT
    columns, beneath = min(len(captions), 3 if len(captions) != 4 else 2), False
    if width is None:
        side = SIDE if len(captions) == 1 else SMALL_SIDE
    else:
        side = (width - beside) / columns - around
        if key[1] and (columns * (side + around) < width / 2 or side < LEAST):
            beneath = True
            side = (width - RIGHT) / columns - around
        while side < LEAST and columns > 1:
            columns -= 1
            side = (width - (RIGHT if beneath else beside)) / columns - around
        if side < LEAST:
            least = LEAST + around + (RIGHT if beneath else beside)
            raise PictureError(
                f"a figure {width:g} inches wide leaves no room for the points: --width {math.ceil(10 * least) / 10:g} or more"
            )
    lines = tuple(wrapped(figure, caption.text, side + deep, fontsize=8) for caption in captions)
    tall = TOP + side + UNDER + LINE * max(len(each) for each in lines)
    rows = -(-len(captions) // columns)
    total = columns * (side + around) + (RIGHT if beneath else beside)
    key_width = total - LEFT - RIGHT if beneath else None
    height = max(rows * tall, TOP + key[1] + RIGHT if not beneath else 0)
    return Layout(total, height, side, columns, (side + around, tall), lines, deep, key_width)
