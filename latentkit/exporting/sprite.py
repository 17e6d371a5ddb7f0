"""Many small pictures on one sheet, as TensorBoard's projector takes them."""

import math

import numpy as np
from numpy.typing import NDArray

from latentkit.exporting.parts import blocks
from latentkit.images.pillow import thumbnails as smaller

__all__ = ["LARGEST", "sheet"]

LARGEST = 8192  # pixels a side, beyond which the projector shows nothing


def sheet(
    thumbnails: NDArray[np.uint8], rows: NDArray[np.intp], largest: int = LARGEST
) -> tuple[NDArray[np.uint8], int]:
    """The pictures (N, h, w, C) of these rows, row by row on a square (S, S, C) of at most `largest` pixels a
    side, and the side of the square that each has: as many of them across as down, which the projector needs.

    What is not square stands in the middle of a black square. Pictures are made smaller where they are too many.
    """
    across = math.ceil(math.sqrt(len(rows)))
    side = min(max(thumbnails.shape[1:3]), largest // across)
    channels = thumbnails.shape[3]
    cells = np.zeros(
        (across, side, across, side, channels), np.uint8
    )  # one view of the sheet: no second copy
    for block in blocks(len(rows)):
        small = smaller(np.asarray(thumbnails[rows[block]]), side)
        top, left = (side - small.shape[1]) // 2, (side - small.shape[2]) // 2
        for number, picture in enumerate(small, block.start):
            down, right = divmod(number, across)
            cells[down, top : top + small.shape[1], right, left : left + small.shape[2]] = picture
    return cells.reshape(across * side, across * side, channels), side
