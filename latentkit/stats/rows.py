"""Choose some of many rows."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["evenly_spaced", "most_typical", "random_rows", "stratified_rows"]

Index = NDArray[np.intp]


def evenly_spaced(total: int, n: int) -> Index:
    """Return min(n, total) different row numbers of 0..total-1, ascending.

    Each is in the middle of its share of the rows, so files sorted by class give each class its share.
    """
    n = min(n, total)
    return ((2 * np.arange(n, dtype=np.intp) + 1) * total) // (2 * max(n, 1))


def most_typical(mu: NDArray[np.floating]) -> int:
    """Return the row of mu (N, D) with the least mean cosine distance to the others.

    The Euclidean medoid is the row that is nearest to 0, an image that is hardly encoded: of 98 photos of clothing it
    had the smallest norm of all, 6.8 where the median is 12.3, and its reconstruction was a blur.
    """
    unit = mu / np.maximum(np.linalg.norm(mu, axis=1, keepdims=True), 1e-12)
    return int((unit @ unit.sum(axis=0)).argmax())


def random_rows(rows: Index, limit: int, rng: np.random.Generator) -> Index:
    """Return at most `limit` of the row numbers, sorted; all of them, unchanged, where there are few enough."""
    return rows if len(rows) <= limit else np.sort(rng.choice(rows, limit, replace=False))


def stratified_rows(rows: Index, codes: Index, limit: int, rng: np.random.Generator) -> Index:
    """Return at most about `limit` of the rows: every class in proportion, none below 2 rows.

    codes (N,) are the classes of all rows.
    """
    if len(rows) <= limit:
        return rows
    chosen = []
    for code in np.unique(codes[rows]):
        members = rows[codes[rows] == code]
        chosen.append(random_rows(members, max(2, round(limit * len(members) / len(rows))), rng))
    return np.sort(np.concatenate(chosen))
