"""Statistics that several packages share, each defined once.

    latent     KL per dimension, active units, one scale for a whole latent space
    neighbors  nearest neighbors, their vote, and how many two spaces share
    accuracy   balanced accuracy with its confidence bounds
    fits       k-means and Gaussian mixtures by scikit-learn
    rows       evenly spaced, random and stratified samples of rows, and the most typical one

NumPy is imported at the top; SciPy and scikit-learn inside the functions that use them. Nothing here knows files,
models or pictures.
"""

from latentkit.stats.accuracy import (
    Accuracy,
    Difference,
    Interval,
    balanced_accuracy,
    confidence_bounds,
    difference_of_accuracies,
    paired_difference,
)
from latentkit.stats.fits import KMeansFit, gaussian_mixture, kmeans, quiet_fits
from latentkit.stats.latent import ACTIVE_VARIANCE, active_mask, active_units, center_and_scale, kl_per_dim
from latentkit.stats.neighbors import (
    FEWEST_SCORED,
    NEIGHBORS,
    leave_one_out,
    nearest,
    shared_neighbors,
    vote,
)
from latentkit.stats.rows import evenly_spaced, most_typical, random_rows, stratified_rows

__all__ = [
    "ACTIVE_VARIANCE",
    "FEWEST_SCORED",
    "NEIGHBORS",
    "Accuracy",
    "Difference",
    "Interval",
    "KMeansFit",
    "active_mask",
    "active_units",
    "balanced_accuracy",
    "center_and_scale",
    "confidence_bounds",
    "difference_of_accuracies",
    "evenly_spaced",
    "gaussian_mixture",
    "kl_per_dim",
    "kmeans",
    "leave_one_out",
    "most_typical",
    "nearest",
    "paired_difference",
    "quiet_fits",
    "random_rows",
    "shared_neighbors",
    "stratified_rows",
    "vote",
]
