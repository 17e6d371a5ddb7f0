"""Statistics of decoded pixels, computed in blocks so that memory does not grow with the number of images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Channel", "brightness", "channels", "constant"]

BLOCK = 256
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Channel:
    """Statistics of one channel over all images, in 0..255."""

    low: int
    high: int
    mean: float
    deviation: float


def brightness(pixels: Pixels) -> NDArray[np.float64]:
    """Return the mean value of each image, (N,)."""
    return _in_blocks(pixels, lambda block: block.mean(axis=(1, 2, 3), dtype=np.float64))


def constant(pixels: Pixels) -> NDArray[np.bool_]:
    """Return whether each channel of an image has a single value, (N,)."""
    return _in_blocks(pixels, lambda block: (np.ptp(block, axis=(1, 2)) == 0).all(axis=1))


def channels(pixels: Pixels) -> tuple[Channel, ...]:
    """Return the statistics of each channel."""
    counts = np.zeros((pixels.shape[3], 256), np.int64)
    for at in range(0, len(pixels), BLOCK):
        for channel in range(pixels.shape[3]):
            counts[channel] += np.bincount(pixels[at : at + BLOCK, ..., channel].ravel(), minlength=256)
    return tuple(_channel(histogram) for histogram in counts)


def _channel(histogram: NDArray[Any]) -> Channel:
    values, total = np.arange(256.0), histogram.sum()
    mean = float((values * histogram).sum() / total)
    present = np.flatnonzero(histogram)
    deviation = float(np.sqrt(((values - mean) ** 2 * histogram).sum() / total))
    return Channel(int(present[0]), int(present[-1]), mean, deviation)


def _in_blocks(pixels: Pixels, measure: Callable[[Pixels], NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([measure(pixels[at : at + BLOCK]) for at in range(0, len(pixels), BLOCK)])
