"""Where everything on a sheet stands: pixels at DPI, from the top left corner.

Small images are enlarged by a whole number and nearest neighbor, so that a pixel stays a square; only
what is larger than its place is resampled. Words never lie on images, nor on each other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures.ruler import DPI, fitted, line_height, width, wrapped
from latentkit.pictures.sheet import Sheet

__all__ = ["Arrangement", "Picture", "Words", "arrange"]

MARGIN, GAP, BAND = 36, 6, 26
TITLE, SMALL, LABEL, CAPTION = 11.0, 8.0, 8.0, 7.0
"""Points."""
NARROWEST = 460
"""Pixels inside the margins, so that titles have room."""
TALLEST = 30_000
LEAST = 12
"""Pixels of a side of a cell; what is smaller shows nothing."""
BEFORE = 390
"""The most pixels that names before the rows may take."""
WIDE, SIDES = 1100, (100, 180)
"""The pixels that cells share where no width is asked for, and the bounds of what one gets."""
WIDEST = 1900


class Picture(NamedTuple):
    """Pixels (h, w, 3) uint8 and the place of their top left corner."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


class Words(NamedTuple):
    """A line that begins, is centerd or ends at x, with its top at y."""

    x: int
    y: int
    text: str
    points: float
    align: str = "left"
    faint: bool = False
    weight: str = "normal"


class Arrangement(NamedTuple):
    """A sheet of that many pixels."""

    width: int
    height: int
    pictures: list[Picture]
    words: list[Words]


def arrange(sheet: Sheet, asked: int | None = None) -> Arrangement:
    """Find every place; `asked` is the width of the whole. PictureError where that is too narrow, or it gets too tall."""
    names = _names(sheet)
    before = max((width(line, LABEL) for lines in names for line in lines), default=-2 * GAP) + 2 * GAP
    columns = max(map(len, sheet.cells))
    wide, tall = _side(sheet, columns, before, asked)
    inside = max(before + columns * (wide + GAP) - GAP, 0 if asked else NARROWEST)
    if asked:
        inside = asked - 2 * MARGIN
    words, y = _heading(sheet, inside)
    for column, text in enumerate(fitted(sheet.columns, wide + GAP, LABEL)):
        words.append(Words(MARGIN + before + column * (wide + GAP) + wide // 2, y, text, LABEL, "center"))
    y += line_height(LABEL) + 4 if any(sheet.columns) else 0
    captions = _captions(sheet, wide)
    pictures: list[Picture] = []
    for row, cells in enumerate(sheet.cells):
        y += BAND if row and sheet.band and row % sheet.band == 0 else 0
        over = max(0, len(names[row]) * line_height(LABEL) - tall) if names else 0
        y += over // 2
        for column, cell in enumerate(cells):
            x = MARGIN + before + column * (wide + GAP)
            if cell.image is not None:
                pixels = _scaled(cell.image, wide, tall)
                pictures.append(
                    Picture(x + (wide - pixels.shape[1]) // 2, y + (tall - pixels.shape[0]) // 2, pixels)
                )
            for line, text in enumerate(captions[row][column]):
                words.append(
                    Words(
                        x + wide // 2,
                        y + tall + 3 + line * line_height(CAPTION),
                        text,
                        CAPTION,
                        "center",
                        True,
                    )
                )
        if names:
            top = y + (tall - len(names[row]) * line_height(LABEL)) // 2
            for line, text in enumerate(names[row]):
                words.append(
                    Words(
                        MARGIN + before - 2 * GAP,
                        top + line * line_height(LABEL),
                        text,
                        LABEL,
                        "right",
                        line > 0,
                    )
                )
        lines = max((len(each) for each in captions[row]), default=0)
        y += tall + GAP + max((lines * line_height(CAPTION) + GAP) if lines else 0, over - over // 2)
    if y + MARGIN > TALLEST:
        raise PictureError(
            f"the picture would be {y + MARGIN} pixels high, and {TALLEST} is the most: show fewer images"
        )
    return Arrangement(inside + 2 * MARGIN, y - GAP + MARGIN, pictures, words)


def _names(sheet: Sheet) -> list[tuple[str, ...]]:
    """What stands before the rows, fit to be drawn: the first lines are told apart from each other."""
    first = fitted([lines[0] for lines in sheet.rows], BEFORE, LABEL)
    return [(name, *fitted(lines[1:], BEFORE, LABEL)) for name, lines in zip(first, sheet.rows, strict=True)]


def _captions(sheet: Sheet, wide: int) -> list[list[tuple[str, ...]]]:
    """The words of every cell, fit to its width; lines of one height are told apart from each other."""
    deepest = max(len(cell.words) for row in sheet.cells for cell in row)
    fit: list[dict[str, str]] = []
    for line in range(deepest):
        texts = [cell.words[line] for row in sheet.cells for cell in row if len(cell.words) > line]
        fit.append(dict(zip(texts, fitted(texts, wide + GAP - 2, CAPTION), strict=True)))
    return [
        [tuple(fit[line][text] for line, text in enumerate(cell.words)) for cell in row]
        for row in sheet.cells
    ]


def _heading(sheet: Sheet, inside: int) -> tuple[list[Words], int]:
    """The title and the text over the cells, and where these begin."""
    words, y = [], MARGIN - 8
    for text in wrapped(sheet.title, inside, TITLE, "bold"):
        words.append(Words(MARGIN, y, text, TITLE, weight="bold"))
        y += line_height(TITLE)
    for text in wrapped(sheet.text, inside, SMALL):
        words.append(Words(MARGIN, y + 2, text, SMALL, faint=True))
        y += line_height(SMALL)
    return words, y + 16


def _side(sheet: Sheet, columns: int, before: int, asked: int | None) -> tuple[int, int]:
    """Width and height of a cell."""
    shapes = [cell.image.shape[:2] for row in sheet.cells for cell in row if cell.image is not None]
    tall, wide = (max(sides) for sides in zip(*shapes, strict=True))
    if asked is None:
        most = (WIDEST - before) // columns - GAP
        good = min(max(WIDE // columns, SIDES[0]), SIDES[1])
        factor = min(max(1, round(good / max(wide, tall))), most // wide)
    else:
        most = (asked - 2 * MARGIN - before + GAP) // columns - GAP
        factor = most // wide
    if most < LEAST:
        needed = 2 * MARGIN + before + columns * (LEAST + GAP)
        raise PictureError(
            f"{columns} images do not fit side by side into {(asked or WIDEST) / DPI:.3g} inches: "
            f"give --width {needed / DPI + 0.05:.1f} or more, or fewer of them"
        )
    if factor >= 1:
        return wide * factor, tall * factor
    return most, max(1, round(tall * most / wide))


def _scaled(image: NDArray[np.uint8], wide: int, tall: int) -> NDArray[np.uint8]:
    """(H, W, 1 or 3) to (h, w, 3) that fits, as large as a whole factor makes it."""
    image = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    height, width_ = image.shape[:2]
    factor = min(wide // width_, tall // height)
    if factor >= 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    from PIL import Image

    ratio = min(wide / width_, tall / height)
    size = max(1, round(width_ * ratio)), max(1, round(height * ratio))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
