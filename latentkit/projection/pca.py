"""Exact principal components of latents, in one float64 pass over rows that may be memory-mapped.

The pass sums x and xx' about a provisional center, and then the D x D eigenproblem is solved, so memory does not grow
with N. The result, including its signs, is that of scikit-learn's exact PCA, which copies all rows to float64. If there are
no more rows than dimensions, the rows are decomposed instead, since their covariance would square the error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ProjectionError
from latentkit.projection.layout import Layout, Tell

__all__ = ["Axes", "components_for", "fit", "place", "principal_axes", "project_onto"]

ARRAYS = {"mean": "F", "components": "eF"}
PARAMETERS: Mapping[str, tuple[float, str]] = {}

BLOCK_BYTES = 2**20
"""Size of a float64 block: one that fits the processor's cache is twice as fast as 32 MiB."""

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Axes:
    """The principal axes of n latents; variances are divided by n - 1.

    mean (D,); components (K, D), orthonormal rows; variance (K,) along each of them, in descending order;
    dimension_variance (D,) of each latent dimension.
    """

    n: int
    mean: Float64
    components: Float64
    variance: Float64
    dimension_variance: Float64

    @property
    def share(self) -> Float64:
        """The fraction (K,) of the total variance along each component; zeros if there is no variance."""
        whole = float(self.variance.sum())
        return self.variance / whole if whole > 0 else np.zeros_like(self.variance)


def principal_axes(mu: NDArray[np.floating]) -> Axes:
    """Return all min(N, D) principal axes of mu (N, D), N >= 1.

    The largest loading of a component is positive (as in scikit-learn >= 1.5). Among loadings that are equal up to rounding
    the first one decides, so that rounding never flips a projection. Raises ProjectionError, naming the row, if a value is
    not finite.
    """
    n, d = mu.shape
    if n <= d:
        rows = _check_finite(np.asarray(mu, np.float64), 0)
        mean = rows.mean(axis=0)
        centered = rows - mean
        _, singular, components = np.linalg.svd(centered, full_matrices=False)
        variance = singular**2 / max(n - 1, 1)
        spread = (centered**2).sum(axis=0) / max(n - 1, 1)
        return Axes(n, mean, _fix_signs(components), variance, spread)
    mean, covariance = _mean_and_covariance(mu)
    variance, vectors = np.linalg.eigh(covariance)
    variance, components = np.maximum(variance[::-1], 0), vectors.T[::-1]
    return Axes(n, mean, _fix_signs(components), variance, np.diag(covariance).copy())


def fit(
    mu: NDArray[np.floating],
    axes: Axes,
    *,
    dims: int,
    seed: int = 0,
    jobs: int = 1,
    tell: Tell = lambda _: None,
) -> Layout:
    """Project mu onto its first dims axes; the parameters hold the shares of variance of the first ten (the scree)."""
    components = components_for(axes, dims)
    return Layout(
        project_onto(mu, axes.mean, components),
        {"explained_variance_ratio": axes.share[:10].tolist()},
        {"mean": axes.mean, "components": components},
    )


def place(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    mu: NDArray[np.floating],
    *,
    seed: int = 0,
    jobs: int = 1,
    tell: Tell = lambda _: None,
) -> NDArray[np.float32]:
    """Project new rows mu (N, D) onto the stored axes."""
    return project_onto(mu, arrays["mean"], arrays["components"])


def project_onto(mu: NDArray[np.floating], mean: Float64, components: Float64) -> NDArray[np.float32]:
    """Return the coordinates (N, K) of mu (N, D) along components (K, D) about mean (D,), computed by blocks."""
    points = np.empty((len(mu), len(components)), np.float32)
    for start, block in _blocks(mu):
        points[start : start + len(block)] = (block - mean) @ components.T
    return points


def _mean_and_covariance(mu: NDArray[np.floating]) -> tuple[Float64, Float64]:
    n, d = mu.shape
    total, products = np.zeros(d), np.zeros((d, d))
    center = np.zeros(d)
    for start, block in _blocks(mu):
        _check_finite(block, start)
        if start == 0:
            center = block.mean(axis=0)  # sums about zero would cancel for a mean far from it
        block = block - center
        total += block.sum(axis=0)
        products += block.T @ block
    shift = total / n
    return center + shift, (products - n * np.outer(shift, shift)) / (n - 1)


def _blocks(mu: NDArray[np.floating]) -> Iterator[tuple[int, Float64]]:
    """Yield the first row of a block and a float64 copy of its rows, a bounded number at a time."""
    size = max(256, BLOCK_BYTES // (8 * mu.shape[1]))
    for start in range(0, len(mu), size):
        yield start, np.asarray(mu[start : start + size], np.float64)


def _check_finite(block: Float64, start: int) -> Float64:
    bad = ~np.isfinite(block).all(axis=1)
    if bad.any():
        row = start + int(np.argmax(bad))
        raise ProjectionError(f"row {row} of mu has a value that is not finite: embed the images again")
    return block


def _fix_signs(components: Float64) -> Float64:
    size = np.abs(components)
    deciding = np.argmax(size >= size.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    signs = np.sign(components[np.arange(len(components)), deciding])
    return components * np.where(signs == 0, 1.0, signs)[:, None]


def components_for(axes: Axes, dims: int) -> Float64:
    """Return the first dims components (dims, D); if there are fewer, the missing ones are zero and the projection is flat."""
    components = axes.components[:dims]
    return np.vstack([components, np.zeros((dims - len(components), components.shape[1]))])
