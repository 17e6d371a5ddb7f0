"""Cross-validated scores of simple classifiers, next to the same classifiers on PCA of the pixels.

`CLASSIFIERS` is the table that the report, the JSON, the page, the comparison and `--require` go by: a new score is
one more line. Scores are balanced accuracies, so always guessing one class scores 1 / classes, however unequal the
classes are. Every labeled image is scored by a classifier that has not seen it or its copies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import Options
from latentkit.separation.rows import Rows, distinct_per_class
from latentkit.separation.separable.folds import Folds, assign_folds, predict_out_of_fold
from latentkit.stats import (
    FEWEST_SCORED,
    Accuracy,
    Interval,
    balanced_accuracy,
    difference_of_accuracies,
    leave_one_out,
    paired_difference,
)

__all__ = [
    "CLASSIFIERS",
    "FEWEST",
    "Classifier",
    "ClassifierScore",
    "Predictions",
    "SeenPixels",
    "folds_to_score",
    "score_all",
    "score_predictions",
]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

FEWEST = FEWEST_SCORED


@dataclass(frozen=True)
class SeenPixels:
    """Scores of the images that the encoder was trained on and of those it was not, by the same classifier.

    The encoder never sees labels, but it may fit the pixels of its training images. The difference is the size of that
    effect.
    """

    trained: Accuracy
    held_out: Accuracy
    held_out_images: int
    held_out_pixel_pca: float | None
    """The score of the same images on PCA of the pixels."""
    difference: Interval
    """Two-sided interval of trained - held_out."""


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
    """The score of the same classifier on PCA of the pixels, on the same folds."""
    pixel_pca_low: float | None
    """Lower bound of pixel_pca."""
    difference: Interval | None
    """Two-sided interval of value - pixel_pca."""
    beats_pixel_pca: bool | None
    """True if the lower bounds of the difference and of the score are above 0 and guessing; None without a baseline."""
    seen: SeenPixels | None
    """None if it is not known which images are held out, or if there are too few of them."""


class Predictions(NamedTuple):
    """Out-of-sample predictions: rows (M,) are row numbers, codes (repeats, M) the predicted classes."""

    rows: Index
    codes: Index

    def correct(self, codes: Index) -> Floats:
        """Return the share of the repeats that are right: codes (N,) of all rows -> (M,)."""
        share: Floats = (self.codes == codes[self.rows]).mean(axis=0)
        return share


class Classifier(NamedTuple):
    """A classifier whose score is reported; predict(X, rows, folds, seed) predicts rows it was not fitted on."""

    key: str
    """Name in the JSON and in --require."""
    title: str
    """Name in tables."""
    short: str
    """Name in sentences and narrow tables."""
    predict: Callable[[Floats, Rows, Folds, int], Predictions]


def predict_by_neighbors(X: Floats, rows: Rows, folds: Folds, seed: int) -> Predictions:
    """Predict by vote of the 15 nearest other labeled rows; folds are not needed."""
    scored, predicted = leave_one_out(X, rows.codes, rows.groups, seed)
    return Predictions(scored, predicted[None])


def predict_by_probe(X: Floats, rows: Rows, folds: Folds, seed: int) -> Predictions:
    """Predict by linear probes of the other folds."""
    labeled, codes = X[folds.rows], rows.codes[folds.rows]
    return Predictions(
        folds.rows, np.stack([predict_out_of_fold(labeled, codes, numbers) for numbers in folds.numbers])
    )


CLASSIFIERS = (
    Classifier("knn15", "15 nearest neighbors", "15-NN", predict_by_neighbors),
    Classifier("probe", "linear probe", "probe", predict_by_probe),
)


def folds_to_score(rows: Rows, options: Options) -> Folds | None:
    """Return the folds of the labeled rows; None without two classes, or with too few images to say anything."""
    labeled = rows.codes >= 0
    if len(rows.classes) < 2 or len(np.unique(rows.groups[labeled])) < FEWEST:
        return None
    return assign_folds(rows, options.rng(1))


def two_sided(level: float) -> float:
    """Return the level of each bound of a two-sided interval at `level`."""
    return (1 + level) / 2


def score_predictions(
    predicted: Predictions, rows: Rows, level: float, baseline: Predictions | None
) -> ClassifierScore:
    """Score predictions; baseline, if given, are those of the same classifier on PCA of the pixels."""
    codes, groups = rows.codes[predicted.rows], rows.groups[predicted.rows]
    correct = predicted.correct(rows.codes)
    value, low, high = balanced_accuracy(correct, codes, groups, level)
    difference = other_score = None
    if baseline is not None:
        other = baseline.correct(rows.codes)
        other_score = balanced_accuracy(other, codes, groups, level)
        _, *bounds, _ = paired_difference(correct - other, codes, groups, two_sided(level))
        difference = Interval(*bounds)
    return ClassifierScore(
        value=value,
        low=low,
        high=high,
        accuracy=float(correct.mean()),
        majority=1 / len(rows.classes),
        pixel_pca=None if other_score is None else other_score.value,
        pixel_pca_low=None if other_score is None else other_score.low,
        difference=difference,
        beats_pixel_pca=None if difference is None else difference.low > 0 and low > 1 / len(rows.classes),
        seen=compare_seen(predicted, rows, level, baseline),
    )


def compare_seen(
    predicted: Predictions, rows: Rows, level: float, baseline: Predictions | None
) -> SeenPixels | None:
    """Compare the images that the encoder was trained on with the others, unless either side has too few images."""
    if rows.trained is None:
        return None
    codes, groups = rows.codes[predicted.rows], rows.groups[predicted.rows]
    trained = np.isin(groups, rows.groups[rows.trained])
    for side in (trained, ~trained):
        sizes = distinct_per_class(groups[side], codes[side], len(rows.classes))
        if sizes.sum() < FEWEST or sizes.min() < 2:
            return None

    def score(outcomes: Floats, side: NDArray[np.bool_], at: float = level) -> Accuracy:
        return balanced_accuracy(outcomes[side], codes[side], groups[side], at)

    correct, wide = predicted.correct(rows.codes), two_sided(level)
    return SeenPixels(
        trained=score(correct, trained),
        held_out=score(correct, ~trained),
        held_out_images=len(np.unique(groups[~trained])),
        held_out_pixel_pca=None if baseline is None else score(baseline.correct(rows.codes), ~trained).value,
        difference=difference_of_accuracies(score(correct, trained, wide), score(correct, ~trained, wide)),
    )


def score_all(
    X: Floats, pixels: Floats | None, rows: Rows, folds: Folds, options: Options
) -> tuple[dict[str, ClassifierScore], dict[str, Predictions]]:
    """Return the score and the predictions of every classifier, by key."""
    level = 1 - options.thresholds.alpha
    scores, predictions = {}, {}
    for one in CLASSIFIERS:
        predictions[one.key] = one.predict(X, rows, folds, options.seed)
        baseline = None if pixels is None else one.predict(pixels, rows, folds, options.seed)
        scores[one.key] = score_predictions(predictions[one.key], rows, level, baseline)
    return scores, predictions
