"""What needs labels of two classes: pairs, scores beside PCA of the pixels, confusion, tightness."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation import scores, silhouette
from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.pairs import Pairs, judge_pairs
from latentkit.separation.rows import Halves, Rows
from latentkit.separation.sample import stratified

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Scored:
    """What needs labels of two classes."""

    pairs: Pairs
    knn15: scores.Score
    probe: scores.Score
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Sides:
    """Row numbers: what the probe is fitted on and scored on, and what the 15-NN is asked."""

    fit: Index
    score: Index
    queries: Index


def sides_of(rows: Rows, found: Halves, options: Options) -> Sides | None:
    """The rows of the two scores; None with fewer than two classes or nothing to fit or score on."""
    if len(rows.classes) < 2 or not len(found.fit) or not len(found.score):
        return None
    if len(rows) <= EXACT:
        return Sides(found.fit, found.score, found.score)
    queries = stratified(found.score, rows.codes, SAMPLED["15-NN queries"], options.rng(3))
    fit = stratified(found.fit, rows.codes, SAMPLED["the fit of the probe"], options.rng(4))
    return Sides(fit, found.score, queries)


def knn_guesses(X: Floats, rows: Rows, sides: Sides) -> Index:
    """What the 15 nearest labelled rows say of each query."""
    labelled = np.flatnonzero(rows.codes >= 0)
    nearest = scores.neighbours(X, sides.queries, labelled, rows.groups)
    return scores.vote(nearest, rows.codes, len(rows.classes))


def probe_guesses(X: Floats, rows: Rows, sides: Sides) -> Index:
    """What the linear probe says of each scored row."""
    return scores.probe(X, rows.codes, sides.fit, sides.score)


def score(
    at: Index, guess: Index, beside: Index | None, rows: Rows, options: Options, stage: int
) -> scores.Score:
    """The guesses for rows `at` as a score, beside those from PCA of the pixels."""
    codes, groups, level = rows.codes[at], rows.groups[at], 1 - options.limits.alpha
    return scores.judge_score(guess, codes, groups, len(rows.classes), level, beside, options.rng(stage))


def judge_labels(
    X: Floats, pixels: Floats | None, rows: Rows, found: Halves, options: Options
) -> Scored | None:
    """Pairs, scores and confusion; None with fewer than two classes or nothing to fit or score on."""
    sides = sides_of(rows, found, options)
    if sides is None:
        return None
    guess = probe_guesses(X, rows, sides)
    beside = None if pixels is None else probe_guesses(pixels, rows, sides)
    near = None if pixels is None else knn_guesses(pixels, rows, sides)
    table = np.zeros((len(rows.classes), len(rows.classes)), np.intp)
    np.add.at(table, (rows.codes[sides.score], guess), 1)
    return Scored(
        pairs=judge_pairs(X, rows, found, options.limits, options.seed),
        knn15=score(sides.queries, knn_guesses(X, rows, sides), near, rows, options, 5),
        probe=score(sides.score, guess, beside, rows, options, 6),
        confusion=tuple(tuple(row) for row in table.tolist()),
    )


def judge_tightness(X: Floats, codes: Index, classes: int, options: Options) -> silhouette.Tightness | None:
    """Silhouettes of the given classes, X and codes being those of labelled rows."""
    if len(X) <= EXACT:
        return silhouette.tightness(X, codes, classes)
    every = np.arange(len(X))
    return silhouette.tightness(
        X,
        codes,
        classes,
        queries=stratified(every, codes, SAMPLED["euclidean silhouette"], options.rng(7)),
        gdv_rows=stratified(every, codes, SAMPLED["GDV"], options.rng(8)),
    )
