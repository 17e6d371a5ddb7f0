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
from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.rows import Rows
from latentkit.separation.visible import clusters
from latentkit.stats import kmeans, nearest, stratified_rows, vote

__all__ = ["MIN_IMAGES", "Answers", "score_spaces"]

FOLDS, REPEATS, REPEATED = 10, 3, 2000
"""Folds; repeats, but one for more labeled rows than this."""
HALVES, HALF, STARTS = 20, 2000, 3
"""Random halves of the images that are clustered again, most images in one, and starts of k-means there."""
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
    queries = labeled
    if len(rows) > EXACT:
        queries = stratified_rows(labeled, rows.codes, SAMPLED["15-NN queries"], options.rng(3))
    codes = rows.codes[labeled]
    folds = assign_folds(rows.groups[labeled], codes, options.rng(1))
    neighbors = [
        vote(nearest(X, queries, labeled, rows.groups), rows.codes, len(rows.classes)) for X in spaces
    ]
    probes = [
        np.mean([predict_out_of_fold(X[labeled], codes, numbers) == codes for numbers in folds], axis=0)
        for X in spaces
    ]
    answers: dict[str, Answers] = {
        "knn15": accuracies(np.stack(neighbors) == rows.codes[queries], queries, rows),
        "probe": accuracies(np.stack(probes), labeled, rows),
    }
    halves = random_halves(rows.groups[labeled], options.rng(16))
    if all(len(half) > k for half in halves):
        known = rows.codes[clustered] >= 0
        codes = rows.codes[clustered][known]
        answers[ARI] = Recoveries(
            tuple(agreement(codes, one[known]) for one in labels),
            np.array([[recluster(X, rows.codes, labeled[half], k) for half in halves] for X in spaces]),
        )
    return answers


def accuracies(right: NDArray[np.generic], at: Index, rows: Rows) -> Accuracies:
    """Return the balanced accuracies of the shares of right answers (spaces, M) to the rows `at`."""
    answers, codes = right.astype(np.float64), rows.codes[at]
    values = np.mean([answers[:, codes == code].mean(axis=1) for code in np.unique(codes)], axis=0)
    return Accuracies(tuple(values.tolist()), answers, codes, rows.groups[at])


def random_halves(groups: Index, rng: np.random.Generator) -> list[Index]:
    """Return random halves of the rows, of at most HALF different images; copies stay together."""
    images = np.unique(groups)
    size = min(len(images) // 2, HALF)
    return [np.flatnonzero(np.isin(groups, rng.permutation(images)[:size])) for _ in range(HALVES)]


def recluster(X: Floats, codes: Index, at: Index, k: int) -> float:
    """Return how well k clusters of the rows `at` agree with their classes."""
    return agreement(codes[at], kmeans(X[at], k, starts=STARTS).labels)


def agreement(codes: Index, labels: Index) -> float:
    """Return the adjusted Rand index of a clustering."""
    return float(clusters.adjusted_rand(clusters.contingency(codes, labels)))


def assign_folds(groups: Index, codes: Index, rng: np.random.Generator) -> Index:
    """Deal the images of each class to the folds in a random order, once for each repeat: (repeats, M)."""
    _, first, image = np.unique(groups, return_index=True, return_inverse=True)
    numbers = np.empty((REPEATS if len(codes) <= REPEATED else 1, len(first)), np.intp)
    for repeat in numbers:
        order = rng.permutation(len(first))
        repeat[order[np.argsort(codes[first][order], kind="stable")]] = np.arange(len(first)) % FOLDS
    return numbers[:, image]


def predict_out_of_fold(X: Floats, codes: Index, numbers: Index) -> Index:
    """Predict each fold by a logistic regression of the others; all classes have the same weight."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    predicted = np.zeros(len(X), np.intp)
    for number in range(FOLDS):
        out, others = np.flatnonzero(numbers == number), np.flatnonzero(numbers != number)
        if len(np.unique(codes[others])) < 2:
            predicted[out] = codes[others[0]]
            continue
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
        with warnings.catch_warnings():
            # After 500 steps the probe is as good as converged, and it is scored on other rows in any case.
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted[out] = model.fit(X[others], codes[others]).predict(X[out])
    return predicted
