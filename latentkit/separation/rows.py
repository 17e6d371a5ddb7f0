"""Which rows are judged, in which order, fitted on which and scored on which.

Rows are sorted by id and classes by their smallest id before anything is seeded, so neither the order of
a file nor the names of its classes can change a result. Copies of one image (the same digest) always
stay on one side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.separation.auc import hanley_mcneil
from latentkit.separation.thresholds import Thresholds

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """A latent space ready to be judged; N rows, sorted by id."""

    mu: NDArray[np.floating]  # (N, D)
    codes: Index  # (N,) class of a row, -1 for none
    classes: tuple[str, ...]
    groups: Index  # (N,) equal for copies of one image
    trained: NDArray[np.bool_] | None  # (N,) True where the encoder was trained on the image; None: unknown
    logvar: NDArray[np.floating] | None
    baseline: NDArray[np.floating] | None
    digested: bool  # whether copies are known at all

    def __len__(self) -> int:
        return len(self.mu)


@dataclass(frozen=True)
class Halves:
    """Row numbers to fit on and to score on; the scored ones were never trained on if `held_out`."""

    fit: Index
    score: Index
    held_out: bool
    because: str  # why it is not the held-out rows that are scored, or ""


def arrange(
    mu: NDArray[np.floating],
    *,
    ids: NDArray[np.str_] | None = None,
    labels: NDArray[np.str_] | None = None,
    split: NDArray[np.str_] | None = None,
    digest: NDArray[np.str_] | None = None,
    logvar: NDArray[np.floating] | None = None,
    baseline: NDArray[np.floating] | None = None,
) -> Rows:
    """Check, sort and number. Without ids the rows are taken as they come; a label "" is no label."""
    mu = np.asarray(mu)
    if mu.ndim != 2 or not np.issubdtype(mu.dtype, np.floating):
        raise SeparationError(f"mu is {mu.dtype} of shape {mu.shape}: give (images, latents) of floats.")
    if len(mu) < 2 or mu.shape[1] == 0:
        raise SeparationError(f"mu has shape {mu.shape}: at least 2 images and 1 latent can be judged.")
    for name, array in {"mu": mu, "logvar": logvar, "baseline": baseline}.items():
        if array is not None and not np.isfinite(array).all():
            bad = int((~np.isfinite(array)).any(axis=1).sum())
            raise SeparationError(
                f"{name} has NaN or infinite values in {bad} of {len(array)} rows: embed again."
            )
    order = np.arange(len(mu)) if ids is None else np.argsort(ids, kind="stable")

    def take(array: NDArray[np.generic] | None) -> NDArray[np.generic] | None:
        return None if array is None else np.asarray(array)[order]

    classes, codes = number(np.full(len(mu), "") if labels is None else np.asarray(labels)[order])
    sides = take(split)
    return Rows(
        mu=mu[order],
        codes=codes,
        classes=classes,
        groups=copies(digest, order),
        trained=None if sides is None else sides == "train",
        logvar=None if logvar is None else logvar[order],
        baseline=None if baseline is None else baseline[order],
        digested=digest is not None,
    )


def number(labels: NDArray[np.str_]) -> tuple[tuple[str, ...], Index]:
    """Labels in row order -> class names by first appearance and the code of each row, -1 for ""."""
    names, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.full(len(names), -1)
    real = np.flatnonzero(names != "")
    ordered = real[np.argsort(first[real])]
    rank[ordered] = np.arange(len(ordered))
    return tuple(str(name) for name in names[ordered]), rank[codes].astype(np.intp)


def copies(digest: NDArray[np.str_] | None, order: Index) -> Index:
    """A group number for each row; a row without a digest is a group of its own."""
    if digest is None:
        return np.arange(len(order))
    ordered = np.asarray(digest)[order]
    _, groups = np.unique(ordered, return_inverse=True)
    alone = ordered == ""
    groups[alone] = groups.max(initial=0) + 1 + np.arange(int(alone.sum()))
    return groups.astype(np.intp)


def distinct(groups: Index, codes: Index, classes: int) -> Index:
    """(classes,): how many different images each class has among the rows given."""
    known = codes >= 0
    stride = int(groups.max(initial=0)) + 1
    return np.bincount(np.unique(codes[known] * stride + groups[known]) // stride, minlength=classes)


def halves(rows: Rows, limits: Thresholds, rng: np.random.Generator) -> Halves:
    """Fit on the training images and score the held-out ones where these suffice, else halve everything.

    Held-out rows suffice when every class has `min_class` different images on either side and the two
    smallest would leave the AUC a standard error of at most `max_se` at the threshold itself. That looks at
    numbers of images and never at scores.
    """
    labelled = np.flatnonzero(rows.codes >= 0)
    if rows.trained is None:
        return halve(
            rows, labelled, rng, False, "the file does not say which images the encoder was trained on"
        )
    fit, score = labelled[rows.trained[labelled]], labelled[~rows.trained[labelled]]
    leaked = np.isin(rows.groups[score], rows.groups[fit])
    score = score[~leaked]
    if not len(fit):
        return halve(rows, labelled, rng, True, "")
    sizes = [
        np.sort(distinct(rows.groups[side], rows.codes[side], len(rows.classes))) for side in (fit, score)
    ]
    smallest = min(int(size[0]) for size in sizes)
    if smallest < limits.min_class:
        why = f"only {smallest} different images of the smallest class are on one side of the split"
        return halve(rows, labelled, rng, False, f"{why} (at least {limits.min_class} are needed)")
    if len(rows.classes) > 1:
        error = hanley_mcneil(limits.separated_auc, int(sizes[1][0]), int(sizes[1][1]))
        if error > limits.max_se:
            why = f"the held-out images leave the AUC a standard error of {error:.3f}"
            return halve(rows, labelled, rng, False, f"{why} (at most {limits.max_se:g} is allowed)")
    return Halves(fit, score, True, "")


def halve(rows: Rows, labelled: Index, rng: np.random.Generator, held_out: bool, because: str) -> Halves:
    """A stratified half split of the labelled rows, copies on one side."""
    _, first = np.unique(rows.groups[labelled], return_index=True)
    leaders = labelled[np.sort(first)]
    scored_groups = []
    for code in range(len(rows.classes)):
        members = rng.permutation(leaders[rows.codes[leaders] == code])
        scored_groups.append(rows.groups[members[: len(members) // 2]])
    chosen = np.isin(rows.groups[labelled], np.concatenate([np.zeros(0, np.intp), *scored_groups]))
    return Halves(labelled[~chosen], labelled[chosen], held_out, because)
