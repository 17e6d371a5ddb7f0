"""A clustering described in sentences."""

import numpy as np

from latentkit.clustering.partition import Clustering
from latentkit.methods import CLUSTERINGS

__all__ = ["describe"]

MOST_SIZES = 20


def describe(clustering: Clustering) -> str:
    """Return the lines for standard error: the clusters, their sizes, doubtful images, and what they do not prove."""
    model, (labels, confidence) = clustering.model, clustering.assignment
    sizes = np.bincount(labels[labels >= 0], minlength=model.clusters)
    largest = ", ".join(f"{i}: {size}" for i, size in enumerate(sizes[:MOST_SIZES].tolist()))
    lines = [
        f"{CLUSTERINGS.title(model.method)}: {len(labels)} images in {model.clusters} clusters"
        f" ({model.dims} of {model.features} dimensions, seed {model.seed})"
    ]
    if model.chosen and not CLUSTERINGS[model.method].counts:
        lines.append("The number of clusters has the best silhouette: choose another with --clusters K")
    if model.clusters:
        lines.append(f"Images by cluster: {largest}{', ...' if len(sizes) > MOST_SIZES else ''}")
    if (labels < 0).any():
        lines.append(f"{(labels < 0).mean():.0%} of the images are in no cluster (-1)")
    doubtful = (confidence[labels >= 0] < 0.5).mean() if model.clusters and (labels >= 0).any() else 0.0
    if doubtful >= 0.005:
        lines.append(f"{doubtful:.0%} of the images in clusters are doubtful (confidence below 0.5)")
    lines.append(
        "Clusters are found in any data, even noise: `latentkit report` tests whether there are any groups at all."
    )
    return "\n".join(lines)
