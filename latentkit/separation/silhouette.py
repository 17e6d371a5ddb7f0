"""How tight the given classes are: silhouette (two variants), Davies-Bouldin, Calinski-Harabasz, GDV.

The two silhouettes differ in value and are never called by one name: `euclidean` averages distances
(Rousseeuw 1987, scikit-learn's default) in O(n^2), `squared` averages squared distances (scikit-learn's
metric="sqeuclidean", Spark's ClusteringEvaluator) exactly in O(n k d).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.distances import class_sums

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Tightness:
    """euclidean_se is the standard error of a sampled euclidean silhouette, None where it is exact."""

    euclidean: float
    euclidean_se: float | None
    squared: float
    per_class: Floats  # euclidean, by class code
    davies_bouldin: float | None
    calinski_harabasz: float | None
    gdv: float | None


def silhouettes(own: Floats, others: Floats) -> Floats:
    """Mean distance to one's own class (N,) and to the nearest other (N,) -> (b - a) / max(a, b), 0 for 0 / 0."""
    longer = np.maximum(own, others)
    return np.divide(others - own, longer, out=np.zeros_like(own), where=longer > 0)


def from_sums(sums: Floats, codes: Index, counts: Index) -> Floats:
    """Distance sums to each class (N, K) -> silhouette of each row; a class of one row scores 0."""
    rows = np.arange(len(codes))
    means = sums / counts
    own = sums[rows, codes] / np.maximum(counts[codes] - 1, 1)
    means[rows, codes] = np.inf
    return np.where(counts[codes] > 1, silhouettes(own, means.min(axis=1)), 0.0)


def squared_silhouette(X: Floats, codes: Index, classes: int) -> float:
    """Mean silhouette over squared distances: the sum over a class is n|x|^2 - 2 x.S + Q."""
    counts = np.bincount(codes, minlength=classes)
    totals = np.stack([X[codes == c].sum(axis=0) for c in range(classes)])
    norms = np.einsum("ij,ij->i", X, X)
    squares = np.bincount(codes, norms, minlength=classes)
    sums = np.maximum(counts * norms[:, None] - 2 * X @ totals.T + squares, 0.0)
    return float(from_sums(sums, codes, counts).mean())


def gdv(X: Floats, codes: Index, classes: int) -> float | None:
    """Generalised discrimination value (Schilling 2021): 0 for one mixed cloud, -1 for perfect separation.

    By its definition it standardises every dimension (to a spread of one half); dead ones are left out.
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
    apart = between / np.outer(counts, counts)
    across = apart[~np.eye(classes, dtype=bool)].mean()
    return float((within - across) / np.sqrt(live.sum()))


def tightness(
    X: Floats, codes: Index, classes: int, *, queries: Index | None = None, gdv_rows: Index | None = None
) -> Tightness | None:
    """All of it for labelled rows X (N, R) with codes in 0..classes-1, every class present.

    queries: the rows whose silhouette is averaged when all of them would take too long; distances are
    still to every row. None when there is nothing to compare: fewer than two classes, or as many as rows.
    """
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    if not 2 <= classes < len(X):
        return None
    rows, kinds = (X, codes) if queries is None else (X[queries], codes[queries])
    counts = np.bincount(codes, minlength=classes)
    values = from_sums(class_sums(rows, X, codes, classes), kinds, counts)
    share = np.bincount(kinds, minlength=classes)
    per_class = np.bincount(kinds, values, minlength=classes) / np.maximum(share, 1)
    error = None if queries is None else float(values.std(ddof=1) / np.sqrt(len(values)))
    subset = np.arange(len(X)) if gdv_rows is None else gdv_rows
    return Tightness(
        euclidean=float(values.mean()),
        euclidean_se=error,
        squared=squared_silhouette(X, codes, classes),
        per_class=per_class,
        davies_bouldin=float(davies_bouldin_score(X, codes)),
        calinski_harabasz=float(calinski_harabasz_score(X, codes)),
        gdv=gdv(X[subset], codes[subset], classes),
    )
