"""Balanced accuracy and its confidence bounds, and bounds of the difference of two."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Accuracy",
    "Difference",
    "Interval",
    "balanced_accuracy",
    "confidence_bounds",
    "difference_of_accuracies",
    "paired_difference",
]

LEVEL = 0.95
OVERLAP = 1 + 10 / 9
"""Factor of the variance of a cross-validated difference, for ten folds (Nadeau and Bengio 2003)."""


class Interval(NamedTuple):
    """A one-sided lower and a one-sided upper bound, each at the requested level."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference with one-sided bounds, each at the requested level, and its two-sided p-value."""

    value: float
    low: float
    high: float
    p: float


class Accuracy(NamedTuple):
    """Balanced accuracy with a one-sided lower and a one-sided upper bound."""

    value: float
    low: float
    high: float


def balanced_accuracy(
    correct: NDArray[np.bool_] | NDArray[np.floating],
    codes: NDArray[np.intp],
    groups: NDArray[np.intp] | None = None,
    level: float = LEVEL,
) -> Accuracy:
    """Return the mean over classes of the share of correct rows, with its bounds.

    correct and codes (N,) are the outcome and the true class of each row; an outcome may be the share of repeats that
    were correct. groups (N,) is equal for copies of one image, which count as one observation.
    """
    present, codes = np.unique(codes, return_inverse=True)
    rows = np.bincount(codes)
    shares = np.bincount(codes, correct, minlength=len(present)) / rows
    if groups is not None:
        rows = np.array([len(np.unique(groups[codes == code])) for code in range(len(present))])
    return Accuracy(float(shares.mean()), *confidence_bounds(shares, rows, level))


def confidence_bounds(
    shares: NDArray[np.floating], counts: NDArray[np.integer], level: float = LEVEL
) -> Interval:
    """Return one-sided bounds of the mean of K independent shares (K,), observed on counts (K,) images each.

    Each bound is the wider of two. The first combines the Jeffreys bound of each class by MOVER (Zou and Donner
    2008), which is right for accuracies near 0 and 1. The second is the normal bound with one success and one
    failure added to each class (Agresti and Caffo 2000), which is right for many classes with moderate accuracy.

    The choice was made by simulation (tests/test_stats_accuracy.py): 2 to 30 classes of 5 to 1000 images, of equal
    and unequal sizes, with equal and unequal true accuracies from chance to 1. Figures are of the one-sided 95% lower
    bound; the distance is that of the bound from the value, relative to the first row.

        bound                               lowest coverage   settings below 93%   distance
        MOVER of Wilson bounds                          82%                   9%       1.00
        MOVER of Jeffreys bounds                        82%                   9%       0.92
        normal, nothing added                           13%                  41%       0.49
        normal, 2 + 2 added (Agresti-Coull)             82%                  16%       0.83
        this                                            90%                   3%       0.97
    """
    from scipy.special import betaincinv, ndtri

    hits, misses = shares * counts, (1 - shares) * counts
    low = np.where(hits > 0, betaincinv(hits + 0.5, misses + 0.5, 1 - level), 0.0)
    high = np.where(misses > 0, betaincinv(hits + 0.5, misses + 0.5, level), 1.0)
    down, up = (np.sqrt((gap**2).sum()) for gap in (shares - low, high - shares))
    eased = (hits + 1) / (counts + 2)
    normal = float(ndtri(level)) * np.sqrt((eased * (1 - eased) / (counts + 2)).sum())
    value, classes = float(shares.mean()), len(shares)
    return Interval(
        max(value - float(max(down, normal)) / classes, 0.0),
        min(value + float(max(up, normal)) / classes, 1.0),
    )


def difference_of_accuracies(first: Accuracy, second: Accuracy) -> Interval:
    """Return one-sided bounds of first - second, measured on different images (MOVER, Zou and Donner 2008)."""
    difference = first.value - second.value
    down = np.hypot(first.value - first.low, second.high - second.value)
    up = np.hypot(first.high - first.value, second.value - second.low)
    return Interval(max(difference - float(down), -1.0), min(difference + float(up), 1.0))


def paired_difference(
    gain: NDArray[np.floating], codes: NDArray[np.intp], groups: NDArray[np.intp], level: float = LEVEL
) -> Difference:
    """Return the mean over classes of `gain` (N,), a difference of two scores of the same rows, with its bounds.

    The scores are cross-validated: classifiers of different folds share most of the rows they were fitted on, so the
    outcomes of two images are not independent and a bootstrap of images is too short. The variance is multiplied by
    1 + K / (K - 1), for K = 10 folds (Nadeau and Bengio 2003). Measured with two equally good spaces of 16 or 64
    dimensions and 20 to 700 images a class, at a nominal 5%: the bootstrap favors one of them in 6% to 17% of
    simulations, these bounds in at most 5%.

    Copies of one image (equal groups) count once. A class of a single image tells nothing: the bounds are -1 and 1, and p is 1.
    """
    from scipy.special import stdtr, stdtrit

    present, codes = np.unique(codes, return_inverse=True)
    total = variance = 0.0
    images, lone = 0, False
    for code in range(len(present)):
        members = np.flatnonzero(codes == code)
        _, image = np.unique(groups[members], return_inverse=True)
        count = int(image.max()) + 1
        lone |= count < 2
        mean = gain[members].mean()
        deviations = np.bincount(image, gain[members] - mean)
        variance += float((deviations**2).sum()) * count / max(count - 1, 1) / len(members) ** 2
        total += float(mean)
        images += count
    value, error = total / len(present), float(np.sqrt(OVERLAP * variance)) / len(present)
    if lone or images <= len(present):
        return Difference(value, -1.0, 1.0, 1.0)
    freedom = images - len(present)
    reach = float(stdtrit(freedom, level)) * error
    p = 2 * float(stdtr(freedom, -abs(value) / error)) if error > 0 else float(value == 0)
    return Difference(value, max(value - reach, -1.0), min(value + reach, 1.0), p)
