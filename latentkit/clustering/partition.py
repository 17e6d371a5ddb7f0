"""Latents into clusters, by k-means, a Gaussian mixture, HDBSCAN or N2D, and others into the same ones.

Clusters are numbered from the largest. Rows are taken in the order of their ids, so that the order of
the file changes nothing. Of very many rows a sample is fitted on and the others are assigned.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import density, kmeans, mixture, n2d
from latentkit.clustering.choose import choose
from latentkit.clustering.found import Assigned, Found
from latentkit.clustering.model import Model
from latentkit.clustering.space import Space, space_of
from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.installation import versions

__all__ = ["METHODS", "Clustering", "assign", "cluster"]

METHODS = ("kmeans", "gmm", "hdbscan", "n2d")
FEWEST = {"kmeans": 3, "gmm": 3, "hdbscan": 10, "n2d": n2d.FEWEST}
LARGEST = {"kmeans": 100_000, "gmm": 20_000, "hdbscan": 10_000, "n2d": 50_000}
"""The most rows that a method is fitted on."""
BLOCK = 50_000
ONE_THREAD = 20_000
PACKAGES = ("numpy", "scikit-learn")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Clustering:
    """labels (N,) from 0, the largest, and -1 for no cluster; confidence (N,) in 0..1; and what made them."""

    assigned: Assigned
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
    """Clusters of latents: as many as asked for, or as the silhouette says; in the live dimensions, or in
    the first dims principal components.

    Raises SeparationError for an unknown method, too few rows or different rows, and what `space_of` raises.
    """
    mu = latents.mu
    _check(method, len(mu), clusters)
    space = space_of(mu, dims, unit_prior=latents.logvar is not None)
    order = np.argsort(latents.ids, kind="stable")
    chosen = order
    if len(order) > LARGEST[method]:
        rng = np.random.default_rng(seed)
        chosen = order[np.sort(rng.choice(len(order), LARGEST[method], replace=False))]
        tell(f"{method}: fitting a sample of {len(chosen)} of {len(order)} images, then assigning the others")
    X = space.of(mu[chosen])
    with _threads(len(X)):
        found, k = _fit(method, X, clusters, seed, tell)
    model = Model(
        method=method,
        clusters=k,
        features=mu.shape[1],
        dims=space.dims,
        n=len(mu),
        fitted=len(chosen),
        seed=seed,
        chosen=clusters is None,
        parameters=found.parameters,
        versions=versions(*PACKAGES, *(["umap-learn"] * (method == "n2d"))),
        arrays={**space.arrays(), **found.arrays},
    )
    labels, confidence = np.full(len(mu), -1, np.intp), np.zeros(len(mu))
    labels[chosen], confidence[chosen] = found.assigned
    if len(chosen) < len(mu):
        others = np.setdiff1d(order, chosen)
        labels[others], confidence[others] = assign(model, mu[others], tell=tell)
    return Clustering(Assigned(labels, confidence), model)


def assign(model: Model, mu: NDArray[np.floating], *, tell: Tell = lambda _: None) -> Assigned:
    """Other latents mu (N, D) of the same network, assigned to the clusters of a model.

    Raises SeparationError if mu has not the number of dimensions that the model was fitted to.
    """
    if mu.shape[1] != model.features:
        raise SeparationError(
            f"these latents have {mu.shape[1]} dimensions and the clusters were made of {model.features}: "
            "embed the images with the run that the clusters came from"
        )
    arrays = model.arrays
    space = Space(arrays["columns"], arrays["mean"], float(arrays["scale"]), arrays.get("components"))
    if model.method == "n2d":  # all at once: the time goes into compiling and into the old rows
        return n2d.assign(arrays, model.parameters, space.of(mu), model.seed, tell)
    parts = [_assign(model, space.of(mu[start : start + BLOCK])) for start in range(0, len(mu), BLOCK)]
    return Assigned(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _fit(
    method: str, X: NDArray[np.float64], clusters: int | None, seed: int, tell: Tell
) -> tuple[Found, int]:
    if method == "hdbscan":
        found = density.fit(X)
        return found, len(found.arrays["reach"])
    different = len(np.unique(X, axis=0))
    if clusters is not None and clusters > different:
        raise SeparationError(f"{different} different images cannot make {clusters} clusters: ask for fewer")
    layout = n2d.embed(X, seed, tell) if method == "n2d" else X
    k = choose(layout, seed) if clusters is None else clusters
    if method == "n2d":
        return n2d.fit(X, layout, k, seed), k
    return (kmeans.fit if method == "kmeans" else mixture.fit)(X, k, seed), k


def _threads(n: int) -> AbstractContextManager[object]:
    """One thread for few rows: more of them mostly wait for each other, five times as long on a busy machine."""
    import sklearn.cluster
    import sklearn.mixture  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1) if n <= ONE_THREAD else nullcontext()


def _assign(model: Model, X: NDArray[np.float64]) -> Assigned:
    if model.method == "hdbscan":
        return density.assign(model.arrays, model.parameters, X)
    if model.method == "kmeans":
        return kmeans.assign(model.arrays, X)
    return mixture.assign(model.arrays, X)


def _check(method: str, n: int, clusters: int | None) -> None:
    if method not in METHODS:
        raise SeparationError(f"there is no method '{method}': choose one of {', '.join(METHODS)}")
    if method == "hdbscan" and clusters is not None:
        raise SeparationError("hdbscan finds the number of clusters itself: leave out --clusters")
    if n < FEWEST[method]:
        raise SeparationError(
            f"{method} needs at least {FEWEST[method]} images and there are {n}: embed more images"
        )
