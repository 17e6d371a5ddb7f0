"""Repeated cross-validation of the linear probe over all labeled rows.

The encoder never sees labels, so the rows it was trained on are no leak of labels, and all labeled rows can be scored:
each by a probe that was fitted on the other folds. Folds are stratified by class, and copies of one image (rows of one
group) are in the same fold.

The probe is a logistic regression. For very many numbers (`LOGISTIC`) it is a linear discriminant with the penalty of
`ridge.penalty`, because the moments of all rows less those of a fold are the moments of the other folds: a million rows
take seconds, and ten logistic regressions many minutes. On latents and pixel PCAs of digits and clothing the two
differ by at most 0.02. In both, all classes have the same weight.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.rows import Rows
from latentkit.separation.separable.ridge import penalty

__all__ = ["FOLDS", "Folds", "assign_folds", "is_logistic", "predict_out_of_fold", "score_out_of_fold"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

FOLDS = 10
REPEATS = 3
REPEATED = 2000
"""With more labeled rows than this, one repeat is enough: another one changes little."""
LOGISTIC = 30_000_000
"""Rows x latents x classes up to which the probe is a logistic regression."""


@dataclass(frozen=True)
class Folds:
    """The labeled rows, and the fold of each in every repeat."""

    rows: Index  # (M,) row numbers
    numbers: Index  # (repeats, M)

    @property
    def repeats(self) -> int:
        """Number of times that every row is scored."""
        return len(self.numbers)


def assign_folds(rows: Rows, rng: np.random.Generator) -> Folds:
    """Deal the images of each class to the folds in a random order, once for each repeat."""
    labeled = np.flatnonzero(rows.codes >= 0)
    _, first, image = np.unique(rows.groups[labeled], return_index=True, return_inverse=True)
    codes = rows.codes[labeled][first]
    repeats = REPEATS if len(labeled) <= REPEATED else 1
    numbers = np.empty((repeats, len(first)), np.intp)
    for repeat in range(repeats):
        order = rng.permutation(len(first))
        # Each class goes on where the previous one stopped, so that the folds are equally large.
        dealt = order[np.argsort(codes[order], kind="stable")]
        numbers[repeat, dealt] = np.arange(len(dealt)) % FOLDS
    return Folds(labeled, numbers[:, image])


def fold_penalty(X: Floats) -> float:
    """Return the ridge penalty of the rows of all folds but one; it looks at no labels."""
    share = (FOLDS - 1) / FOLDS
    centered = X - X.mean(axis=0)
    eigenvalues = np.maximum(np.linalg.eigvalsh(centered.T @ centered), 0.0) * share
    return penalty(eigenvalues, max(round(len(X) * share), 1))


def is_logistic(rows: int, dims: int, classes: int) -> bool:
    """Return whether the probe is a logistic regression for so many rows, latents and classes."""
    return rows * dims * classes <= LOGISTIC


def predict_out_of_fold(X: Floats, codes: Index, numbers: Index) -> Index:
    """Return the class that the probe of the other folds predicts: X (M, R), codes (M,), numbers (M,) -> (M,).

    A class without rows in the other folds is never predicted.
    """
    rows, dims = X.shape
    if is_logistic(rows, dims, int(codes.max()) + 1):
        return logistic_out_of_fold(X, codes, numbers)
    return discriminant_out_of_fold(X, codes, numbers)


def logistic_out_of_fold(X: Floats, codes: Index, numbers: Index) -> Index:
    """Predict each fold by a logistic regression of the others; all classes have the same weight."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    predicted = np.zeros(len(X), np.intp)
    for number in range(FOLDS):
        out, others = np.flatnonzero(numbers == number), np.flatnonzero(numbers != number)
        if not len(out) or not len(others):
            continue
        if len(np.unique(codes[others])) < 2:
            predicted[out] = codes[others[0]]
            continue
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500)
        with warnings.catch_warnings():
            # After 500 steps the probe is as good as converged, and it is scored on other rows in any case.
            warnings.simplefilter("ignore", ConvergenceWarning)
            predicted[out] = model.fit(X[others], codes[others]).predict(X[out])
    return predicted


def discriminant_out_of_fold(X: Floats, codes: Index, numbers: Index) -> Index:
    """Predict each fold by the nearest class mean of the others.

    The distance is Mahalanobis', under the covariance within classes plus the ridge penalty; for two classes this is
    the ridge regression of `ridge.direction`.
    """
    classes = int(codes.max()) + 1
    ridge = fold_penalty(X)
    gram, sums = X.T @ X, class_totals(X, codes, classes)
    counts = np.bincount(codes, minlength=classes)
    predicted = np.zeros(len(X), np.intp)
    for number in range(FOLDS):
        out = np.flatnonzero(numbers == number)
        own = X[out]
        known = np.flatnonzero(left := counts - np.bincount(codes[out], minlength=classes))
        if not len(out) or not len(known):
            continue
        means = (sums - class_totals(own, codes[out], classes))[known] / left[known, None]
        within = gram - own.T @ own - (means.T * left[known]) @ means
        axes = np.linalg.solve(within + ridge * np.eye(X.shape[1]), means.T)
        distances = 0.5 * np.einsum("cr,rc->c", means, axes) - own @ axes
        predicted[out] = known[distances.argmin(axis=1)]
    return predicted


def score_out_of_fold(X: Floats, positive: NDArray[np.bool_], numbers: Index, ridge: float) -> Floats:
    """Return the score of each row by the probe of the other folds, for two classes: X (M, R) -> (M,).

    The probes of different folds have different scales: each score is centered by the mean of the rows its probe was
    fitted on, and divided by their standard deviation.
    """
    targets = np.where(positive, 1.0, -1.0)
    gram, total, product = X.T @ X, X.sum(axis=0), X.T @ targets
    scores = np.zeros(len(X))
    for number in range(FOLDS):
        out = np.flatnonzero(numbers == number)
        own, left = X[out], len(X) - len(out)
        if not len(out) or not left:
            continue
        mean = (total - own.sum(axis=0)) / left
        spread = gram - own.T @ own - left * np.outer(mean, mean)
        weights = np.linalg.solve(
            spread + ridge * np.eye(X.shape[1]),
            product - own.T @ targets[out] - mean * (targets.sum() - targets[out].sum()),
        )
        size = np.sqrt(max(float(weights @ spread @ weights), 0.0) / left)
        scores[out] = (own - mean) @ weights / (size or 1.0)
    return scores


def class_totals(X: Floats, codes: Index, classes: int) -> Floats:
    """Return the sum of the rows of each class: (classes, R)."""
    totals = np.zeros((classes, X.shape[1]))
    order = np.argsort(codes, kind="stable")
    present, starts = np.unique(codes[order], return_index=True)
    if len(present):
        totals[present] = np.add.reduceat(X[order], starts, axis=0)
    return totals
