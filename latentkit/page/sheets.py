"""Thumbnails, many to a picture, so that a page of tens of thousands holds them and decodes only those it shows.

One sheet holds about two million pixels: a browser decodes that between two frames, and a page with few images
has one sheet. Small sets are kept exactly, as PNG; larger ones as JPEG, the side made smaller until all fits.
"""

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.images.pillow import encode_png, thumbnails, to_pil

__all__ = ["BUDGET", "Sheets", "sheets"]

BUDGET = 24 * 2**20
"""Bytes of all sheets; base64 makes a third more of them."""
EXACT = 4 * 2**20
"""Bytes of pixels up to which nothing is lost."""
SIDES = (128, 96, 64, 48, 40, 32, 24, 16)
PIXELS = 2**21
QUALITY = 85


class Sheets(NamedTuple):
    """Pictures of `across` by `down` cells; a thumbnail stands at the left and top of its cell."""

    type: str
    width: int
    height: int
    cell: tuple[int, int]
    across: int
    down: int
    pictures: list[bytes]


def sheets(images: NDArray[np.uint8], budget: int = BUDGET) -> Sheets | None:
    """(N, h, w, C) uint8 as sheets of at most `budget` bytes; None where no size of 16 pixels or more fits."""
    longest = max(images.shape[1:3])
    if longest <= SIDES[0] and images.nbytes <= min(EXACT, budget):
        return _encode(images, longest, budget, exact=True)
    sides = [longest] * (longest <= SIDES[0]) + [side for side in SIDES if side < longest]
    for side in sides:
        if (made := _encode(images, side, budget, exact=False)) is not None:
            return made
    return None


def _encode(images: NDArray[np.uint8], side: int, budget: int, *, exact: bool) -> Sheets | None:
    """None as soon as the sheets are larger than the budget."""
    n = len(images)
    height, width = thumbnails(images[:1], side).shape[1:3]
    cell = (width, height) if exact else (-(-width // 8) * 8, -(-height // 8) * 8)  # JPEG's blocks are of 8
    limit = max(1, int(PIXELS**0.5) // cell[0])
    across = min(limit, max(1, round((n * cell[1] / cell[0]) ** 0.5)))
    down = min(max(1, PIXELS // (across * cell[0] * cell[1])), -(-n // across))
    pictures: list[bytes] = []
    for start in range(0, n, across * down):
        small = thumbnails(np.ascontiguousarray(images[start : start + across * down]), side)
        pictures.append(_picture(small, cell, across, exact=exact))
        if sum(map(len, pictures)) > budget:
            return None
    return Sheets("image/png" if exact else "image/jpeg", width, height, cell, across, down, pictures)


def _picture(small: NDArray[np.uint8], cell: tuple[int, int], across: int, *, exact: bool) -> bytes:
    n, height, width, channels = small.shape
    # The edge goes on into the rest of the cell: a neighbor would shine through JPEG's blocks.
    padded = np.pad(small, ((0, 0), (0, cell[1] - height), (0, cell[0] - width), (0, 0)), mode="edge")
    down = -(-n // across)
    cells = np.zeros((down * across, cell[1], cell[0], channels), np.uint8)
    cells[:n] = padded
    sheet = cells.reshape(down, across, cell[1], cell[0], channels).swapaxes(1, 2)
    pixels = sheet.reshape(down * cell[1], across * cell[0], channels)
    if exact:
        return encode_png(pixels)
    stream = io.BytesIO()
    to_pil(pixels).save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return stream.getvalue()
