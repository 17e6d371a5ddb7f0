"""Clusterings that do not see the labels, and how much of the given classes they recover.

Labels are never used to choose among clusterings: of several seeds the one with the best objective of its own
counts, and the spread over the seeds is reported with it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.stats import Interval, random_rows

__all__ = [
    "Density",
    "Recovery",
    "SeededClustering",
    "adjusted_rand",
    "contingency",
    "density",
    "gaussian_mixture",
    "kmeans",
    "recovery",
]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

SEEDS = 5
HDBSCAN_ROWS = 5000


class SeededClustering(NamedTuple):
    """Labels (N,) of the best of several seeds, and those of every seed (SEEDS, N)."""

    labels: Index
    every: Index


@dataclass(frozen=True)
class Recovery:
    """Agreement of a clustering with the classes."""

    ari: float
    ami: float
    accuracy: float
    """Share of rows in the right class under the best one-to-one matching of clusters to classes."""
    spread: float
    """Largest minus smallest ARI over the seeds."""
    low: float
    """One-sided bootstrap bound of the ARI."""
    pixel_pca: float | None
    """ARI of the same clustering on PCA of the pixels."""
    difference: Interval | None = None
    """Two-sided interval of ari - pixel_pca."""


@dataclass(frozen=True)
class Density:
    """Number of clusters that HDBSCAN finds, and the share of the images it leaves out as noise."""

    clusters: int
    noise: float
    rows: int


def kmeans(X: Floats, k: int, seed: int) -> SeededClustering:
    """Cluster by k-means with five seeds of ten starts each; the best seed by inertia."""
    runs = [stats.kmeans(X, k, seed + i) for i in range(SEEDS)]
    every = np.stack([run.labels for run in runs])
    return SeededClustering(every[int(np.argmin([run.inertia for run in runs]))], every)


def gaussian_mixture(X: Floats, starts: Index) -> SeededClustering:
    """Cluster by a diagonal Gaussian mixture from each of the clusterings (S, N); the best by likelihood."""
    runs = [stats.gaussian_mixture(X, len(np.unique(labels)), "diag", labels=labels) for labels in starts]
    every = np.stack([run.predict(X) for run in runs]).astype(np.intp)
    return SeededClustering(every[int(np.argmax([float(run.lower_bound_) for run in runs]))], every)


def density(X: Floats, rng: np.random.Generator) -> Density:
    """Cluster at most 5000 rows by HDBSCAN; a cluster has at least 5 rows, and 2% of them."""
    from sklearn.cluster import HDBSCAN

    rows = random_rows(np.arange(len(X)), HDBSCAN_ROWS, rng)
    if len(rows) < 10:
        return Density(0, 1.0, len(rows))
    labels = HDBSCAN(min_cluster_size=max(5, len(rows) // 50), copy=True).fit_predict(X[rows])
    return Density(int(labels.max()) + 1, float((labels < 0).mean()), len(rows))


def contingency(classes: Index, labels: Index) -> NDArray[np.int64]:
    """Return the counts of each class in each cluster: (K, C)."""
    _, rows = np.unique(classes, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    width = int(columns.max()) + 1
    table = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width)
    return table.reshape(-1, width).astype(np.int64)


def adjusted_rand(tables: NDArray[np.int64]) -> Floats:
    """Return the adjusted Rand index (Hubert and Arabie 1985) of contingency tables (..., K, C); 1 if both are trivial.

    Written by hand because a bootstrap needs that of 2000 tables at once.
    """
    wide = tables.astype(np.float64)

    def pairs(counts: Floats) -> Floats:
        return counts * (counts - 1) / 2

    together = pairs(wide).sum(axis=(-2, -1))
    by_class, by_cluster = pairs(wide.sum(axis=-1)).sum(axis=-1), pairs(wide.sum(axis=-2)).sum(axis=-1)
    expected = by_class * by_cluster / pairs(wide.sum(axis=(-2, -1)))
    most = (by_class + by_cluster) / 2
    index: Floats = np.divide(
        together - expected, most - expected, out=np.ones_like(most), where=most > expected
    )
    return index


def matched_accuracy(table: NDArray[np.int64]) -> float:
    """Return the share of rows that are right under the best one-to-one matching of clusters to classes (Hungarian)."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def ari_low(
    table: NDArray[np.int64], images: int, level: float, rng: np.random.Generator, draws: int = 2000
) -> float:
    """Return the one-sided bootstrap bound of the ARI: `images` rows of the fixed clustering are drawn 2000 times."""
    drawn = rng.multinomial(images, table.ravel() / table.sum(), size=draws).reshape(draws, *table.shape)
    return float(np.quantile(adjusted_rand(drawn), 1 - level))


def recovery(
    codes: Index,
    groups: Index,
    clustering: SeededClustering,
    level: float,
    rng: np.random.Generator,
    pixels: SeededClustering | None = None,
) -> Recovery:
    """Compare a clustering of N rows with their codes (N,), -1 for none; copies of an image count once in the bound."""
    from sklearn.metrics import adjusted_mutual_info_score

    labeled = codes >= 0
    codes = codes[labeled]

    def table_of(labels: Index) -> NDArray[np.int64]:
        return contingency(codes, labels[labeled])

    table = table_of(clustering.labels)
    seeds = [float(adjusted_rand(table_of(labels))) for labels in clustering.every]
    return Recovery(
        ari=float(adjusted_rand(table)),
        ami=float(adjusted_mutual_info_score(codes, clustering.labels[labeled])),
        accuracy=matched_accuracy(table),
        spread=max(seeds) - min(seeds),
        low=ari_low(table, len(np.unique(groups[labeled])), level, rng),
        pixel_pca=None if pixels is None else float(adjusted_rand(table_of(pixels.labels))),
    )
