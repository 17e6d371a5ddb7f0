"""A sheet of small images with text around them, as a value: what `grid` draws, still or as an animation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cell", "Frames", "Sheet", "Sheetable", "id_lines", "rows_of", "to_uint8"]


class Cell(NamedTuple):
    """An image (H, W, 1 or 3) uint8 of any size, or none, and the lines of text below it."""

    image: NDArray[np.uint8] | None
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Rows of cells, which may differ in length, with any text around them."""

    cells: Sequence[Sequence[Cell]]
    title: str
    text: str = ""
    """Small text below the title."""
    rows: Sequence[tuple[str, ...]] = ()
    """Lines of text before each row, or nothing for all of them."""
    columns: Sequence[str] = ()
    """Text above each column."""
    band: int = 0
    """Number of rows after which the gap is wider; 0 means never."""


class Frames(NamedTuple):
    """Sheets with the same arrangement, shown one after another in an endless loop."""

    sheets: Sequence[Sheet]
    milliseconds: int
    """Time that each is shown."""


class Sheetable(Protocol):
    """A value that can be drawn as one sheet and as an animation."""

    def sheet(self) -> Sheet:
        """Return everything at a glance."""

    def frames(self) -> Frames:
        """Return the same as an animation."""


def to_uint8(means: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return decoded means in 0..1 rounded to 0..255."""
    pixels: NDArray[np.uint8] = np.rint(np.clip(means, 0, 1) * 255).astype(np.uint8)
    return pixels


def rows_of(cells: Sequence[Cell], columns: int) -> list[list[Cell]]:
    """Return cells in rows of this many columns; the last row may be shorter."""
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def id_lines(id: str) -> tuple[str, ...]:
    """Return the id of an image in lines, folders and name, so that each is shortened on its own."""
    folder, slash, name = id.rpartition("/")
    return (folder + slash, name) if folder else (id,)
