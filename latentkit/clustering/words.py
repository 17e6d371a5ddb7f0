"""What there is to say of a clustering, in sentences for a person."""

import numpy as np

from latentkit.clustering.partition import Clustering

__all__ = ["describe"]

NAMES = {"kmeans": "k-means", "gmm": "Gaussian mixture", "hdbscan": "HDBSCAN", "n2d": "N2D"}
MOST = 20


def describe(clustering: Clustering) -> str:
    """The lines for stderr: what was made, sizes, who is doubtful, and what none of it proves."""
    model, (labels, confidence) = clustering.model, clustering.assigned
    sizes = np.bincount(labels[labels >= 0], minlength=model.clusters)
    shown = ", ".join(f"{i}: {size}" for i, size in enumerate(sizes[:MOST].tolist()))
    lines = [
        f"{NAMES[model.method]}: {len(labels)} images in {model.clusters} clusters"
        f" ({model.dims} of {model.features} dimensions, seed {model.seed})"
    ]
    if model.chosen and model.method != "hdbscan":
        lines.append(
            "The number of clusters is the one with the best silhouette: choose another with --clusters K"
        )
    if model.clusters:
        lines.append(f"Images by cluster: {shown}{', ...' if len(sizes) > MOST else ''}")
    if (labels < 0).any():
        lines.append(f"{(labels < 0).mean():.0%} of the images are in no cluster (-1)")
    doubtful = (confidence[labels >= 0] < 0.5).mean() if model.clusters and (labels >= 0).any() else 0.0
    if doubtful >= 0.005:
        lines.append(f"{doubtful:.0%} of those in a cluster are doubtful (confidence below 0.5)")
    lines.append(
        "Clusters are found in anything, noise too: `latentkit report` tests whether there are any groups at all."
    )
    return "\n".join(lines)
