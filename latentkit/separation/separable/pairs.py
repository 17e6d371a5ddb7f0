"""Every pair of classes: how well a linear probe tells the two apart, and whether that could be chance."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import Thresholds
from latentkit.separation.rows import Rows
from latentkit.separation.separable.auc import auc, newcombe, standard_error
from latentkit.separation.separable.folds import Folds, fold_penalty, score_out_of_fold
from latentkit.separation.separable.ridge import holm, permutation_p
from latentkit.stats import Interval, stratified_rows

__all__ = ["ConfusedClass", "Pair", "Pairs", "judge_pairs", "most_confused", "sort_by_auc"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

FEWEST = 3  # different images of a class, so that at least two are in the other folds
ALL_PAIRS = 20  # with more classes than this, only each class and its nearest are judged
MOST_ROWS = 20_000  # of one permutation test
WORK = 400_000_000  # rows times permutations of all pairs together: about ten seconds


@dataclass(frozen=True)
class Pair:
    """One pair of classes; n_a and n_b count the different images scored, and the bounds are one-sided.

    auc is the mean over repeats of the AUC of out-of-fold scores. auc_low_strict is auc_low under Bonferroni's
    correction for the number of pairs. Neither is above 0.5 unless the permutation test rejects chance, because near
    chance the folds depend on one another too much. None means too few images.
    """

    a: str
    b: str
    n_a: int
    n_b: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    auc_low_strict: float | None
    p: float | None
    p_holm: float | None
    verdict: str


@dataclass(frozen=True)
class Pairs:
    """The pairs that were judged."""

    every: tuple[Pair, ...]
    complete: bool
    """False if there are too many classes to judge every pair."""
    draws: int
    sampled_to: int | None
    """Rows of a permutation test, if there were more."""


@dataclass(frozen=True)
class ConfusedClass:
    """A class and the mean AUC of its pairs."""

    name: str
    auc: float


def candidates(X: Floats, codes: Index, classes: int) -> list[tuple[int, int]]:
    """Return all pairs of class codes or, with more than 20 classes, each class with its nearest centroid."""
    if classes <= ALL_PAIRS:
        return [(a, b) for a in range(classes) for b in range(a + 1, classes)]
    centroids = np.stack([X[codes == c].mean(axis=0) for c in range(classes)])
    squares = np.square(centroids).sum(axis=1)
    apart = squares[:, None] + squares - 2 * centroids @ centroids.T
    np.fill_diagonal(apart, np.inf)
    return sorted({(min(c, int(near)), max(c, int(near))) for c, near in enumerate(apart.argmin(axis=1))})


def pair_auc(X: Floats, rows: Rows, folds: Folds, a: int, b: int) -> tuple[float | None, int, int]:
    """Return the AUC of out-of-fold scores of a probe, and how many different images of a and b there are."""
    members = np.flatnonzero(np.isin(rows.codes[folds.rows], (a, b)))
    chosen = folds.rows[members]
    positive = rows.codes[chosen] == b
    n_a, n_b = (len(np.unique(rows.groups[chosen[side]])) for side in (~positive, positive))
    if min(n_a, n_b) < FEWEST:
        return None, n_a, n_b
    points = X[chosen]
    ridge = fold_penalty(points)
    areas = []
    for numbers in folds.numbers:
        scores = score_out_of_fold(points, positive, numbers[members], ridge)
        areas.append(auc(scores[positive], scores[~positive]))
    return float(np.mean(areas)), n_a, n_b


def pair_p(
    X: Floats, rows: Rows, a: int, b: int, draws: int, limit: int, seed: int
) -> tuple[float | None, int]:
    """Return the permutation p-value over at most `limit` rows of two classes, and how many rows there were."""
    rng = np.random.default_rng([seed, 3, a, b])
    members = np.flatnonzero(np.isin(rows.codes, (a, b)))
    positive = rows.codes == b
    if min(positive[members].sum(), (~positive[members]).sum()) < 2:
        return None, len(members)
    picked = stratified_rows(members, rows.codes, limit, rng)
    return permutation_p(X[picked], positive[picked], rows.groups[picked], draws, rng), len(members)


def pair_verdict(
    pair_low_strict: float | None, se: float, p_holm: float | None, smallest: int, limits: Thresholds
) -> str:
    """Return "separate", "partly", "cannot say" or "no evidence", in this order of precedence."""
    if pair_low_strict is not None and pair_low_strict >= limits.separated_auc:
        return "separate"
    if p_holm is not None and p_holm < limits.alpha:
        return "partly"
    if pair_low_strict is None or smallest < limits.min_class or se > limits.max_se:
        return "cannot say"
    return "no evidence"


def judge_pairs(X: Floats, rows: Rows, folds: Folds, limits: Thresholds, seed: int) -> Pairs:
    """Judge the pairs of classes in X (N, R), which is on one scale."""
    chosen = candidates(X, rows.codes, len(rows.classes))
    draws = max(999, 40 * len(chosen))
    limit = min(MOST_ROWS, WORK // (draws * max(len(chosen), 1)))

    def examine(pair: tuple[int, int]) -> tuple[tuple[float | None, int], tuple[float | None, int, int]]:
        return pair_p(X, rows, *pair, draws, limit, seed), pair_auc(X, rows, folds, *pair)

    # Each pair has its own random numbers, so the threads cannot change a result.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        results = list(pool.map(examine, chosen))
    corrected = holm(np.array([1.0 if p is None else p for (p, _), _ in results]))
    every = tuple(
        judge_pair(rows.classes[a], rows.classes[b], area, p, p_holm, len(chosen), limits)
        for (a, b), ((p, _), area), p_holm in zip(chosen, results, corrected.tolist(), strict=True)
    )
    largest = max((size for (_, size), _ in results), default=0)
    return Pairs(
        every=every,
        complete=len(rows.classes) <= ALL_PAIRS,
        draws=draws,
        sampled_to=limit if largest > limit else None,
    )


def judge_pair(
    a: str,
    b: str,
    measured: tuple[float | None, int, int],
    p: float | None,
    p_holm: float,
    pairs: int,
    limits: Thresholds,
) -> Pair:
    """Return a pair with its bounds and its verdict; measured is the result of `pair_auc`."""
    area, n_a, n_b = measured
    level = 1 - limits.alpha
    bound: Interval | None = None
    strict: float | None = None
    se = 0.0
    if area is not None:
        bound = newcombe(area, n_a, n_b, level)
        strict = newcombe(area, n_a, n_b, 1 - limits.alpha / max(pairs, 1)).low
        se = standard_error(area, bound.low, level)
        if p is None or p >= limits.alpha:
            bound = Interval(min(bound.low, 0.5), bound.high)
        if p is None or p_holm >= limits.alpha:
            strict = min(strict, 0.5)
    corrected = None if p is None else p_holm
    return Pair(
        a=a,
        b=b,
        n_a=n_a,
        n_b=n_b,
        auc=area,
        auc_low=None if bound is None else bound.low,
        auc_high=None if bound is None else bound.high,
        auc_low_strict=strict,
        p=p,
        p_holm=corrected,
        verdict=pair_verdict(strict, se, corrected, min(n_a, n_b), limits),
    )


def sort_by_auc(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with an AUC, the least separate first."""
    return sorted((pair for pair in pairs if pair.auc is not None), key=lambda pair: pair.auc or 0.0)


def most_confused(pairs: Sequence[Pair], level: float) -> list[ConfusedClass]:
    """Return the classes that are confused with others the most, the least mean AUC first.

    These are the class with the least mean AUC and every class whose mean is not above it at the one-sided `level`.
    If that is every class, none stands out and the list is empty. A pair of two classes is in the means of both, so it
    cancels in their difference and adds nothing to its standard error.
    """
    known = {
        (pair.a, pair.b): (pair.auc, standard_error(pair.auc, pair.auc_low, level))
        for pair in pairs
        if pair.auc is not None and pair.auc_low is not None
    }
    names = sorted({name for pair in known for name in pair})
    share = {
        name: {pair: 1 / sum(name in other for other in known) for pair in known if name in pair}
        for name in names
    }
    means = {name: sum(known[pair][0] * part for pair, part in share[name].items()) for name in names}
    if not means:
        return []
    least = min(names, key=lambda name: (means[name], name))

    def as_low(name: str) -> bool:
        parts = {pair: share[name].get(pair, 0.0) - share[least].get(pair, 0.0) for pair in known}
        error = sqrt(sum((part * known[pair][1]) ** 2 for pair, part in parts.items()))
        return means[name] - means[least] <= NormalDist().inv_cdf(level) * error

    confused = [ConfusedClass(name, means[name]) for name in names if as_low(name)]
    return [] if len(confused) == len(names) else sorted(confused, key=lambda one: (one.auc, one.name))
