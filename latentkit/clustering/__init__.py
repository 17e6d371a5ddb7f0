"""Clusters: groups found among latents without labels, and new images put into the same groups.

    partition  `cluster` latents by a method, `assign` others to the same clusters
    space      the coordinates that clustering happens in
    kmeans, mixture, density, n2d      the methods
    choose     how many clusters, when nobody says
    model      what rides along in the latents file
    words      all of it said in sentences

Whether the clusters are real is not asked here: k-means finds clusters in pure noise, too. Knows the
projections (n2d is one), and no models; draws, prints and scores nothing.
"""

from latentkit.clustering.model import Model, model_in, with_clusters
from latentkit.clustering.partition import METHODS, Clustering, assign, cluster
from latentkit.clustering.words import describe

__all__ = [
    "METHODS",
    "Clustering",
    "Model",
    "assign",
    "cluster",
    "describe",
    "model_in",
    "with_clusters",
]
