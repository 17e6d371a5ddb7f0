"""Find clusters of latents without labels, and assign new images to the same clusters.

    cluster     `cluster` latents by a method, `assign` others to the same clusters, `describe` the result
    space       the coordinates that are clustered
    assignment  the interface of a method's module
    kmeans, gmm, hdbscan, n2d      the methods
    model       the model in the latents file

Whether the clusters are real is another question: k-means finds clusters in pure noise. The package uses the projections
(n2d builds on UMAP) but no models; it draws, prints and scores nothing.
"""

from latentkit.clustering.cluster import Clustering, assign, cluster, describe
from latentkit.clustering.model import Model, model_in, with_clusters

__all__ = [
    "Clustering",
    "Model",
    "assign",
    "cluster",
    "describe",
    "model_in",
    "with_clusters",
]
