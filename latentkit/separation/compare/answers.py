"""Score every space on the same images: by classifiers on images they were not fitted on, and by clusters.

All labeled images are scored. The probe is cross-validated with the same folds in every space, and neighbors vote on
each image that is not their copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.compare.paired import PairedTest, test_accuracies, test_clusterings
from latentkit.separation.compare.record import ARI
from latentkit.separation.options import Options
from latentkit.separation.rows import Rows
from latentkit.separation.separable.folds import assign_folds
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.separation.visible.clusters import adjusted_rand, contingency
from latentkit.separation.visible.halves import ari_of_halves, random_halves

__all__ = ["MIN_IMAGES", "Answers", "score_spaces"]

MIN_IMAGES = 21
"""With fewer different labeled images, files are not compared: all but the largest differences would be missed."""

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Accuracies:
    """Balanced accuracy of every space, and the share of right answers to each image."""

    values: tuple[float, ...]
    right: Floats  # (spaces, M)
    codes: Index  # (M,)
    groups: Index  # (M,)

    def test(self, first: int, second: int, alpha: float) -> PairedTest:
        """Compare two spaces."""
        return test_accuracies(self.right[first], self.right[second], self.codes, self.groups, alpha)


@dataclass(frozen=True)
class Recoveries:
    """Agreement of the clusters of every space with the classes, and that in random halves of the images."""

    values: tuple[float, ...]
    halves: Floats  # (spaces, HALVES)

    def test(self, first: int, second: int, alpha: float) -> PairedTest:
        """Compare two spaces."""
        difference = self.values[second] - self.values[first]
        return test_clusterings(difference, self.halves[second] - self.halves[first], alpha)


Answers = Accuracies | Recoveries
"""One score of every space, and what its tests need."""


def score_spaces(
    spaces: Sequence[Floats],
    rows: Rows,
    clustered: Index,
    labels: Sequence[Index],
    k: int,
    options: Options,
) -> dict[str, Answers]:
    """Return the answers by the key of the score; empty without two classes, or with too few labeled images.

    labels are the k clusters of the rows `clustered` in every space.
    """
    labeled = np.flatnonzero(rows.codes >= 0)
    if len(rows.classes) < 2 or len(np.unique(rows.groups[labeled])) < MIN_IMAGES:
        return {}
    folds = assign_folds(rows, options.rng(1))
    answers: dict[str, Answers] = {}
    for classifier in CLASSIFIERS:
        every = [classifier.predict(X, rows, folds, options.seed) for X in spaces]
        answers[classifier.key] = accuracies(
            np.stack([one.correct(rows.codes) for one in every]), every[0].rows, rows
        )
    halves = random_halves(rows.groups[labeled], options.rng(16))
    if all(len(half) > k for half in halves):
        known = rows.codes[clustered] >= 0
        codes = rows.codes[clustered][known]
        answers[ARI] = Recoveries(
            tuple(float(adjusted_rand(contingency(codes, one[known]))) for one in labels),
            np.stack([ari_of_halves(X[labeled], rows.codes[labeled], halves, k) for X in spaces]),
        )
    return answers


def accuracies(right: NDArray[np.generic], at: Index, rows: Rows) -> Accuracies:
    """Return the balanced accuracies of the shares of right answers (spaces, M) to the rows `at`."""
    answers, codes = right.astype(np.float64), rows.codes[at]
    values = np.mean([answers[:, codes == code].mean(axis=1) for code in np.unique(codes)], axis=0)
    return Accuracies(tuple(values.tolist()), answers, codes, rows.groups[at])
