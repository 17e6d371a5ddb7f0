"""Sums of Euclidean distances from rows to every class, exactly, in bounded memory.

Blocks of products on one thread a core, in float32 where the rows are many (a product that spreads over threads itself waits more
than it works at this size). The blocks are the same whatever the number of cores, and so are the sums.
"""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

QUERIES, OTHERS, SHARE = 512, 2048, 4096
FEW = 5000


def class_sums(queries: NDArray[np.floating], X: NDArray[np.floating], codes: Index, classes: int) -> Floats:
    """(M, D) and (N, D) with codes (N,) -> (M, classes): the sum of distances to the rows of each class.

    In float32 a distance that should be 0 is about 1e-3 of a row's length, which is why few rows are summed
    in float64; both sides should be centred alike.
    """
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    kind = np.dtype(np.float64 if len(X) <= FEW else np.float32)
    left: NDArray[np.floating[Any]] = queries.astype(kind)
    right: NDArray[np.floating[Any]] = X.astype(kind)
    left_norms, right_norms = np.einsum("ij,ij->i", left, left), np.einsum("ij,ij->i", right, right)
    right *= -2.0
    member: NDArray[np.floating[Any]] = np.eye(classes, dtype=kind)[codes]

    def share(first: int) -> Floats:
        last = min(first + SHARE, len(left))
        sums = np.zeros((last - first, classes))
        for i in range(first, last, QUERIES):
            rows = slice(i, min(i + QUERIES, last))
            for j in range(0, len(right), OTHERS):
                block = left[rows] @ right[j : j + OTHERS].T
                block += left_norms[rows, None]
                block += right_norms[j : j + OTHERS]
                np.maximum(block, 0.0, out=block)
                np.sqrt(block, out=block)
                sums[rows.start - first : rows.stop - first] += block @ member[j : j + OTHERS]
        return sums

    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return np.concatenate([np.zeros((0, classes)), *pool.map(share, range(0, len(left), SHARE))])
