"""Augmentation `denoise`: the encoder sees a moved image, and the decoder must reconstruct the original.

Position, rotation and scale are therefore not worth encoding. Measured on MNIST: the accuracy of a Gaussian
mixture rises from .85 to .88, and that of N2D from .94 to .96.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from latentkit.images.load import threads
from latentkit.images.pillow import to_pil

__all__ = ["ROTATION", "SCALE", "SHIFT", "denoise"]

SHIFT = 0.14  # of a side, either way, along both axes
ROTATION = 15.0  # degrees, either way
SCALE = 0.10  # either way
CHUNK = 8  # images that a thread moves at once


def denoise(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return (N, H, W, C) uint8 with each image shifted, rotated about its center and scaled by random amounts.

    Amounts are uniform within +-SHIFT, +-ROTATION and 1 +- SCALE; borders are reflected, sampling is bilinear. The
    input is not modified. The same generator state gives the same bytes; N images draw 4 N numbers.
    """
    from PIL import Image

    count, height, width, _ = images.shape
    draws = rng.uniform(-1.0, 1.0, (count, 4))
    angle = np.deg2rad(ROTATION) * draws[:, 0]
    zoom = 1.0 + SCALE * draws[:, 1]
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    across, down = SHIFT * width * draws[:, 2], SHIFT * height * draws[:, 3]
    margin = _margin(height, width)
    # Pillow wants to know where in the source each pixel comes from: x' = a x + b y + c, y' = d x + e y + f.
    center_x, center_y = width / 2, height / 2
    x0 = center_x + margin - cos * (center_x + across) - sin * (center_y + down)
    y0 = center_y + margin + sin * (center_x + across) - cos * (center_y + down)
    moved = np.empty_like(images)

    def move(chunk: slice) -> None:
        padded = np.pad(images[chunk], ((0, 0), (margin, margin), (margin, margin), (0, 0)), mode="reflect")
        for i, image in enumerate(padded, chunk.start):
            picture = to_pil(image)
            picture = picture.transform(
                (width, height),
                Image.Transform.AFFINE,
                (cos[i], sin[i], x0[i], -sin[i], cos[i], y0[i]),
                Image.Resampling.BILINEAR,
            )
            moved[i] = np.asarray(picture).reshape(images.shape[1:])

    with ThreadPoolExecutor(threads("auto")) as pool:  # Pillow and NumPy release the interpreter
        list(pool.map(move, [slice(at, at + CHUNK) for at in range(0, count, CHUNK)]))
    return moved


def _margin(height: int, width: int) -> int:
    """Return how far outside an image the source of one of its pixels can lie, in pixels."""
    turn, side = math.radians(ROTATION), max(height, width)
    reach = (0.5 + SHIFT) * side * (math.cos(turn) + math.sin(turn)) / (1 - SCALE)
    return math.ceil(reach - min(height, width) / 2) + 1
