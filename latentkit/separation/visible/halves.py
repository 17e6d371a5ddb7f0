"""The error of a difference between two clusterings, from clustering random halves of the images again.

How well clusters agree with the classes can hang on which of two solutions k-means finds, so the bootstrap of a fixed
clustering is too short: of two equally good spaces it favors one in up to 21% of simulations at a nominal 5%.
Measured with halves, and with the variance multiplied by `INFLATION` because halves overlap: 2%.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.visible.clusters import adjusted_rand, contingency
from latentkit.stats import Interval, kmeans

__all__ = ["ari_difference", "ari_of_halves", "random_halves"]

HALVES, HALF, STARTS = 20, 2000, 3
"""Random halves, most images in one, and starts of k-means there."""
INFLATION = 1 + 10 / 9

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def random_halves(groups: Index, rng: np.random.Generator) -> list[Index]:
    """Return random halves of the rows with groups (N,), of at most HALF different images; copies stay together."""
    images = np.unique(groups)
    size = min(len(images) // 2, HALF)
    return [np.flatnonzero(np.isin(groups, rng.permutation(images)[:size])) for _ in range(HALVES)]


def ari_of_halves(X: Floats, codes: Index, halves: Sequence[Index], k: int) -> Floats:
    """Return the adjusted Rand index of k clusters of each half with its classes: (HALVES,)."""
    return np.array([
        float(adjusted_rand(contingency(codes[half], kmeans(X[half], k, starts=STARTS).labels)))
        for half in halves
    ])  # fmt: skip


def ari_difference(difference: float, first: Floats, second: Floats, level: float) -> Interval:
    """Return one-sided bounds of a difference of two indices, given those of the halves in both spaces."""
    from scipy.special import stdtrit

    error = float(np.std(first - second, ddof=1)) * INFLATION**0.5
    reach = float(stdtrit(len(first) - 1, level)) * error
    return Interval(difference - reach, difference + reach)
