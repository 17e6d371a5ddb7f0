"""How alike two latent spaces of the same images are, whatever the classes."""

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.scores import NEIGHBOURS, neighbours

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def linear_cka(X: Floats, Y: Floats) -> float | None:
    """Linear centred kernel alignment (Kornblith 2019) of (N, D) and (N, E): 1 for a rotation, 0 for nothing alike.

    None when one of the spaces is constant.
    """
    left, right = X - X.mean(axis=0), Y - Y.mean(axis=0)
    norm = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return float(np.square(left.T @ right).sum() / norm) if norm > 0 else None


def shared_neighbours(X: Floats, Y: Floats, queries: Index, groups: Index) -> float:
    """The mean share of a query's 15 nearest images that is the same in both spaces."""
    every = np.arange(len(X))
    one, other = (neighbours(space, queries, every, groups) for space in (X, Y))
    common = (one[:, :, None] == other[:, None, :]) & (one[:, :, None] >= 0)
    return float(common.sum() / max(int((one >= 0).sum()), 1))


def shared_by_chance(rows: int) -> float:
    """What `shared_neighbours` would be for unrelated spaces."""
    return min(NEIGHBOURS / max(rows - 1, 1), 1.0)
