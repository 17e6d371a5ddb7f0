"""Cluster latents by a method, and assign others to the same clusters.

Clusters are numbered from the largest. Rows are sorted by their ids first, so that the order of the file does not matter.
Of very many rows a sample is fitted, and the rest is assigned.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering.assignment import Assignment, Tell, module_of
from latentkit.clustering.model import Model
from latentkit.clustering.space import Space, space_of
from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.methods import CLUSTERINGS

__all__ = ["Clustering", "assign", "cluster", "describe"]

ONE_THREAD = 20_000
FEW_DIMS = 5
"""Dimensions in which a density can be estimated from hundreds of images."""
MOST_SIZES = 20
"""Clusters whose sizes are listed."""


@dataclass(frozen=True)
class Clustering:
    """The cluster of each image, and the model that assigns new ones."""

    assignment: Assignment
    model: Model


def cluster(
    latents: Latents,
    method: str = "kmeans",
    *,
    clusters: int | None = None,
    dims: int | None = None,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> Clustering:
    """Cluster latents in their active dimensions, or in their first dims principal components.

    Without a number of clusters the method chooses it. `tell` receives progress messages. Raises SeparationError for an
    unknown method, too few or too many equal rows, and as `space_of` does.
    """
    mu, largest = latents.mu, CLUSTERINGS[method].largest
    _check(method, len(mu), clusters)
    space = space_of(mu, dims, unit_prior=latents.logvar is not None)
    order = np.argsort(latents.ids, kind="stable")
    sample = order
    if len(order) > largest:
        rng = np.random.default_rng(seed)
        sample = order[np.sort(rng.choice(len(order), largest, replace=False))]
        tell(f"{method}: fitting a sample of {len(sample)} of {len(order)} images, then assigning the rest")
    X = space.of(mu[sample])
    if clusters is not None and clusters > (distinct := len(np.unique(X, axis=0))):
        raise SeparationError(f"{distinct} distinct images cannot form {clusters} clusters: ask for fewer")
    with _threads(len(X)):
        fit = module_of(method).fit(X, clusters, seed=seed, tell=tell)
    model = Model(
        method=method,
        clusters=fit.clusters,
        features=mu.shape[1],
        dims=space.dims,
        n=len(mu),
        fitted=len(sample),
        seed=seed,
        chosen=clusters is None,
        parameters=fit.parameters,
        versions=CLUSTERINGS.versions(method),
        arrays={**space.arrays(), **fit.arrays},
    )
    labels, confidence = np.full(len(mu), -1, np.intp), np.zeros(len(mu))
    labels[sample], confidence[sample] = fit.assignment
    if len(sample) < len(mu):
        rest = np.setdiff1d(order, sample)
        labels[rest], confidence[rest] = assign(model, mu[rest], tell=tell)
    return Clustering(Assignment(labels, confidence), model)


def assign(model: Model, mu: NDArray[np.floating], *, tell: Tell = lambda _: None) -> Assignment:
    """Assign other latents mu (N, D) of the same network to the clusters of a model.

    Raises SeparationError if mu has another number of dimensions than the model was fitted to.
    """
    if mu.shape[1] != model.features:
        raise SeparationError(
            f"these latents have {mu.shape[1]} dimensions, but the clusters were found in {model.features}: "
            "embed the images with the run that the clusters came from"
        )
    arrays = model.arrays
    space = Space(arrays["columns"], arrays["mean"], float(arrays["scale"]), arrays.get("components"))
    module, size = module_of(model.method), CLUSTERINGS[model.method].block or max(len(mu), 1)
    parts = [
        module.assign(
            arrays, model.parameters, space.of(mu[start : start + size]), seed=model.seed, tell=tell
        )
        for start in range(0, len(mu), size)
    ]
    return Assignment(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def describe(clustering: Clustering) -> str:
    """Return the lines for standard error: the clusters, their sizes, doubtful images, and what they do not prove."""
    model, (labels, confidence) = clustering.model, clustering.assignment
    sizes = np.bincount(labels[labels >= 0], minlength=model.clusters)
    largest = ", ".join(f"{i}: {size}" for i, size in enumerate(sizes[:MOST_SIZES].tolist()))
    lines = [
        f"{CLUSTERINGS.title(model.method)}: {len(labels)} images in {model.clusters} clusters"
        f" ({model.dims} of {model.features} dimensions, seed {model.seed})"
    ]
    if model.chosen and not CLUSTERINGS[model.method].chooses_number:
        lines.append("The number of clusters has the best silhouette: choose another with --clusters K")
    if model.clusters:
        lines.append(f"Images by cluster: {largest}{', ...' if len(sizes) > MOST_SIZES else ''}")
    if (labels < 0).any():
        lines.append(f"{(labels < 0).mean():.0%} of the images are in no cluster (-1)")
    if (labels < 0).all():
        lines.append(_when_no_cluster(model))
    doubtful = (confidence[labels >= 0] < 0.5).mean() if model.clusters and (labels >= 0).any() else 0.0
    if doubtful >= 0.005:
        lines.append(f"{doubtful:.0%} of the images in clusters are doubtful (confidence below 0.5)")
    lines.append(
        "Clusters are found in any data, even noise: `latentkit report` tests whether there are any groups at all."
    )
    return "\n".join(lines)


def _when_no_cluster(model: Model) -> str:
    """Return what to try after a method by density left every image out."""
    if model.clusters:
        return (
            "They are unlike the images that the clusters were found in: cluster them anew, without --using"
        )
    fewer = f"--dims {FEW_DIMS} (density says little in many dimensions), " if model.dims > FEW_DIMS else ""
    return f"Try {fewer}--method n2d or --method kmeans: the last two assign every image"


def _threads(n: int) -> AbstractContextManager[object]:
    """Limit few rows to one thread: several mostly wait for each other, five times as long on a busy machine."""
    import sklearn.cluster
    import sklearn.mixture  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1) if n <= ONE_THREAD else nullcontext()


def _check(method: str, n: int, clusters: int | None) -> None:
    if CLUSTERINGS[method].chooses_number and clusters is not None:
        raise SeparationError(f"{method} finds the number of clusters itself: leave out --clusters")
    CLUSTERINGS.check_count(method, n)
