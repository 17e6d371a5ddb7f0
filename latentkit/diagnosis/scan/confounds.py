"""What could give the classes away without looking at what is in the picture.

For each feature of the files alone: the balanced accuracy of a small tree (depth 3, at least 5 images a leaf),
each image predicted by a tree that has not seen it (5 folds, stratified; identical files in one fold), beside
what one constant answer scores (1 / classes), with a one-sided 95 % lower bound.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.diagnosis.scan.headers import Header

__all__ = ["Confound", "confounds", "features"]

FOLDS = 5
FEWEST = 10
"""Images of a class below which it is left out."""
Table = NDArray[np.float64]


class Confound(NamedTuple):
    """How well a feature alone predicts the class."""

    feature: str
    balanced_accuracy: float
    low: float
    majority: float

    @property
    def matters(self) -> bool:
        """Whether the bound is a third of the way from a constant answer to certainty."""
        return self.low >= self.majority + (1 - self.majority) / 3


def features(headers: Sequence[Header], brightness: NDArray[np.floating[Any]]) -> dict[str, Table]:
    """(N, k) numbers of each feature; those that are the same for all images are left out."""
    size = np.array(
        [[one.width, one.height, one.width * one.height, one.width / one.height] for one in headers], float
    )
    tables = {
        "image size": size,
        "file size": np.array([[one.bytes] for one in headers], float),
        "colour mode": _one_hot([one.mode for one in headers]),
        "file format": _one_hot([one.format for one in headers]),
        "camera": _one_hot([one.camera for one in headers]),
        "brightness": np.asarray(brightness, float).reshape(len(headers), -1),
    }
    return {name: table for name, table in tables.items() if np.ptp(table, axis=0).any()}


def _one_hot(names: Sequence[str]) -> Table:
    known, codes = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    return np.eye(len(known))[codes]


def confounds(tables: Mapping[str, Table], labels: Sequence[str], digests: Sequence[str]) -> list[Confound]:
    """Of every feature, the best first; none without at least two classes of 10 images."""
    names, counts = np.unique(np.array(labels, dtype=np.str_), return_counts=True)
    classes = [name for name, count in zip(names.tolist(), counts, strict=True) if name and count >= FEWEST]
    if len(classes) < 2:
        return []
    rows = np.flatnonzero(np.isin(labels, classes))
    codes = np.searchsorted(sorted(classes), np.array(labels, dtype=np.str_)[rows])
    folds = _folds(codes, [digests[row] for row in rows.tolist()])
    found = [_score(name, table[rows], codes, folds) for name, table in tables.items()]
    return sorted(found, key=lambda one: -one.low)


def _folds(codes: NDArray[np.int64], digests: Sequence[str]) -> NDArray[np.int64]:
    """(N,) the fold of each image: the contents of each class take turns in the order of their digests, which is
    as good as random; images of one content are in one fold."""
    turn: dict[str, int] = {}
    taken = [0] * (int(codes.max()) + 1)
    for digest, code in sorted(zip(digests, codes.tolist(), strict=True)):
        if digest not in turn:
            turn[digest] = taken[code] % FOLDS
            taken[code] += 1
    return np.array([turn[digest] for digest in digests])


def _score(name: str, table: Table, codes: NDArray[np.int64], folds: NDArray[np.int64]) -> Confound:
    from sklearn.tree import DecisionTreeClassifier

    predicted = np.empty_like(codes)
    for fold in range(FOLDS):
        tree = DecisionTreeClassifier(
            max_depth=3, min_samples_leaf=5, class_weight="balanced", random_state=0
        )
        predicted[folds == fold] = tree.fit(table[folds != fold], codes[folds != fold]).predict(
            table[folds == fold]
        )
    counts = np.bincount(codes)
    shares = np.array([(predicted[codes == code] == code).mean() for code in range(len(counts))])
    # Agresti and Coull 1998: two successes and two failures more, so that no class has an error of 0.
    eased = (shares * counts + 2) / (counts + 4)
    error = float(np.sqrt((eased * (1 - eased) / (counts + 4)).sum())) / len(counts)
    value = float(shares.mean())
    return Confound(name, value, max(0.0, value - 1.645 * error), 1 / len(counts))
