"""A sheet of small images with words around them, as a value: what `grid` draws, still or frame by frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cell", "Frames", "Sheet", "Sheetable", "bytes_of_means", "folded", "named"]


class Cell(NamedTuple):
    """An image (H, W, 1 or 3) uint8 of any size, or none, and the lines of words under it."""

    image: NDArray[np.uint8] | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Rows of cells; a row may be shorter than others. Words are of any text at all, a line each."""

    cells: Sequence[Sequence[Cell]]
    title: str
    text: str = ""
    """Small, under the title."""
    rows: Sequence[tuple[str, ...]] = ()
    """What stands before each row: none at all, or as many as there are rows."""
    columns: Sequence[str] = ()
    """What stands over each column."""
    band: int = 0
    """A wider gap comes after so many rows; 0 is never."""


class Frames(NamedTuple):
    """Sheets of one arrangement, one after another and round again."""

    sheets: Sequence[Sheet]
    milliseconds: int
    """How long each is seen."""


class Sheetable(Protocol):
    """What can be drawn: it lays itself out, as one sheet and as an animation."""

    def sheet(self) -> Sheet:
        """The whole at a glance."""

    def frames(self) -> Frames:
        """The same in time."""


def bytes_of_means(means: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Decoded means in 0..1 to the nearest of 0..255."""
    whole: NDArray[np.uint8] = np.rint(np.clip(means, 0, 1) * 255).astype(np.uint8)
    return whole


def folded(cells: Sequence[Cell], columns: int) -> list[list[Cell]]:
    """Cells in rows of so many, the last one shorter."""
    return [list(cells[start : start + columns]) for start in range(0, len(cells), columns)]


def named(id: str) -> tuple[str, ...]:
    """The id of an image in lines: its folders, and its name, so that neither is cut to make room for the other."""
    folder, slash, name = id.rpartition("/")
    return (folder + slash, name) if folder else (id,)
