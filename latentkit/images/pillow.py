"""Pixels as Pillow images, as PNG bytes, and as thumbnails."""

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["encode_png", "thumbnails", "to_pil"]


def to_pil(pixels: NDArray[np.uint8]) -> "Image.Image":
    """Return (H, W, 1) as an image of mode L, and (H, W, 3) as one of mode RGB."""
    from PIL import Image

    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return (H, W, 1|3) as the bytes of a PNG."""
    stream = io.BytesIO()
    to_pil(pixels).save(stream, "PNG")
    return stream.getvalue()


def thumbnails(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return (N, H, W, C) as (N, h, w, C), the longer side at most `side`; images are never enlarged."""
    from PIL.Image import Resampling

    height, width, channels = images.shape[1:]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.empty((len(images), size[1], size[0], channels), np.uint8)
    for index, image in enumerate(images):
        resized = to_pil(image).resize(size, Resampling.LANCZOS)
        small[index] = np.asarray(resized).reshape(small.shape[1:])
    return small
