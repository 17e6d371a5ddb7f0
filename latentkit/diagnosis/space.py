"""What rules measure in a latent space: at most a few thousand images, all dimensions, deterministic."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FEWEST",
    "MOST",
    "MOST_COMPONENTS",
    "Score",
    "clustering",
    "neighbours",
    "one_blob",
    "plane_share",
    "shared_neighbours",
]

MOST = 2000
"""Images that are looked at."""
FEWEST = 60
"""Images below which a mixture says nothing."""
MOST_COMPONENTS = 5
NEIGHBOURS = 15
Floats = NDArray[np.floating[Any]]


class Score(NamedTuple):
    """A balanced accuracy and 1.645 times its standard error (one-sided 95 %)."""

    value: float
    error: float


def _nearest(points: Floats, count: int) -> NDArray[np.int64]:
    """(n, count): the nearest other rows, by Euclidean distance in float64."""
    wide = points.astype(np.float64)
    wide -= wide.mean(axis=0)
    squares = (wide**2).sum(axis=1)
    distances = squares[:, None] - 2 * wide @ wide.T + squares
    np.fill_diagonal(distances, np.inf)
    nearest: NDArray[np.int64] = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return nearest


def neighbours(points: Floats, labels: NDArray[np.str_]) -> Score:
    """Balanced accuracy of the majority of 15 neighbours, each image left out of its own; ties go to the nearer class."""
    names, codes = np.unique(labels, return_inverse=True)
    near = codes[_nearest(points, min(NEIGHBOURS, len(points) - 1))]
    votes = np.stack([(near == code).sum(axis=1) for code in range(len(names))], axis=1).astype(float)
    votes[np.arange(len(codes)), near[:, 0]] += 0.5
    right = votes.argmax(axis=1) == codes
    shares = np.array([right[codes == code].mean() for code in range(len(names))])
    counts = np.bincount(codes)
    error = float(np.sqrt((shares * (1 - shares) / counts).sum())) / len(names)
    return Score(float(shares.mean()), 1.645 * error)


def plane_share(points: Floats) -> float:
    """The share of the variance in the first two principal components; 1 for a constant."""
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    spectrum = np.linalg.svd(centred, compute_uv=False) ** 2
    total = float(spectrum.sum())
    return float(spectrum[:2].sum()) / total if total > 0 else 1.0


def one_blob(points: Floats) -> bool:
    """Whether BIC prefers one full Gaussian to 2 to 5 of them, on the first principal axes: at most 10, one for 20 images."""
    from sklearn.mixture import GaussianMixture

    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    scale = sizes[0] or 1.0
    axes = max(1, min(10, len(points) // 20, int((sizes > 1e-6 * scale).sum())))
    reduced = left[:, :axes] * sizes[:axes] / scale * np.sqrt(len(points))

    def bic(count: int) -> float:
        mixture = GaussianMixture(count, n_init=2, random_state=0, reg_covar=1e-6, max_iter=500)
        return float(mixture.fit(reduced).bic(reduced))

    one = bic(1)
    return all(bic(count) > one for count in range(2, MOST_COMPONENTS + 1))


def clustering(points: Floats, labels: NDArray[np.str_], seeds: Iterable[int]) -> list[float]:
    """ARI of k-means from one start each, K = the number of classes."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    classes = len(np.unique(labels))
    return [
        float(adjusted_rand_score(labels, KMeans(classes, n_init=1, random_state=seed).fit_predict(points)))
        for seed in seeds
    ]


def shared_neighbours(first: Floats, second: Floats) -> float:
    """The mean share of the 15 nearest rows that two placements of the same images have in common."""
    count = min(NEIGHBOURS, len(first) - 1)
    if count < 1:
        return 1.0
    pairs = zip(_nearest(first, count), _nearest(second, count), strict=True)
    return float(np.mean([len(np.intersect1d(a, b)) for a, b in pairs])) / count
