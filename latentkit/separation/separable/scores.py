"""Scores of simple classifiers on images they were not fitted on, next to the same classifiers on PCA of the pixels.

`CLASSIFIERS` is the table that the report, the JSON, the page, the comparison and `--require` go by: a new score is
one more line. Scores are balanced accuracies, so always guessing one class scores 1 / classes, however unequal the
classes are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.rows import Rows
from latentkit.separation.separable.holdout import HoldoutSplit
from latentkit.stats import Interval, balanced_accuracy, nearest, stratified_rows, vote

__all__ = [
    "CLASSIFIERS",
    "Classifier",
    "ClassifierScore",
    "ScoringRows",
    "paired_draws",
    "scoring_rows",
]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class ClassifierScore:
    """Balanced accuracy with one-sided bounds, next to guessing and to PCA of the pixels."""

    value: float
    low: float
    high: float
    accuracy: float
    majority: float
    """The score of always guessing one class."""
    pixel_pca: float | None
    """The score of the same classifier on PCA of the pixels."""
    difference: Interval | None
    """Bounds of value - pixel_pca, by the paired bootstrap."""
    beats_pixel_pca: bool | None


class ScoringRows(NamedTuple):
    """Row numbers: the rows to fit on, to score, and to score where every query is expensive."""

    fit: Index
    score: Index
    queries: Index


class Classifier(NamedTuple):
    """A classifier whose score is reported.

    predict(X, rows, at) returns the predicted class of each row of scored_rows(at).
    """

    key: str
    """Name in the JSON and in --require."""
    title: str
    """Name in tables."""
    short: str
    """Name in sentences and narrow tables."""
    stage: int
    """Stage of the random numbers of its bootstrap."""
    scored_rows: Callable[[ScoringRows], Index]
    predict: Callable[[Floats, Rows, ScoringRows], Index]


def predict_by_neighbors(X: Floats, rows: Rows, at: ScoringRows) -> Index:
    """Predict by vote of the 15 nearest labeled rows."""
    labeled = np.flatnonzero(rows.codes >= 0)
    return vote(nearest(X, at.queries, labeled, rows.groups), rows.codes, len(rows.classes))


def predict_by_probe(X: Floats, rows: Rows, at: ScoringRows) -> Index:
    """Predict by a logistic regression fitted on the other rows; all classes have the same weight."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    codes = rows.codes[at.fit]
    if len(np.unique(codes)) < 2:
        return np.full(len(at.score), codes[0])
    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
    with warnings.catch_warnings():
        # After 500 steps the probe is as good as converged, and it is scored on other rows in any case.
        warnings.simplefilter("ignore", ConvergenceWarning)
        predicted: Index = model.fit(X[at.fit], codes).predict(X[at.score])
    return predicted


CLASSIFIERS = (
    Classifier("knn15", "15 nearest neighbors", "15-NN", 5, lambda at: at.queries, predict_by_neighbors),
    Classifier("probe", "linear probe", "probe", 6, lambda at: at.score, predict_by_probe),
)


def scoring_rows(rows: Rows, split: HoldoutSplit, options: Options) -> ScoringRows | None:
    """Return the rows of the scores, sampled if there are very many; None without two classes or rows on both sides."""
    if len(rows.classes) < 2 or not len(split.fit) or not len(split.score):
        return None
    if len(rows) <= EXACT:
        return ScoringRows(split.fit, split.score, split.score)
    queries = stratified_rows(split.score, rows.codes, SAMPLED["15-NN queries"], options.rng(3))
    fit = stratified_rows(split.fit, rows.codes, SAMPLED["probe fit"], options.rng(4))
    return ScoringRows(fit, split.score, queries)


def score_predictions(
    predicted: Index,
    codes: Index,
    groups: Index,
    classes: int,
    level: float,
    baseline: Index | None,
    rng: np.random.Generator,
) -> ClassifierScore:
    """Score the predictions of M rows against their codes (M,).

    baseline (M,), if given, are the predictions of the same classifier on PCA of the pixels.
    """
    correct = predicted == codes
    value, low, high = balanced_accuracy(correct, codes, groups, level)
    difference = None
    if baseline is not None:
        gain = correct.astype(np.float64) - (baseline == codes)
        difference = paired_difference(gain, codes, groups, level, rng)
    return ClassifierScore(
        value=value,
        low=low,
        high=high,
        accuracy=float(correct.mean()),
        majority=1 / classes,
        pixel_pca=None if baseline is None else balanced_accuracy(baseline == codes, codes).value,
        difference=difference,
        beats_pixel_pca=None if difference is None else difference.low > 0,
    )


def score_all(
    X: Floats, pixels: Floats | None, rows: Rows, at: ScoringRows, options: Options
) -> tuple[dict[str, ClassifierScore], dict[str, Index]]:
    """Return the score and the predictions of every classifier, by key."""
    scores, predictions = {}, {}
    for one in CLASSIFIERS:
        scored = one.scored_rows(at)
        predictions[one.key] = one.predict(X, rows, at)
        scores[one.key] = score_predictions(
            predictions[one.key],
            rows.codes[scored],
            rows.groups[scored],
            len(rows.classes),
            1 - options.thresholds.alpha,
            None if pixels is None else one.predict(pixels, rows, at),
            options.rng(one.stage),
        )
    return scores, predictions


def paired_draws(
    gain: Floats, codes: Index, groups: Index, rng: np.random.Generator, draws: int = 2000
) -> Floats:
    """Return bootstrap draws (draws,) of the mean over classes of `gain` (N,), resampling images within each class.

    gain is a difference of two 0/1 scores of the same row. Images with equal outcomes are drawn together as
    counts, which is the same bootstrap and takes the same time for any N.
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
    """Return one-sided bounds, at `level` each, of the mean over classes of `gain` (N,)."""
    low, high = np.quantile(paired_draws(gain, codes, groups, rng), [1 - level, level])
    return Interval(float(low), float(high))
