"""Features of the files that predict the class without looking at the content of the image.

Each feature is scored by the balanced accuracy of a small decision tree (depth 3, at least 5 images per leaf).
Each image is predicted by a tree that has not seen it (5 stratified folds, identical files in one fold). The score
comes with its one-sided 95% lower bound and the score of a constant answer (1 / classes).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.images.content import Header

__all__ = ["Confound", "confounds", "features"]

FOLDS = 5
FEWEST = 10
"""Classes with fewer images are left out."""
Features = NDArray[np.float64]


class Confound(NamedTuple):
    """The accuracy with which one feature alone predicts the class."""

    feature: str
    balanced_accuracy: float
    low: float
    """Its lower bound."""
    majority: float
    """Balanced accuracy of a constant answer."""

    @property
    def matters(self) -> bool:
        """True if the lower bound is at least a third of the way from a constant answer to 1."""
        return self.low >= self.majority + (1 - self.majority) / 3


def features(headers: Sequence[Header], brightness: NDArray[np.floating[Any]]) -> dict[str, Features]:
    """Return an (N, k) table per feature. Features that are equal for all images are left out."""
    size = np.array(
        [[one.width, one.height, one.width * one.height, one.width / one.height] for one in headers], float
    )
    tables = {
        "image size": size,
        "file size": np.array([[one.bytes] for one in headers], float),
        "color mode": _one_hot([one.mode for one in headers]),
        "file format": _one_hot([one.format for one in headers]),
        "camera": _one_hot([one.camera for one in headers]),
        "brightness": np.asarray(brightness, float).reshape(len(headers), -1),
    }
    return {name: table for name, table in tables.items() if np.ptp(table, axis=0).any()}


def _one_hot(names: Sequence[str]) -> Features:
    known, codes = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    return np.eye(len(known))[codes]


def confounds(
    tables: Mapping[str, Features], labels: Sequence[str], digests: Sequence[str]
) -> list[Confound]:
    """Score every feature, best first. Empty unless at least two classes have 10 images."""
    names, counts = np.unique(np.array(labels, dtype=np.str_), return_counts=True)
    classes = [name for name, count in zip(names.tolist(), counts, strict=True) if name and count >= FEWEST]
    if len(classes) < 2:
        return []
    rows = np.flatnonzero(np.isin(labels, classes))
    codes = np.searchsorted(sorted(classes), np.array(labels, dtype=np.str_)[rows])
    folds = _folds(codes, [digests[row] for row in rows.tolist()])
    scores = [_score(name, table[rows], codes, folds) for name, table in tables.items()]
    return sorted(scores, key=lambda one: -one.low)


def _folds(codes: NDArray[np.int64], digests: Sequence[str]) -> NDArray[np.int64]:
    """Return the fold of each image, (N,). Images with the same content share a fold.

    The contents of each class take turns in the order of their digests, which is as good as random.
    """
    fold_of: dict[str, int] = {}
    assigned = [0] * (int(codes.max()) + 1)
    for digest, code in sorted(zip(digests, codes.tolist(), strict=True)):
        if digest not in fold_of:
            fold_of[digest] = assigned[code] % FOLDS
            assigned[code] += 1
    return np.array([fold_of[digest] for digest in digests])


def _score(name: str, table: Features, codes: NDArray[np.int64], folds: NDArray[np.int64]) -> Confound:
    from sklearn.tree import DecisionTreeClassifier

    predicted = np.empty_like(codes)
    for fold in range(FOLDS):
        tree = DecisionTreeClassifier(
            max_depth=3, min_samples_leaf=5, class_weight="balanced", random_state=0
        )
        predicted[folds == fold] = tree.fit(table[folds != fold], codes[folds != fold]).predict(
            table[folds == fold]
        )
    accuracy = stats.balanced_accuracy(predicted == codes, codes)
    return Confound(name, accuracy.value, accuracy.low, 1 / len(np.unique(codes)))
