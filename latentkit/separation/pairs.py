"""Every pair of classes: how well a linear probe tells them apart, and whether that could be chance."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.auc import Interval, auc, newcombe, standard_error
from latentkit.separation.permutation import holm, permutation_p
from latentkit.separation.ridge import direction
from latentkit.separation.rows import Halves, Rows
from latentkit.separation.sample import stratified
from latentkit.separation.thresholds import Thresholds

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

ALL_PAIRS = 20  # more classes than this: only each class and its nearest
MOST = 20_000  # rows of one permutation test
WORK = 400_000_000  # rows x permutations of all pairs together; about ten seconds


@dataclass(frozen=True)
class Pair:
    """One pair of classes. n_a and n_b count the different images scored; the bounds are one-sided.

    auc_low_strict is auc_low under Bonferroni's correction for the number of pairs. None: could not be had.
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
    """The pairs judged, whether these are all there are, and the rows of the largest permutation test."""

    every: tuple[Pair, ...]
    complete: bool
    draws: int
    sampled_to: int | None


def candidates(X: Floats, codes: Index, classes: int) -> list[tuple[int, int]]:
    """All pairs of class codes, or with more than 20 classes those of each class and its nearest centroid."""
    if classes <= ALL_PAIRS:
        return [(a, b) for a in range(classes) for b in range(a + 1, classes)]
    centres = np.stack([X[codes == c].mean(axis=0) for c in range(classes)])
    squares = np.square(centres).sum(axis=1)
    apart = squares[:, None] + squares - 2 * centres @ centres.T
    np.fill_diagonal(apart, np.inf)
    return sorted({(min(c, int(near)), max(c, int(near))) for c, near in enumerate(apart.argmin(axis=1))})


def pair_auc(X: Floats, rows: Rows, sides: Halves, a: int, b: int) -> tuple[float | None, int, int]:
    """AUC on the scored rows of a probe fitted on the others, and how many different images were scored."""
    fit = sides.fit[np.isin(rows.codes[sides.fit], (a, b))]
    score_a, score_b = (sides.score[rows.codes[sides.score] == code] for code in (a, b))
    n_a, n_b = (len(np.unique(rows.groups[side])) for side in (score_a, score_b))
    sizes = [int((rows.codes[fit] == code).sum()) for code in (a, b)]
    if min(n_a, n_b) < 1 or min(sizes) < 2:
        return None, n_a, n_b
    axis = direction(X[fit], np.where(rows.codes[fit] == b, 1.0, -1.0))
    return auc(X[score_b] @ axis, X[score_a] @ axis), n_a, n_b


def pair_p(
    X: Floats, rows: Rows, a: int, b: int, draws: int, limit: int, seed: int
) -> tuple[float | None, int]:
    """Permutation p over all rows of two classes, or `limit` of them; and how many rows there were."""
    rng = np.random.default_rng([seed, 3, a, b])
    members = np.flatnonzero(np.isin(rows.codes, (a, b)))
    positive = rows.codes == b
    if min(positive[members].sum(), (~positive[members]).sum()) < 2:
        return None, len(members)
    picked = stratified(members, rows.codes, limit, rng)
    return permutation_p(X[picked], positive[picked], rows.groups[picked], draws, rng), len(members)


def pair_verdict(
    pair_low_strict: float | None, se: float, p_holm: float | None, smallest: int, limits: Thresholds
) -> str:
    """separate | partly | cannot say | no evidence, in this order of precedence."""
    if pair_low_strict is not None and pair_low_strict >= limits.separated_auc:
        return "separate"
    if p_holm is not None and p_holm < limits.alpha:
        return "partly"
    if pair_low_strict is None or smallest < limits.min_class or se > limits.max_se:
        return "cannot say"
    return "no evidence"


def judge_pairs(X: Floats, rows: Rows, sides: Halves, limits: Thresholds, seed: int) -> Pairs:
    """X (N, R) on one scale."""
    chosen = candidates(X, rows.codes, len(rows.classes))
    level = 1 - limits.alpha
    strict_level = 1 - limits.alpha / max(len(chosen), 1)
    draws = max(999, 40 * len(chosen))
    limit = min(MOST, WORK // (draws * max(len(chosen), 1)))
    # Each pair has its own randomness, and NumPy works outside the interpreter's lock: the threads change nothing.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        tested = list(pool.map(lambda pair: pair_p(X, rows, pair[0], pair[1], draws, limit, seed), chosen))
    known = np.array([1.0 if p is None else p for p, _ in tested])
    corrected = holm(known)
    every = []
    for (a, b), (p, _), p_holm in zip(chosen, tested, corrected.tolist(), strict=True):
        area, n_a, n_b = pair_auc(X, rows, sides, a, b)
        bound: Interval | None = None
        strict: float | None = None
        se = 0.0
        if area is not None:
            bound = newcombe(area, n_a, n_b, level)
            strict = newcombe(area, n_a, n_b, strict_level).low
            se = standard_error(area, bound.low, level)
        every.append(
            Pair(
                a=rows.classes[a],
                b=rows.classes[b],
                n_a=n_a,
                n_b=n_b,
                auc=area,
                auc_low=None if bound is None else bound.low,
                auc_high=None if bound is None else bound.high,
                auc_low_strict=strict,
                p=p,
                p_holm=None if p is None else p_holm,
                verdict=pair_verdict(strict, se, None if p is None else p_holm, min(n_a, n_b), limits),
            )
        )
    largest = max((size for _, size in tested), default=0)
    return Pairs(
        every=tuple(every),
        complete=len(rows.classes) <= ALL_PAIRS,
        draws=draws,
        sampled_to=limit if largest > limit else None,
    )
