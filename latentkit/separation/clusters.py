"""What clustering finds by itself, and how much of the given classes it recovers.

Labels are never used to choose among clusterings: of several seeds the one with the best objective of
its own counts, and the spread over the seeds is reported beside it.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

SEEDS = 5
STARTS = 10
HDBSCAN_ROWS = 5000


class Clustering(NamedTuple):
    """Labels (N,) of the best of several seeds, and those of every seed (SEEDS, N)."""

    labels: Index
    every: Index


@dataclass(frozen=True)
class Recovery:
    """How a clustering agrees with the classes; low is the one-sided bootstrap bound of ari, spread max - min over seeds."""

    ari: float
    ami: float
    accuracy: float
    spread: float
    low: float
    pixel_pca: float | None


@dataclass(frozen=True)
class Density:
    """HDBSCAN: how many clusters it sees and which share of the images it leaves out as noise."""

    clusters: int
    noise: float
    rows: int


@contextmanager
def quiet_fits() -> Iterator[None]:
    """A fit that has not quite converged is still a clustering; how good it is, is what gets measured."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def kmeans(X: Floats, k: int, seed: int) -> Clustering:
    """The best of ten starts for each of five seeds; the best seed by inertia."""
    from sklearn.cluster import KMeans

    with quiet_fits():
        runs = [KMeans(k, n_init=STARTS, random_state=seed + i).fit(X) for i in range(SEEDS)]
    every = np.stack([run.labels_ for run in runs]).astype(np.intp)
    return Clustering(every[int(np.argmin([run.inertia_ for run in runs]))], every)


def gaussian_mixture(X: Floats, starts: Index) -> Clustering:
    """A diagonal Gaussian mixture from each of the clusterings (S, N); the best by likelihood."""
    from sklearn.mixture import GaussianMixture

    runs = []
    for labels in starts:
        present, labels = np.unique(labels, return_inverse=True)
        counts = np.bincount(labels)
        means = np.stack([X[labels == c].mean(axis=0) for c in range(len(present))])
        spread = np.stack([X[labels == c].var(axis=0) for c in range(len(present))])
        model = GaussianMixture(
            len(present),
            covariance_type="diag",
            reg_covar=1e-6,
            weights_init=counts / counts.sum(),
            means_init=means,
            precisions_init=1 / (spread + 1e-6),
            random_state=0,
        )
        with quiet_fits():
            runs.append((float(model.fit(X).lower_bound_), model.predict(X)))
    best = int(np.argmax([bound for bound, _ in runs]))
    every = np.stack([labels for _, labels in runs]).astype(np.intp)
    return Clustering(every[best], every)


def density(X: Floats, rng: np.random.Generator) -> Density:
    """HDBSCAN of at most 5000 rows; a cluster holds at least 2 % of them, and 5."""
    from sklearn.cluster import HDBSCAN

    from latentkit.separation.sample import sample

    rows = sample(np.arange(len(X)), HDBSCAN_ROWS, rng)
    if len(rows) < 10:
        return Density(0, 1.0, len(rows))
    found = HDBSCAN(min_cluster_size=max(5, len(rows) // 50), copy=True).fit_predict(X[rows])
    return Density(int(found.max()) + 1, float((found < 0).mean()), len(rows))


def contingency(classes: Index, labels: Index) -> NDArray[np.int64]:
    """(K, C) counts of each class in each cluster."""
    _, rows = np.unique(classes, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    width = int(columns.max()) + 1
    table = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width)
    return table.reshape(-1, width).astype(np.int64)


def adjusted_rand(tables: NDArray[np.int64]) -> Floats:
    """(..., K, C) contingency tables -> (...,) adjusted Rand index (Hubert & Arabie 1985), 1 where both are trivial."""
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
    """The share of rows right under the best one-to-one matching of clusters to classes (Hungarian)."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def ari_low(
    table: NDArray[np.int64], images: int, level: float, rng: np.random.Generator, draws: int = 2000
) -> float:
    """One-sided bootstrap bound of the ARI: `images` rows of the fixed clustering drawn anew, 2000 times."""
    drawn = rng.multinomial(images, table.ravel() / table.sum(), size=draws).reshape(draws, *table.shape)
    return float(np.quantile(adjusted_rand(drawn), 1 - level))


def recovery(
    codes: Index,
    groups: Index,
    found: Clustering,
    labelled: NDArray[np.bool_],
    level: float,
    rng: np.random.Generator,
    pixels: Clustering | None = None,
) -> Recovery:
    """Agreement of a clustering of (N,) rows with codes (N,) where `labelled`; copies count once in the bound."""
    from sklearn.metrics import adjusted_mutual_info_score

    codes = codes[labelled]

    def table_of(labels: Index) -> NDArray[np.int64]:
        return contingency(codes, labels[labelled])

    table = table_of(found.labels)
    seeds = [float(adjusted_rand(table_of(labels))) for labels in found.every]
    return Recovery(
        ari=float(adjusted_rand(table)),
        ami=float(adjusted_mutual_info_score(codes, found.labels[labelled])),
        accuracy=matched_accuracy(table),
        spread=max(seeds) - min(seeds),
        low=ari_low(table, len(np.unique(groups[labelled])), level, rng),
        pixel_pca=None if pixels is None else float(adjusted_rand(table_of(pixels.labels))),
    )
