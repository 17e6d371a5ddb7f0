"""Caveats of a report: sentences that the reader must know before believing it, if they apply."""

from collections.abc import Mapping

import numpy as np

from latentkit.separation.options import Thresholds
from latentkit.separation.report.health import MUTUAL_INFORMATION_ROWS, Health
from latentkit.separation.rows import Rows, distinct_per_class
from latentkit.separation.separable.pairs import Pairs
from latentkit.separation.separable.scores import CLASSIFIERS, ClassifierScore
from latentkit.separation.visible import structure
from latentkit.separation.visible.clusters import Density

__all__ = ["about_latents", "about_quadratic_costs", "about_rows", "about_sampling"]

NAMES = 5
"""Names of small classes that are listed."""


def about_rows(rows: Rows, scores: Mapping[str, ClassifierScore], limits: Thresholds) -> list[str]:
    """Say which images were judged."""
    caveats = []
    classes = len(rows.classes)
    if scores:
        caveats += about_training(rows, scores)
    unlabeled = int((rows.codes < 0).sum())
    if classes and unlabeled:
        caveats.append(
            f"{unlabeled} of {len(rows)} images have no label: they are used only where labels are not needed."
        )
    images = len(np.unique(rows.groups))
    copies = len(rows) - images
    if copies:
        caveats.append(
            f"{copies} images are copies of others: copies stay in one fold and count once in every bound."
        )
    mislabeled = len(np.unique(rows.groups * (classes + 1) + rows.codes)) - images
    if mislabeled and classes > 1:
        caveats.append(
            f"{mislabeled} images have copies with a different label, or without one: correct the labels."
        )
    if not rows.has_digests and _has_equal_rows(rows):
        caveats.append(
            "Some rows are exactly equal and the file has no digests: if they are copies of one image, scores are too high."
        )
    if classes > 1:
        sizes = distinct_per_class(rows.groups, rows.codes, classes)
        small = [name for name, size in zip(rows.classes, sizes, strict=True) if size < limits.min_class]
        if small:
            names = ", ".join(small[:NAMES]) + (" ..." if len(small) > NAMES else "")
            caveats.append(f"Classes with fewer than {limits.min_class} different images: {names}.")
    if len(rows) <= rows.mu.shape[1]:
        caveats.append(
            f"There are {rows.mu.shape[1]} latents for {len(rows)} images: add images for reliable figures."
        )
    return caveats


def about_training(rows: Rows, scores: Mapping[str, ClassifierScore]) -> list[str]:
    """Say what the encoder has seen of the scored images, and how much that changes their scores."""
    if rows.trained is None:
        return [
            "The file does not say which images the encoder was trained on. It may have seen the pixels of every scored "
            "image, but never the labels."
        ]
    trained = int((rows.trained & (rows.codes >= 0)).sum())
    if not trained:
        return []
    start = f"The encoder saw the pixels of {trained} of the scored images, but never the labels."
    known = [(one.short, seen) for one in CLASSIFIERS if (seen := scores[one.key].seen) is not None]
    if not known:
        held_out = int((~rows.trained & (rows.codes >= 0)).sum())
        return [f"{start} What that changes cannot be told with {held_out} held-out images."]
    parts = "; ".join(
        f"{name} {seen.trained.value:.3f} for those and {seen.held_out.value:.3f} for {seen.held_out_images} held-out images "
        f"(difference between {seen.difference.low:+.3f} and {seen.difference.high:+.3f})"
        for name, seen in known
    )
    return [f"{start} Its effect: {parts}."]


def _has_equal_rows(rows: Rows) -> bool:
    """Return whether any two rows of mu are equal, by one number per row that different rows hardly ever share."""
    direction = np.random.default_rng(0).standard_normal(rows.mu.shape[1])
    return len(np.unique(rows.mu @ direction)) < len(rows)


def about_sampling(rows: Rows, pairs: Pairs | None, exact: int, sampled: Mapping[str, int]) -> list[str]:
    """Say what was computed on a sample; `sampled` maps figures to their numbers of rows."""
    caveats = []
    if len(rows) > exact:
        sizes = ", ".join(f"{name} {count}" for name, count in sampled.items())
        caveats.append(f"With more than {exact} images, some figures use random samples of them: {sizes}.")
    if len(rows) > structure.ROWS:
        caveats.append(
            f"The structure test and, without labels, the number of clusters use {structure.ROWS} random images."
        )
    if pairs is not None and not pairs.complete:
        caveats.append(
            f"{len(rows.classes)} classes: only each class and the nearest one were judged as a pair."
        )
    if pairs is not None and pairs.sampled_to is not None:
        caveats.append(f"Permutation tests use at most {pairs.sampled_to} random images of a pair.")
    return caveats


def about_quadratic_costs(rows: Rows, health: Health, density: Density | None) -> list[str]:
    """Say what uses a sample of even a few thousand images, because its cost is the square of their number."""
    sizes = []
    if density is not None and density.rows < len(rows):
        sizes.append(f"HDBSCAN {density.rows}")
    if health.mutual_information is not None and len(rows) > MUTUAL_INFORMATION_ROWS:
        sizes.append(f"mutual information {MUTUAL_INFORMATION_ROWS}")
    return [f"Some figures use random samples of the images: {', '.join(sizes)}."] if sizes else []


def about_latents(rows: Rows, health: Health, space: str, native: bool) -> list[str]:
    """Say what the space is, and what is unknown; native: it comes from a file that latentkit wrote."""
    caveats = []
    if space != "latents":
        caveats.append(
            f"Judged on the {space} projection, so the verdict is about that picture: a projection can tear groups apart "
            "and hide others."
        )
    elif not native and rows.mu.shape[1] <= 3:
        caveats.append(
            f"There are only {rows.mu.shape[1]} numbers per image: if they are a projection, the verdict is about that "
            "picture."
        )
    if space == "latents" and rows.logvar is None:
        caveats.append("There is no logvar: KL per dimension and mutual information are unknown.")
    if space == "latents" and rows.baseline is None and len(rows.classes) > 1:
        caveats.append(
            "There is no PCA of the pixels to compare with (`latentkit embed` adds it): whether the VAE helps is unknown."
        )
    if health.mutual_information_capped:
        caveats.append(
            "The mutual information has reached the largest value that the sample can show, log(images): it may be larger."
        )
    if health.total_correlation is None:
        caveats.append(
            "The total correlation is unknown: no latent is active, or the active ones are linearly dependent."
        )
    return caveats
