"""Tightness of the given classes: two silhouettes, and the indices of the table `INDICES`.

The two silhouettes differ in value, so each has its own name: `euclidean` averages distances (Rousseeuw 1987,
scikit-learn's default) in O(n^2); `squared` averages squared distances (scikit-learn's metric="sqeuclidean", Spark's
ClusteringEvaluator) exactly in O(n k d).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.separable.distances import class_sums
from latentkit.stats import stratified_rows

__all__ = ["INDICES", "Tightness", "TightnessIndex", "judge_tightness"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Tightness:
    """Silhouettes and other indices of the given classes."""

    euclidean: float
    euclidean_se: float | None
    """Standard error of a sampled euclidean silhouette; None if it is exact."""
    squared: float
    per_class: Floats
    """Euclidean silhouette by class code."""
    indices: Mapping[str, float | None]
    """Value of each of `INDICES`, by key."""


class TightnessIndex(NamedTuple):
    """An index of the tightness of classes; compute takes X (N, R), codes (N,) and the number of classes."""

    key: str
    """Name in the JSON."""
    title: str
    """Name in the text and on the page."""
    compute: Callable[[Floats, Index, int], float | None]
    sampled: bool = False
    """Computed on a sample if the rows are very many, because it takes every pair of rows."""


def silhouettes(own: Floats, others: Floats) -> Floats:
    """Return (b - a) / max(a, b), or 0 for 0 / 0, from mean distances to the own (a) and nearest other class (b)."""
    longer = np.maximum(own, others)
    return np.divide(others - own, longer, out=np.zeros_like(own), where=longer > 0)


def silhouettes_from_sums(sums: Floats, codes: Index, counts: Index) -> Floats:
    """Return the silhouette of each row from its distance sums to each class (N, K); a class of one row scores 0."""
    rows = np.arange(len(codes))
    means = sums / counts
    own = sums[rows, codes] / np.maximum(counts[codes] - 1, 1)
    means[rows, codes] = np.inf
    return np.where(counts[codes] > 1, silhouettes(own, means.min(axis=1)), 0.0)


def squared_silhouette(X: Floats, codes: Index, classes: int) -> float:
    """Return the mean silhouette over squared distances; their sum over a class is n|x|^2 - 2 x.S + Q."""
    counts = np.bincount(codes, minlength=classes)
    totals = np.stack([X[codes == c].sum(axis=0) for c in range(classes)])
    norms = np.einsum("ij,ij->i", X, X)
    squares = np.bincount(codes, norms, minlength=classes)
    sums = np.maximum(counts * norms[:, None] - 2 * X @ totals.T + squares, 0.0)
    return float(silhouettes_from_sums(sums, codes, counts).mean())


def gdv(X: Floats, codes: Index, classes: int) -> float | None:
    """Return the generalized discrimination value (Schilling 2021): 0 for one mixed cloud, -1 for perfect separation.

    By definition it standardizes every dimension (to a standard deviation of one half); dead ones are left out.
    """
    spread = X.std(axis=0)
    live = spread > 1e-6 * spread.max(initial=0.0)
    counts = np.bincount(codes, minlength=classes)
    if classes < 2 or not live.any() or counts.min() < 2:
        return None
    Z = 0.5 * (X[:, live] - X[:, live].mean(axis=0)) / spread[live]
    sums = class_sums(Z, Z, codes, classes)
    between = np.stack([sums[codes == c].sum(axis=0) for c in range(classes)])  # (K, K)
    within = (np.diag(between) / (counts * (counts - 1))).mean()
    means = between / np.outer(counts, counts)
    across = means[~np.eye(classes, dtype=bool)].mean()
    return float((within - across) / np.sqrt(live.sum()))


def davies_bouldin(X: Floats, codes: Index, classes: int) -> float:
    """Return the Davies-Bouldin index by scikit-learn: smaller is tighter."""
    from sklearn.metrics import davies_bouldin_score

    return float(davies_bouldin_score(X, codes))


def calinski_harabasz(X: Floats, codes: Index, classes: int) -> float:
    """Return the Calinski-Harabasz index by scikit-learn: larger is tighter."""
    from sklearn.metrics import calinski_harabasz_score

    return float(calinski_harabasz_score(X, codes))


INDICES = (
    TightnessIndex("davies_bouldin", "Davies-Bouldin", davies_bouldin),
    TightnessIndex("calinski_harabasz", "Calinski-Harabasz", calinski_harabasz),
    TightnessIndex("gdv", "GDV", gdv, sampled=True),
)


def tightness(
    X: Floats, codes: Index, classes: int, *, queries: Index | None = None, sample: Index | None = None
) -> Tightness | None:
    """Compute the tightness of labeled rows X (N, R), codes in 0..classes-1, every class present.

    queries: the rows whose silhouettes are averaged, all by default; distances are to every row in any case. sample:
    the rows of sampled indices, all by default. None if there is nothing to compare: fewer than two classes, or as
    many classes as rows.
    """
    if not 2 <= classes < len(X):
        return None
    rows, row_codes = (X, codes) if queries is None else (X[queries], codes[queries])
    counts = np.bincount(codes, minlength=classes)
    values = silhouettes_from_sums(class_sums(rows, X, codes, classes), row_codes, counts)
    share = np.bincount(row_codes, minlength=classes)
    per_class = np.bincount(row_codes, values, minlength=classes) / np.maximum(share, 1)
    some = slice(None) if sample is None else sample
    return Tightness(
        euclidean=float(values.mean()),
        euclidean_se=None if queries is None else float(values.std(ddof=1) / np.sqrt(len(values))),
        squared=squared_silhouette(X, codes, classes),
        per_class=per_class,
        indices={
            one.key: one.compute(X[some], codes[some], classes)
            if one.sampled
            else one.compute(X, codes, classes)
            for one in INDICES
        },
    )


def judge_tightness(X: Floats, codes: Index, classes: int, options: Options) -> Tightness | None:
    """Compute the tightness of labeled rows, sampling what is too expensive for very many."""
    if len(X) <= EXACT:
        return tightness(X, codes, classes)
    every = np.arange(len(X))
    return tightness(
        X,
        codes,
        classes,
        queries=stratified_rows(every, codes, SAMPLED["euclidean silhouette"], options.rng(7)),
        sample=stratified_rows(every, codes, SAMPLED["GDV"], options.rng(8)),
    )
