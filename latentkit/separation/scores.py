"""What a simple classifier gets right on images it has not seen: a 15-NN and a linear probe.

Both are scored by balanced accuracy, so guessing the commonest class scores 1 / classes however unequal
the classes are, and both stand beside the same classifier on PCA of the pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.auc import Interval

Floats = NDArray[np.float64]
Index = NDArray[np.intp]
NEIGHBOURS = 15


@dataclass(frozen=True)
class Score:
    """Balanced accuracy with one-sided bounds, beside the majority guess and PCA of the pixels."""

    value: float
    low: float
    high: float
    accuracy: float
    majority: float
    pixel_pca: float | None
    difference: Interval | None  # value - pixel_pca, bounds of the paired bootstrap
    beats_pixel_pca: bool | None


def neighbours(X: Floats, queries: Index, reference: Index, groups: Index, k: int = NEIGHBOURS) -> Index:
    """(M,) queries -> (M, k) nearest reference rows, nearest first, never a query's own image; -1 where none is left.

    X (N, R) and groups (N,) of all rows; queries and reference are row numbers.
    """
    from sklearn.neighbors import NearestNeighbors

    # More than k copies of one image cannot change the k nearest, and a query's own copies are passed over.
    order = np.argsort(groups[reference], kind="stable")
    ordered = groups[reference][order]
    starts = np.maximum.accumulate(np.where(np.r_[True, np.diff(ordered) != 0], np.arange(len(order)), 0))
    place = np.arange(len(order)) - starts
    kept = reference[np.sort(order[place < k])]
    wanted = min(k + int(place.max(initial=0)) + 1, len(kept))
    index = NearestNeighbors(n_neighbors=wanted, algorithm="brute").fit(X[kept])
    found = kept[index.kneighbors(X[queries], return_distance=False)]
    own = groups[found] == groups[queries][:, None]
    first = np.argsort(own, axis=1, kind="stable")[:, :k]
    nearest: Index = np.where(np.take_along_axis(own, first, 1), -1, np.take_along_axis(found, first, 1))
    return nearest


def vote(nearest: Index, codes: Index, classes: int) -> Index:
    """(M, k) neighbours -> (M,) the commonest class; a tie goes to the class whose neighbours are nearer."""
    k = nearest.shape[1]
    weights = 1.0 + np.linspace(0.5 / k, 0.0, k, endpoint=False)
    ballots = np.zeros((len(nearest), classes))
    for column in range(k):
        valid = np.flatnonzero(nearest[:, column] >= 0)
        ballots[valid, codes[nearest[valid, column]]] += weights[column]
    winners: Index = ballots.argmax(axis=1)
    return winners


def probe(X: Floats, codes: Index, fit: Index, score: Index) -> Index:
    """The classes a logistic regression fitted on the `fit` rows gives the `score` rows; classes count alike."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(codes[fit])) < 2:
        return np.full(len(score), codes[fit[0]])
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
    with warnings.catch_warnings():
        # 500 steps leave a probe that is as good as converged; the score is honest either way.
        warnings.simplefilter("ignore", ConvergenceWarning)
        guess: Index = model.fit(X[fit], codes[fit]).predict(X[score])
    return guess


def balanced(correct: NDArray[np.bool_], codes: Index) -> float:
    """Mean over the classes present of the share of rows that are right."""
    present = np.unique(codes)
    return float(np.mean([correct[codes == code].mean() for code in present]))


def bounds(correct: NDArray[np.bool_], codes: Index, groups: Index, level: float) -> Interval:
    """One-sided bounds of balanced accuracy: Wilson's for each class, combined by MOVER (Zou & Donner 2008).

    They hold at 0 and 1, where a bootstrap says nothing. Copies of one image count as one observation.
    """
    from scipy.special import ndtri

    z2 = float(ndtri(level)) ** 2
    gaps = []
    for code in np.unique(codes):
        rows = codes == code
        n, p = len(np.unique(groups[rows])), float(correct[rows].mean())
        centre, half = (
            (p + z2 / (2 * n)) / (1 + z2 / n),
            np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n),
        )
        gaps.append((p - (centre - half), (centre + half) - p))
    down, up = np.sqrt((np.array(gaps) ** 2).sum(axis=0)) / len(gaps)
    value = balanced(correct, codes)
    return Interval(max(value - float(down), 0.0), min(value + float(up), 1.0))


def paired_draws(
    gain: Floats, codes: Index, groups: Index, rng: np.random.Generator, draws: int = 2000
) -> Floats:
    """(draws,) of the mean over classes of `gain` (N,), by a bootstrap of whole images within each class.

    gain is a difference of two 0/1 scores of the same row. Images with equal outcomes are drawn together
    as counts, which is the same bootstrap at any N.
    """
    present = np.unique(codes)
    means = np.zeros(draws)
    for code in present:
        rows = codes == code
        _, image = np.unique(groups[rows], return_inverse=True)
        outcome = np.stack([np.bincount(image, gain[rows]), np.bincount(image)], axis=1)
        kinds, share = np.unique(outcome, axis=0, return_counts=True)
        drawn = rng.multinomial(len(outcome), share / len(outcome), size=draws)
        means += (drawn @ kinds[:, 0]) / (drawn @ kinds[:, 1])
    return means / len(present)


def paired_difference(
    gain: Floats, codes: Index, groups: Index, level: float, rng: np.random.Generator
) -> Interval:
    """One-sided bounds of the mean over classes of `gain` (N,), at `level` each."""
    low, high = np.quantile(paired_draws(gain, codes, groups, rng), [1 - level, level])
    return Interval(float(low), float(high))


def judge_score(
    guess: Index,
    codes: Index,
    groups: Index,
    classes: int,
    level: float,
    baseline: Index | None,
    rng: np.random.Generator,
) -> Score:
    """Guesses for the scored rows (M,) against their codes (M,), beside the guesses from pixel PCA if there are any."""
    correct = guess == codes
    low, high = bounds(correct, codes, groups, level)
    difference = None
    if baseline is not None:
        gain = correct.astype(np.float64) - (baseline == codes)
        difference = paired_difference(gain, codes, groups, level, rng)
    return Score(
        value=balanced(correct, codes),
        low=low,
        high=high,
        accuracy=float(correct.mean()),
        majority=1 / classes,
        pixel_pca=None if baseline is None else balanced(baseline == codes, codes),
        difference=difference,
        beats_pixel_pca=None if difference is None else difference.low > 0,
    )
