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


def judge_labels(
    X: Floats, pixels: Floats | None, rows: Rows, sides: Halves, options: Options
) -> Scored | None:
    """Pairs, scores and confusion; None with fewer than two classes or nothing to fit or score on."""
    classes = len(rows.classes)
    if classes < 2 or not len(sides.fit) or not len(sides.score):
        return None
    few = len(rows) <= EXACT
    queries = (
        sides.score if few else stratified(sides.score, rows.codes, SAMPLED["15-NN queries"], options.rng(3))
    )
    fit = (
        sides.fit
        if few
        else stratified(sides.fit, rows.codes, SAMPLED["the fit of the probe"], options.rng(4))
    )
    labelled = np.flatnonzero(rows.codes >= 0)

    def nearest(space: Floats) -> Index:
        return scores.vote(scores.neighbours(space, queries, labelled, rows.groups), rows.codes, classes)

    def probed(space: Floats) -> Index:
        return scores.probe(space, rows.codes, fit, sides.score)

    def score(at: Index, guess: Index, beside: Index | None, stage: int) -> scores.Score:
        level = 1 - options.limits.alpha
        return scores.judge_score(
            guess, rows.codes[at], rows.groups[at], classes, level, beside, options.rng(stage)
        )

    guess = probed(X)
    table = np.zeros((classes, classes), np.intp)
    np.add.at(table, (rows.codes[sides.score], guess), 1)
    return Scored(
        pairs=judge_pairs(X, rows, sides, options.limits, options.seed),
        knn15=score(queries, nearest(X), None if pixels is None else nearest(pixels), 5),
        probe=score(sides.score, guess, None if pixels is None else probed(pixels), 6),
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
