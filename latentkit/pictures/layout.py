"""Layout of a scatter figure, in inches: panels in a grid, the text around each, and one key for all of them.

The key (legend or color bar) is to the right of the panels. If the width leaves the panels less than half of it, or
too little to see anything, a legend goes below them, and then panels go below each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from latentkit.errors import PictureError
from latentkit.pictures.caption import Caption
from latentkit.pictures.text_metrics import DPI, wrap

__all__ = ["Layout", "lay_out"]

LEFT, RIGHT, TOP, GAP = 0.75, 0.2, 0.5, 0.25
TOP_ALONE = 0.15
"""Space above a panel without a title."""
DEPTH = 0.5
"""Space to the right of a three-dimensional panel, where the third axis has its label."""
BOTTOM = 0.65
"""Space from a panel to the end of its caption, without the lines themselves."""
LINE = 0.16
SIDE, SMALL_SIDE = 6.2, 3.9
"""Side of the square of points: of a single panel, and of each of several."""
MIN_SIDE = 1.9


@dataclass(frozen=True)
class Layout:
    """A grid of square panels with the same side."""

    width: float
    height: float
    side: float
    columns: int
    cell: tuple[float, float]
    lines: tuple[tuple[str, ...], ...]
    """The caption of each panel, wrapped."""
    depth: float
    key_width: float | None
    """Width of a legend that must go below the panels, else None."""
    top: float = TOP
    """Space above a panel."""
    key_height: float = 0.0
    """Height reserved for a legend below the panels."""

    @property
    def text_width(self) -> float:
        """Width for the text of a panel, from its left edge."""
        return self.side + self.depth

    def corner(self, index: int) -> tuple[float, float]:
        """Return the lower left corner of the points of a panel."""
        row, column = divmod(index, self.columns)
        top = self.height - row * self.cell[1]
        return LEFT + column * self.cell[0], top - self.top - self.side

    def axes(self, index: int) -> tuple[float, float, float, float]:
        """Return the rectangle of a panel's points as fractions of the figure."""
        left, bottom = self.corner(index)
        return left / self.width, bottom / self.height, self.side / self.width, self.side / self.height

    def key(self) -> tuple[float, float]:
        """Return the upper left corner of the legend, in inches."""
        if self.key_width is not None:
            return LEFT, self.key_height
        return self.columns * self.cell[0] + GAP, self.height - self.top

    def bar(self) -> tuple[float, float, float, float]:
        """Return the rectangle of the color bar as fractions of the figure."""
        x, y = self.key()
        return x / self.width, (y - self.side) / self.height, 0.2 / self.width, self.side / self.height

    def with_key_below(self, height: float) -> "Layout":
        """Return the layout with space at the bottom for a legend of this height."""
        key_height = height + 0.15
        return replace(self, key_height=key_height, height=self.height + key_height)


def lay_out(captions: Sequence[Caption], key: tuple[float, float], width: float | None) -> Layout:
    """Return the layout of panels with these captions and a key of this width and height.

    Without a width of the figure, panels have the usual side. Raises PictureError if the width is too small.
    """
    depth = DEPTH if any(len(caption.axes) == 3 for caption in captions) else 0.0
    around = LEFT + depth + (GAP if len(captions) > 1 else 0)
    right = GAP + key[0] + RIGHT if key[0] else RIGHT
    columns, below = min(len(captions), 3 if len(captions) != 4 else 2), False
    if width is None:
        side = SIDE if len(captions) == 1 else SMALL_SIDE
    else:
        side = (width - right) / columns - around
        if key[1] and (columns * (side + around) < width / 2 or side < MIN_SIDE):
            below = True
            side = (width - RIGHT) / columns - around
        while side < MIN_SIDE and columns > 1:
            columns -= 1
            side = (width - (RIGHT if below else right)) / columns - around
        if side < MIN_SIDE:
            enough = MIN_SIDE + around + (RIGHT if below else right)
            raise PictureError(
                f"a figure {width:g} inches wide has no space for the points: "
                f"use --width {math.ceil(10 * enough) / 10:g} or more"
            )
    lines = tuple(tuple(wrap(caption.text, (side + depth) * DPI, 8)) for caption in captions)
    top = TOP if any(caption.title for caption in captions) else TOP_ALONE
    cell_height = top + side + BOTTOM + LINE * max(len(each) for each in lines)
    rows = -(-len(captions) // columns)
    total = columns * (side + around) + (RIGHT if below else right)
    key_width = total - LEFT - RIGHT if below else None
    height = max(rows * cell_height, top + key[1] + RIGHT if not below else 0)
    return Layout(total, height, side, columns, (side + around, cell_height), lines, depth, key_width, top)
