"""What the reader of a report must know before believing it. Only what applied is said."""

import numpy as np

from latentkit.separation import latent
from latentkit.separation import structure as structures
from latentkit.separation.clusters import Density
from latentkit.separation.latent import Health
from latentkit.separation.pairs import Pairs
from latentkit.separation.rows import Halves, Rows, distinct
from latentkit.separation.thresholds import Thresholds


def about_rows(rows: Rows, sides: Halves, limits: Thresholds) -> list[str]:
    """Which images were judged."""
    said = []
    if len(rows.classes) > 1 and not sides.held_out:
        said.append(
            f"Scored on a random half of all images, the other half being fitted on, because {sides.because}. "
            "The encoder may have been trained on images that are scored."
        )
    unlabelled = int((rows.codes < 0).sum())
    if rows.classes and unlabelled:
        said.append(
            f"{unlabelled} of {len(rows)} images have no label: they count only where labels play no part."
        )
    images = len(np.unique(rows.groups))
    repeated = len(rows) - images
    if repeated:
        said.append(
            f"{repeated} images are copies of others: copies stay on one side and count once in every bound."
        )
    crossed = len(np.unique(rows.groups * (len(rows.classes) + 1) + rows.codes)) - images
    if crossed and len(rows.classes) > 1:
        said.append(f"{crossed} images have copies with another label, or with none: correct the labels.")
    if not rows.digested and alike(rows):
        said.append(
            "Some rows are exactly alike and the file has no digests: copies of an image may help each other's score."
        )
    if len(rows.classes) > 1:
        sizes = distinct(rows.groups, rows.codes, len(rows.classes))
        small = [name for name, size in zip(rows.classes, sizes, strict=True) if size < limits.min_class]
        if small:
            said.append(
                f"Fewer than {limits.min_class} different images: {', '.join(small[:5])}{' ...' if len(small) > 5 else ''}."
            )
    if len(rows) <= rows.mu.shape[1]:
        said.append(
            f"There are {rows.mu.shape[1]} latents for {len(rows)} images: more images are needed for firm figures."
        )
    return said


def alike(rows: Rows) -> bool:
    """Whether any two rows of mu are the same, by one number a row that unlike rows hardly ever share."""
    direction = np.random.default_rng(0).standard_normal(rows.mu.shape[1])
    return len(np.unique(rows.mu @ direction)) < len(rows)


def about_sampling(rows: Rows, pairs: Pairs | None, exact: int, sampled: dict[str, int]) -> list[str]:
    """What was computed on a sample; `sampled` names figures and their numbers of rows."""
    said = []
    if len(rows) > exact:
        what = ", ".join(f"{name} {count}" for name, count in sampled.items())
        said.append(
            f"There are more than {exact} images, so some figures use random samples of them: {what}."
        )
    if len(rows) > structures.ROWS:
        said.append(
            f"The structure test, and the choice of k where there are no labels, use {structures.ROWS} random images."
        )
    if pairs is not None and not pairs.complete:
        said.append(
            f"{len(rows.classes)} classes: only each class and the one nearest to it were judged as pairs."
        )
    if pairs is not None and pairs.sampled_to is not None:
        said.append(f"Permutation tests use at most {pairs.sampled_to} random images of a pair.")
    return said


def about_squares(rows: Rows, health: Health, density: Density | None) -> list[str]:
    """What uses a sample even of a moderate number of images, because its cost is the square of that number."""
    said = []
    if density is not None and density.rows < len(rows):
        said.append(f"HDBSCAN {density.rows}")
    if health.mutual_information is not None and len(rows) > latent.SAMPLE:
        said.append(f"mutual information {latent.SAMPLE}")
    return [f"Some figures use random samples of the images: {', '.join(said)}."] if said else []


def about_latents(rows: Rows, health: Health, space: str, ours: bool) -> list[str]:
    """What could not be known, and what the space is."""
    said = []
    if space != "latents":
        said.append(
            f"Judged on the {space} projection, so the verdict is about that picture: a projection can tear and hide."
        )
    elif not ours and rows.mu.shape[1] <= 3:
        said.append(
            f"These are {rows.mu.shape[1]} numbers an image: if they are a projection, the verdict is about that picture."
        )
    if space == "latents" and rows.logvar is None:
        said.append("There is no logvar: KL per dimension and mutual information are unknown.")
    if space == "latents" and rows.baseline is None and len(rows.classes) > 1:
        said.append(
            "There is no PCA of the pixels to compare with (`latentkit embed` adds it): whether the VAE helps is unknown."
        )
    if health.mutual_information_capped:
        said.append(
            "Mutual information has reached what the sample can show, log(images): it is at least that."
        )
    if health.total_correlation is None:
        said.append("Total correlation is unknown: the active latents are none, or linearly dependent.")
    return said
