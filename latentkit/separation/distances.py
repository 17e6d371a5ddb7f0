"""Sums of Euclidean distances from rows to every class, exactly, in bounded memory.

Blocks of products on one thread a core, in float32 where the rows are many (a product that spreads over threads itself waits more
than it works at this size). The blocks are the same whatever the number of cores, and so are the sums.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

QUERIES, OTHERS = 512, 2048
FEW = 5000
MIRRORED = 64
"""Of at most so many classes both sums of a distance are kept: of more they would take the memory that blocks save."""


def class_sums(queries: NDArray[np.floating], X: NDArray[np.floating], codes: Index, classes: int) -> Floats:
    """(M, D) and (N, D) with codes (N,) -> (M, classes): the sum of distances to the rows of each class.

    Where `queries` is X itself, and the classes are few, a distance is computed once for both of its rows. In float32 a distance
    that should be 0 is about 1e-3 of a row's length, which is why few rows are summed in float64; both sides should be
    centred alike.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    kind = np.dtype(np.float64 if len(X) <= FEW else np.float32)
    # |x - y|^2 as one product: (x, |x|^2, 1) . (-2y, 1, |y|^2)
    left, right = _with_norm(queries.astype(kind)), _with_norm(X.astype(kind))
    right[:, :-2] *= -2
    right[:, [-2, -1]] = right[:, [-1, -2]]
    member = np.eye(classes, dtype=kind)[codes]
    mirrored = queries is X and classes <= MIRRORED

    def strip(first: int) -> tuple[Floats, Floats]:
        """The sums (m, classes) of some rows, and where each distance counts twice what they add to all rows after them."""
        last = min(first + QUERIES, len(left))
        rows = left[first:last]
        own = np.zeros((last - first, classes))
        after = np.zeros((len(left) - last if mirrored else 0, classes))
        if mirrored:
            own += _distances(rows, right[first:last]) @ member[first:last]
        for start in range(last if mirrored else 0, len(right), OTHERS):
            stop = start + OTHERS
            distances = _distances(rows, right[start:stop])
            own += distances @ member[start:stop]
            if mirrored:
                after[start - last : stop - last] = distances.T @ member[first:last]
        return own, after

    sums = np.zeros((len(left), classes))
    starts = range(0, len(left), QUERIES)
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for first, (own, after) in zip(starts, pool.map(strip, starts), strict=True):
            sums[first : first + len(own)] += own
            sums[len(sums) - len(after) :] += after
    return sums


def _with_norm(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, D) -> (N, D + 2): each row, its square, and 1."""
    squares = np.einsum("ij,ij->i", rows, rows)
    return np.column_stack([rows, squares, np.ones_like(squares)])


def _distances(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.floating]:
    product = left @ right.T
    np.maximum(product, 0, out=product)
    return np.sqrt(product, out=product)
