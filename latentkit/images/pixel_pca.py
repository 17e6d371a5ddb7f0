"""PCA of the pixels: what a report compares a VAE with. A VAE that does not beat it has not helped."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PixelPCA", "fit"]

MEMORY = 256 << 20
"""Bytes of float32 pixels that a fit may hold; a larger set is sampled."""


class PixelPCA(NamedTuple):
    """Fitted on pixels in 0..1."""

    mean: NDArray[np.float32]
    """(D,), D = H * W * C"""
    components: NDArray[np.float32]
    """(K, D), orthonormal rows, the largest variance first"""

    def transform(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, H, W, C) uint8 to (N, K)."""
        scores: NDArray[np.float32] = np.matmul(
            _unit(pixels) - self.mean, self.components.T, dtype=np.float32
        )
        return scores


def fit(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], components: int, rng: np.random.Generator
) -> PixelPCA:
    """Of these rows of (N, H, W, C) uint8, or of a sample of them where they exceed MEMORY.

    At most `components`, and no more than the data has: min(components, rows - 1, D). Randomised
    (Halko, Martinsson and Tropp 2011); the same generator gives the same result.
    """
    from sklearn.decomposition import PCA

    dimensions = int(np.prod(pixels.shape[1:]))
    room = max(2, MEMORY // (4 * dimensions))
    if len(rows) > room:
        rows = np.sort(rng.choice(rows, room, replace=False))
    wanted = min(components, len(rows) - 1, dimensions)
    if wanted < 1:  # of one image there is a mean and no direction
        return PixelPCA(_unit(pixels[rows]).mean(axis=0), np.zeros((0, dimensions), np.float32))
    solver = "randomized" if wanted < min(len(rows), dimensions) // 2 else "full"
    found = PCA(wanted, svd_solver=solver, random_state=int(rng.integers(2**31))).fit(_unit(pixels[rows]))
    return PixelPCA(found.mean_.astype(np.float32), found.components_.astype(np.float32))


def _unit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pixels.reshape(len(pixels), -1)
    return np.divide(flat, np.float32(255), dtype=np.float32)
