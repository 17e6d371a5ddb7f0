"""The rows that are judged: checked, sorted, with numbered classes and groups of copies.

Rows are sorted by id and classes by their smallest id before anything is seeded, so neither the order of a file
nor the names of its classes can change a result.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError

__all__ = ["Rows", "arrange", "class_counts", "distinct_per_class"]

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """A latent space ready to be judged: N rows, sorted by id."""

    mu: NDArray[np.floating]  # (N, D)
    codes: Index  # (N,) class of a row, -1 for none
    classes: tuple[str, ...]
    groups: Index  # (N,) equal for copies of one image
    trained: NDArray[np.bool_] | None  # (N,) True if the encoder was trained on the image; None: unknown
    logvar: NDArray[np.floating] | None
    baseline: NDArray[np.floating] | None
    has_digests: bool  # False: copies of an image cannot be recognized

    def __len__(self) -> int:
        return len(self.mu)


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
    """Check the arrays, sort their rows by id, and number classes and copies.

    Without ids the rows keep their order. A label "" means no label. Raises SeparationError for arrays of the
    wrong type or shape, and for values that are not finite.
    """
    mu = np.asarray(mu)
    if mu.ndim != 2 or not np.issubdtype(mu.dtype, np.floating):
        raise SeparationError(
            f"mu must be a float array of shape (images, latents), but it is {mu.dtype} of shape {mu.shape}."
        )
    if len(mu) < 2 or mu.shape[1] == 0:
        raise SeparationError(f"mu has shape {mu.shape}: at least 2 images and 1 latent are required.")
    for name, array in {"mu": mu, "logvar": logvar, "baseline": baseline}.items():
        if array is not None and not np.isfinite(array).all():
            bad = int((~np.isfinite(array)).any(axis=1).sum())
            raise SeparationError(
                f"{name} has NaN or infinite values in {bad} of {len(array)} rows: embed the images again."
            )
    order = np.arange(len(mu)) if ids is None else np.argsort(ids, kind="stable")
    classes, codes = number_classes(np.full(len(mu), "") if labels is None else np.asarray(labels)[order])
    return Rows(
        mu=mu[order],
        codes=codes,
        classes=classes,
        groups=group_copies(digest, order),
        trained=None if split is None else np.asarray(split)[order] == "train",
        logvar=None if logvar is None else logvar[order],
        baseline=None if baseline is None else baseline[order],
        has_digests=digest is not None,
    )


def number_classes(labels: NDArray[np.str_]) -> tuple[tuple[str, ...], Index]:
    """Return class names in order of first appearance, and the code of each row, -1 for ""."""
    names, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.full(len(names), -1)
    real = np.flatnonzero(names != "")
    ordered = real[np.argsort(first[real])]
    rank[ordered] = np.arange(len(ordered))
    return tuple(str(name) for name in names[ordered]), rank[codes].astype(np.intp)


def group_copies(digest: NDArray[np.str_] | None, order: Index) -> Index:
    """Return a group number for each row; a row without a digest is a group of its own."""
    if digest is None:
        return np.arange(len(order))
    ordered = np.asarray(digest)[order]
    _, groups = np.unique(ordered, return_inverse=True)
    alone = ordered == ""
    groups[alone] = groups.max(initial=0) + 1 + np.arange(int(alone.sum()))
    return groups.astype(np.intp)


def distinct_per_class(groups: Index, codes: Index, classes: int) -> Index:
    """Return how many different images each class has among the given rows: (classes,)."""
    known = codes >= 0
    stride = int(groups.max(initial=0)) + 1
    return np.bincount(np.unique(codes[known] * stride + groups[known]) // stride, minlength=classes)


def class_counts(rows: Rows) -> dict[str, int]:
    """Return the number of labeled rows of each class, copies included."""
    counts = np.bincount(rows.codes[rows.codes >= 0], minlength=len(rows.classes))
    return dict(zip(rows.classes, counts.tolist(), strict=True))
