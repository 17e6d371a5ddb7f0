"""Small pictures to carry along with latents."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["thumbnails"]


def thumbnails(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """(N, H, W, C) uint8 to (N, h, w, C), the longer side at most `side`; never enlarged."""
    from PIL import Image

    height, width, channels = images.shape[1:]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.empty((len(images), size[1], size[0], channels), np.uint8)
    for index, image in enumerate(images):
        picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
        small[index] = np.asarray(picture.resize(size, Image.Resampling.LANCZOS)).reshape(small.shape[1:])
    return small
