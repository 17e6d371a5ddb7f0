"""PCA of the pixels: what a report compares a VAE with. A VAE that does not beat it has not helped."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PixelPCA", "fit"]

MEMORY = 256 << 20
"""Bytes of float32 pixels that a fit may hold; a larger set is sampled."""
FEW = 2000
"""Images that are compared each with each, which is exact and, for so few, quicker than a randomised search."""
SINGLE = float(np.finfo(np.float32).eps)
BLOCK = 1024
"""Pixels at a time where float64 copies of them are made."""


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

    At most `components`, and no more than the data has: min(components, rows - 1, D), or fewer where images are
    alike. Exact for up to FEW images of more pixels, else randomised (Halko, Martinsson and Tropp 2011); the same
    generator gives the same result.
    """
    dimensions = int(np.prod(pixels.shape[1:]))
    room = max(2, MEMORY // (4 * dimensions))
    if len(rows) > room:
        rows = np.sort(rng.choice(rows, room, replace=False))
    wanted = min(components, len(rows) - 1, dimensions)
    if wanted < 1:  # of one image there is a mean and no direction
        return PixelPCA(_unit(pixels[rows]).mean(axis=0), np.zeros((0, dimensions), np.float32))
    if len(rows) <= min(FEW, dimensions):
        return _of_few(_unit(pixels[rows]), wanted)
    from sklearn.decomposition import PCA

    solver = "randomized" if wanted < min(len(rows), dimensions) // 2 else "full"
    found = PCA(wanted, svd_solver=solver, random_state=int(rng.integers(2**31))).fit(_unit(pixels[rows]))
    return PixelPCA(found.mean_.astype(np.float32), found.components_.astype(np.float32))


def _of_few(unit: NDArray[np.float32], wanted: int) -> PixelPCA:
    """Of (n, D) with n <= D: from the eigenvectors of the products of rows, which are n x n (the snapshots of Sirovich
    1987). Formed in float64, as they square the error."""
    from scipy.linalg import eigh

    mean = unit.mean(axis=0, dtype=np.float64)
    centred = np.subtract(unit, mean, out=unit, casting="same_kind")
    products = np.zeros((len(unit), len(unit)))
    for start in range(0, unit.shape[1], BLOCK):
        block = centred[:, start : start + BLOCK].astype(np.float64)
        products += block @ block.T
    variance, vectors = eigh(products, subset_by_index=(len(unit) - wanted, len(unit) - 1))
    real = variance > SINGLE * max(float(variance[-1]), SINGLE)
    variance, vectors = variance[real][::-1], vectors[:, real][:, ::-1]
    components = (vectors / np.sqrt(variance)).T.astype(np.float32) @ centred
    return PixelPCA(mean.astype(np.float32), components)


def _unit(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    flat = pixels.reshape(len(pixels), -1)
    return np.divide(flat, np.float32(255), dtype=np.float32)
