"""PCA of the pixels: the baseline that a VAE must beat to be of any use."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PixelPCA", "fit"]

MAX_BYTES = 256 << 20
"""Bytes of float32 pixels that a fit may hold; a larger set is sampled."""
MAX_GRAM = 2000
"""Most images whose Gram matrix is used, which is exact and, up to here, faster than a randomized search."""
EPSILON = float(np.finfo(np.float32).eps)
BLOCK = 1024
"""Pixels of which a float64 copy is made at a time."""


class PixelPCA(NamedTuple):
    """A fitted PCA of pixels in 0..1."""

    mean: NDArray[np.float32]
    """(D,), D = H * W * C"""
    components: NDArray[np.float32]
    """(K, D), orthonormal rows, the largest variance first"""

    def transform(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Project (N, H, W, C) uint8 to (N, K)."""
        scores: NDArray[np.float32] = np.matmul(
            _unit(pixels) - self.mean, self.components.T, dtype=np.float32
        )
        return scores

    def squared_error(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the mean squared difference per pixel of each image and the mean image: (N, H, W, C) uint8 -> (N,)."""
        errors: NDArray[np.float32] = np.square(_unit(pixels) - self.mean).mean(axis=1)
        return errors


def fit(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], components: int, rng: np.random.Generator
) -> PixelPCA:
    """Fit these rows of (N, H, W, C) uint8, or a sample of them if they exceed MAX_BYTES.

    The number of components is at most `components`, and no more than the data has: min(components, rows - 1, D), or
    fewer if images are equal. Exact for up to MAX_GRAM images of more pixels, else randomized (Halko, Martinsson and
    Tropp 2011); the same generator gives the same result.
    """
    dimensions = int(np.prod(pixels.shape[1:]))
    limit = max(2, MAX_BYTES // (4 * dimensions))
    if len(rows) > limit:
        rows = np.sort(rng.choice(rows, limit, replace=False))
    count = min(components, len(rows) - 1, dimensions)
    if count < 1:  # one image has a mean, but no direction
        return PixelPCA(_unit(pixels[rows]).mean(axis=0), np.zeros((0, dimensions), np.float32))
    if len(rows) <= min(MAX_GRAM, dimensions):
        return _fit_gram(_unit(pixels[rows]), count)
    from sklearn.decomposition import PCA

    solver = "randomized" if count < min(len(rows), dimensions) // 2 else "full"
    fitted = PCA(count, svd_solver=solver, random_state=int(rng.integers(2**31))).fit(_unit(pixels[rows]))
    return PixelPCA(fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32))


def _fit_gram(unit: NDArray[np.float32], count: int) -> PixelPCA:
    """Fit (n, D) with n <= D through the eigenvectors of the Gram matrix, which is n x n (method of snapshots,
    Sirovich 1987). The matrix is float64, because it squares the error."""
    from scipy.linalg import eigh

    mean = unit.mean(axis=0, dtype=np.float64)
    centered = np.subtract(unit, mean, out=unit, casting="same_kind")
    gram = np.zeros((len(unit), len(unit)))
    for start in range(0, unit.shape[1], BLOCK):
        block = centered[:, start : start + BLOCK].astype(np.float64)
        gram += block @ block.T
    variance, vectors = eigh(gram, subset_by_index=(len(unit) - count, len(unit) - 1))
    positive = variance > EPSILON * max(float(variance[-1]), EPSILON)
    variance, vectors = variance[positive][::-1], vectors[:, positive][:, ::-1]
    components = (vectors / np.sqrt(variance)).T.astype(np.float32) @ centered
    return PixelPCA(mean.astype(np.float32), components)


def _unit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pixels.reshape(len(pixels), -1)
    return np.divide(flat, np.float32(255), dtype=np.float32)
