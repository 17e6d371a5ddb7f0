"""Sheets of thumbnails: many to an image file, so that a page can hold tens of thousands and decode only what it shows.

A sheet has about two million pixels, which a browser decodes between two frames. A small set of thumbnails is stored
without loss as PNG; a larger one as JPEG, with a side that is reduced until everything fits.
"""

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.images.pillow import encode_png, thumbnails, to_pil

__all__ = ["BUDGET", "Sheets", "sheets"]

BUDGET = 24 * 2**20
"""Maximum bytes of all sheets; base64 adds a third."""
EXACT = 4 * 2**20
"""Maximum bytes of pixels that are stored without loss."""
SIDES = (128, 96, 64, 48, 40, 32, 24, 16)
PIXELS = 2**21
"""Number of pixels of a sheet."""
QUALITY = 85
BLOCK = 8
"""Side of the blocks that JPEG compresses."""


class Sheets(NamedTuple):
    """Image files of `across` by `down` cells; a thumbnail is in the top left corner of its cell."""

    type: str
    width: int
    height: int
    cell: tuple[int, int]
    across: int
    down: int
    pictures: list[bytes]


def sheets(images: NDArray[np.uint8], budget: int = BUDGET) -> Sheets | None:
    """Return (N, h, w, C) uint8 as sheets of at most `budget` bytes; None if not even the smallest side fits."""
    longest = max(images.shape[1:3])
    if longest <= SIDES[0] and images.nbytes <= min(EXACT, budget):
        return _encode(images, longest, budget, exact=True)
    sides = [longest] * (longest <= SIDES[0]) + [side for side in SIDES if side < longest]
    for side in sides:
        if (encoded := _encode(images, side, budget, exact=False)) is not None:
            return encoded
    return None


def _encode(images: NDArray[np.uint8], side: int, budget: int, *, exact: bool) -> Sheets | None:
    """Return the sheets, or None as soon as they exceed the budget."""
    n = len(images)
    height, width = thumbnails(images[:1], side).shape[1:3]
    cell = (width, height) if exact else (-(-width // BLOCK) * BLOCK, -(-height // BLOCK) * BLOCK)
    limit = max(1, int(PIXELS**0.5) // cell[0])
    across = min(limit, max(1, round((n * cell[1] / cell[0]) ** 0.5)))
    down = min(max(1, PIXELS // (across * cell[0] * cell[1])), -(-n // across))
    pictures: list[bytes] = []
    for start in range(0, n, across * down):
        small = thumbnails(np.ascontiguousarray(images[start : start + across * down]), side)
        pictures.append(_encode_sheet(small, cell, across, exact=exact))
        if sum(map(len, pictures)) > budget:
            return None
    return Sheets("image/png" if exact else "image/jpeg", width, height, cell, across, down, pictures)


def _encode_sheet(small: NDArray[np.uint8], cell: tuple[int, int], across: int, *, exact: bool) -> bytes:
    n, height, width, channels = small.shape
    # Edges are extended into the rest of the cell: a neighbor would leak through JPEG's blocks.
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
