"""Split of the labeled rows into rows that a classifier is fitted on and rows that it is scored on.

Copies of one image (rows of one group) are always on the same side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import Thresholds
from latentkit.separation.rows import Rows, distinct_per_class
from latentkit.separation.separable.auc import hanley_mcneil

__all__ = ["HoldoutSplit", "holdout_split"]

Index = NDArray[np.intp]


@dataclass(frozen=True)
class HoldoutSplit:
    """Row numbers to fit on and to score on."""

    fit: Index
    score: Index
    held_out: bool
    """True if the encoder was not trained on any scored image."""
    reason: str
    """Why the scored rows are not the held-out ones; "" if they are."""


def holdout_split(rows: Rows, limits: Thresholds, rng: np.random.Generator) -> HoldoutSplit:
    """Fit on the training images and score the others if there are enough; otherwise split everything in half.

    There are enough when every class has `min_class` different images on either side and the two smallest classes
    leave the AUC a standard error of at most `max_se` at the threshold itself. This depends on the numbers of
    images, never on scores.
    """
    labeled = np.flatnonzero(rows.codes >= 0)
    if rows.trained is None:
        reason = "the file does not say which images the encoder was trained on"
        return half_split(rows, labeled, rng, False, reason)
    fit, score = labeled[rows.trained[labeled]], labeled[~rows.trained[labeled]]
    leaked = np.isin(rows.groups[score], rows.groups[fit])
    score = score[~leaked]
    if not len(fit):
        return half_split(rows, labeled, rng, True, "")
    sizes = [
        np.sort(distinct_per_class(rows.groups[side], rows.codes[side], len(rows.classes)))
        for side in (fit, score)
    ]
    smallest = min(int(size[0]) for size in sizes)
    if smallest < limits.min_class:
        reason = (
            f"the smallest class has only {smallest} different images on one side of the split "
            f"(at least {limits.min_class} are required)"
        )
        return half_split(rows, labeled, rng, False, reason)
    if len(rows.classes) > 1:
        error = hanley_mcneil(limits.separated_auc, int(sizes[1][0]), int(sizes[1][1]))
        if error > limits.max_se:
            reason = (
                f"the held-out images alone would leave the AUC a standard error of {error:.3f} "
                f"(at most {limits.max_se:g} is allowed)"
            )
            return half_split(rows, labeled, rng, False, reason)
    return HoldoutSplit(fit, score, True, "")


def half_split(
    rows: Rows, labeled: Index, rng: np.random.Generator, held_out: bool, reason: str
) -> HoldoutSplit:
    """Split the labeled rows in half at random, stratified by class."""
    _, first = np.unique(rows.groups[labeled], return_index=True)
    leaders = labeled[np.sort(first)]
    scored_groups = []
    for code in range(len(rows.classes)):
        members = rng.permutation(leaders[rows.codes[leaders] == code])
        scored_groups.append(rows.groups[members[: len(members) // 2]])
    scored = np.isin(rows.groups[labeled], np.concatenate([np.zeros(0, np.intp), *scored_groups]))
    return HoldoutSplit(labeled[~scored], labeled[scored], held_out, reason)
