"""Positions of everything on a sheet, in pixels at DPI from the top left corner.

Small images are enlarged by a whole factor with nearest neighbor, so that a pixel stays a square; only images that
are larger than their cell are resampled. Text never overlaps images or other text.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import PictureError
from latentkit.pictures.sheet import Sheet
from latentkit.pictures.text_metrics import DPI, fit_widths, line_height, width, wrap

__all__ = ["Arrangement", "Picture", "Text", "arrange"]

MARGIN, GAP, BAND = 36, 6, 26
TITLE, SMALL, LABEL, CAPTION = 11.0, 8.0, 8.0, 7.0
"""Sizes of text, in points."""
MIN_INNER_WIDTH = 460
"""Pixels within the margins, so that there is space for titles."""
MAX_HEIGHT = 30_000
MIN_CELL = 12
"""Pixels; an image smaller than this cannot be made out."""
MAX_ROW_NAME = 390
"""Maximum width of names before the rows."""
USUAL_WIDTH, SIDES = 1100, (100, 180)
"""Width that cells share if no width is requested, and the bounds of what each gets."""
MAX_WIDTH = 1900


class Picture(NamedTuple):
    """Pixels (h, w, 3) uint8 and the position of their top left corner."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


class Text(NamedTuple):
    """A line of text that begins, is centered or ends at x, with its top at y."""

    x: int
    y: int
    text: str
    points: float
    align: str = "left"
    faint: bool = False
    weight: str = "normal"


class Arrangement(NamedTuple):
    """A sheet of this width and height, with its images and lines of text."""

    width: int
    height: int
    pictures: list[Picture]
    texts: list[Text]


def arrange(sheet: Sheet, total_width: int | None = None) -> Arrangement:
    """Return the position of everything; `total_width` is the width of the sheet, by default as needed.

    Raises PictureError if the width is too small or the sheet would be too tall.
    """
    names = _row_names(sheet)
    name_width = max((width(line, LABEL) for lines in names for line in lines), default=-2 * GAP) + 2 * GAP
    columns = max(map(len, sheet.cells))
    cell_width, cell_height = _cell_size(sheet, columns, name_width, total_width)
    inner_width = max(name_width + columns * (cell_width + GAP) - GAP, 0 if total_width else MIN_INNER_WIDTH)
    if total_width:
        inner_width = total_width - 2 * MARGIN
    texts, y = _heading(sheet, inner_width)
    for column, text in enumerate(fit_widths(sheet.columns, cell_width + GAP, LABEL)):
        x = MARGIN + name_width + column * (cell_width + GAP) + cell_width // 2
        texts.append(Text(x, y, text, LABEL, "center"))
    y += line_height(LABEL) + 4 if any(sheet.columns) else 0
    captions = _captions(sheet, cell_width)
    pictures: list[Picture] = []
    for row, cells in enumerate(sheet.cells):
        y += BAND if row and sheet.band and row % sheet.band == 0 else 0
        excess = max(0, len(names[row]) * line_height(LABEL) - cell_height) if names else 0
        y += excess // 2
        for column, cell in enumerate(cells):
            x = MARGIN + name_width + column * (cell_width + GAP)
            if cell.image is not None:
                pictures.append(_centered(cell.image, x, y, cell_width, cell_height))
            top = y + cell_height + 3
            texts += _lines(captions[row][column], x + cell_width // 2, top, CAPTION, "center", faint_from=0)
        if names:
            top = y + (cell_height - len(names[row]) * line_height(LABEL)) // 2
            texts += _lines(names[row], MARGIN + name_width - 2 * GAP, top, LABEL, "right", faint_from=1)
        count = max((len(each) for each in captions[row]), default=0)
        below = (count * line_height(CAPTION) + GAP) if count else 0
        y += cell_height + GAP + max(below, excess - excess // 2)
    if y + MARGIN > MAX_HEIGHT:
        raise PictureError(
            f"the picture would be {y + MARGIN} pixels high, and at most {MAX_HEIGHT} are allowed: show fewer images"
        )
    return Arrangement(inner_width + 2 * MARGIN, y - GAP + MARGIN, pictures, texts)


def _row_names(sheet: Sheet) -> list[tuple[str, ...]]:
    """Return the lines before each row as they can be drawn; different first lines stay different."""
    first = fit_widths([lines[0] for lines in sheet.rows], MAX_ROW_NAME, LABEL)
    return [
        (name, *fit_widths(lines[1:], MAX_ROW_NAME, LABEL))
        for name, lines in zip(first, sheet.rows, strict=True)
    ]


def _captions(sheet: Sheet, cell_width: int) -> list[list[tuple[str, ...]]]:
    """Return the lines below each cell, shortened to its width; different texts on the same line stay different."""
    depth = max(len(cell.text) for row in sheet.cells for cell in row)
    fitted: list[dict[str, str]] = []
    for line in range(depth):
        texts = [cell.text[line] for row in sheet.cells for cell in row if len(cell.text) > line]
        fitted.append(dict(zip(texts, fit_widths(texts, cell_width + GAP - 2, CAPTION), strict=True)))
    return [
        [tuple(fitted[line][text] for line, text in enumerate(cell.text)) for cell in row]
        for row in sheet.cells
    ]


def _heading(sheet: Sheet, inner_width: int) -> tuple[list[Text], int]:
    """Return the title and the text above the cells, and the top of the cells."""
    texts, y = [], MARGIN - 8
    for line in wrap(sheet.title, inner_width, TITLE, "bold"):
        texts.append(Text(MARGIN, y, line, TITLE, weight="bold"))
        y += line_height(TITLE)
    for line in wrap(sheet.text, inner_width, SMALL):
        texts.append(Text(MARGIN, y + 2, line, SMALL, faint=True))
        y += line_height(SMALL)
    return texts, y + 16


def _lines(
    lines: tuple[str, ...], x: int, top: int, points: float, align: str, *, faint_from: int
) -> list[Text]:
    """Return lines below each other; those from index `faint_from` on are faint."""
    height = line_height(points)
    return [
        Text(x, top + index * height, text, points, align, index >= faint_from)
        for index, text in enumerate(lines)
    ]


def _cell_size(sheet: Sheet, columns: int, name_width: int, total_width: int | None) -> tuple[int, int]:
    """Return the width and height of a cell."""
    shapes = [cell.image.shape[:2] for row in sheet.cells for cell in row if cell.image is not None]
    image_height, image_width = (max(sides) for sides in zip(*shapes, strict=True))
    if total_width is None:
        available = (MAX_WIDTH - name_width) // columns - GAP
        usual = min(max(USUAL_WIDTH // columns, SIDES[0]), SIDES[1])
        factor = min(max(1, round(usual / max(image_width, image_height))), available // image_width)
    else:
        available = (total_width - 2 * MARGIN - name_width + GAP) // columns - GAP
        factor = available // image_width
    if available < MIN_CELL:
        needed = 2 * MARGIN + name_width + columns * (MIN_CELL + GAP)
        raise PictureError(
            f"{columns} images do not fit side by side into {(total_width or MAX_WIDTH) / DPI:.3g} inches: "
            f"use --width {needed / DPI + 0.05:.1f} or more, or fewer images"
        )
    if factor >= 1:
        return image_width * factor, image_height * factor
    return available, max(1, round(image_height * available / image_width))


def _centered(image: NDArray[np.uint8], x: int, y: int, cell_width: int, cell_height: int) -> Picture:
    """Return an image (H, W, 1 or 3) in the middle of a cell, as large as a whole factor makes it."""
    pixels = _scaled(image, cell_width, cell_height)
    height, width, _ = pixels.shape
    return Picture(x + (cell_width - width) // 2, y + (cell_height - height) // 2, pixels)


def _scaled(image: NDArray[np.uint8], max_width: int, max_height: int) -> NDArray[np.uint8]:
    image = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    height, width = image.shape[:2]
    factor = min(max_width // width, max_height // height)
    if factor >= 1:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    from PIL import Image

    ratio = min(max_width / width, max_height / height)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
