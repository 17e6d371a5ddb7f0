"""Cluster the latents: either to recover the given classes, or to discover groups without labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import EXACT, Options
from latentkit.separation.rows import Rows
from latentkit.separation.visible import clusters
from latentkit.separation.visible.clusters import Density, Recovery
from latentkit.separation.visible.halves import ari_difference, ari_of_halves, random_halves
from latentkit.separation.visible.stability import choose_components, jaccard, largest_stable
from latentkit.separation.visible.structure import Structure, structure
from latentkit.stats import random_rows

__all__ = ["Clustered", "Clusterings", "DiscoveredCluster", "judge_clusters"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class DiscoveredCluster:
    """A cluster discovered without labels: its size and its mean bootstrap Jaccard."""

    images: int
    stability: float


@dataclass(frozen=True)
class Clusterings:
    """Results of clustering into k clusters."""

    k: int
    chosen_by: str
    """Source of k: "classes", "option", "stability" or "bic"."""
    components: int | None
    """Number of Gaussians with the best BIC, which may be 1."""
    kmeans: Recovery | None
    gmm: Recovery | None
    hdbscan: Density
    discovered: tuple[DiscoveredCluster, ...] | None
    """None where there are classes to recover."""


class Clustered(NamedTuple):
    """The results, the structure test, and the labels (M,) of the chosen rows (M,) by method."""

    result: Clusterings | None
    structure: Structure | None
    rows: Index
    labels: Mapping[str, Index]


def judge_clusters(X: Floats, pixels: Floats | None, rows: Rows, options: Options) -> Clustered:
    """Cluster X (N, R) and test its structure; without results if there are too few rows, or no variance.

    k is that of the option, or the number of classes, or the largest stable number.
    """
    chosen = random_rows(np.arange(len(X)), EXACT, options.rng(9))
    points = X[chosen]
    k = options.clusters or len(rows.classes)
    if len(points) <= max(k, 2) or not X.any():
        return Clustered(None, None, chosen, {})
    density = clusters.density(points, options.rng(13))
    if len(rows.classes) < 2:
        result = discover(points, density, options)
        labels: dict[str, Index] = {}
    else:
        result, labels = recover(
            points, None if pixels is None else pixels[chosen], k, density, chosen, rows, options
        )
    return Clustered(result, structure(points, result.k, options.rng(14)), chosen, labels)


def recover(
    points: Floats,
    pixels: Floats | None,
    k: int,
    density: Density,
    chosen: Index,
    rows: Rows,
    options: Options,
) -> tuple[Clusterings, dict[str, Index]]:
    """Measure how much of the classes clustering recovers; points (M, R) are the `chosen` rows (M,).

    The labels (M,) by method are returned with the result.
    """
    codes, groups = rows.codes[chosen], rows.groups[chosen]
    by_means = clusters.kmeans(points, k, options.seed)
    by_mixture = clusters.gaussian_mixture(points, by_means.every)
    baseline = None if pixels is None else clusters.kmeans(pixels, k, options.seed)
    kmeans, gmm = (
        clusters.recovery(
            codes, groups, clustering, 1 - options.thresholds.alpha, options.rng(11), pixels=other
        )
        for clustering, other in ((by_means, baseline), (by_mixture, None))
    )
    if pixels is not None and kmeans.pixel_pca is not None:
        known = np.flatnonzero(codes >= 0)
        halves = [known[half] for half in random_halves(groups[known], options.rng(16))]
        if all(len(half) > k for half in halves):
            first, second = (ari_of_halves(X, codes, halves, k) for X in (points, pixels))
            level = 1 - options.thresholds.alpha / 2
            bounds = ari_difference(kmeans.ari - kmeans.pixel_pca, first, second, level)
            kmeans = replace(kmeans, difference=bounds)
    chosen_by = "classes" if options.clusters is None else "option"
    result = Clusterings(k, chosen_by, None, kmeans, gmm, density, None)
    return result, {"kmeans": by_means.labels, "gmm": by_mixture.labels}


def discover(points: Floats, density: Density, options: Options) -> Clusterings:
    """Find the clusters where there are no classes: as many as are stable, unless a number is given."""
    enough = options.thresholds.min_stability
    components, chosen_by, stable = None, "option", None
    k = options.clusters
    if k is None:
        components = choose_components(points, options.rng(10)).k
        chosen_by, stable = "stability", largest_stable(points, enough, options.seed, options.rng(12))
    if stable is None:
        chosen_by, k = (chosen_by, k) if k is not None else ("bic", max(components or 2, 2))
        labels = clusters.kmeans(points, k, options.seed).labels
        stable = labels, jaccard(points, labels, options.rng(12))
    labels, stabilities = stable
    sizes = np.bincount(labels, minlength=len(stabilities))
    discovered = tuple(
        DiscoveredCluster(int(sizes[c]), float(stabilities[c])) for c in np.argsort(-sizes, kind="stable")
    )
    return Clusterings(len(discovered), chosen_by, components, None, None, density, discovered)
