"""Views of a latent space: (N, D) latents to (N, 2 or 3) points, by PCA, t-SNE or UMAP.

`project` fits a view and returns with it a reducer; `place` puts other latents of the same model into
a view there already is. Both return a record of everything needed to repeat and to doubt the picture.
Dimensions are never scaled one by one: that would blow dead ones up to the size of live ones.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ProjectionError
from latentkit.installation import versions
from latentkit.projection import pca, tsne, umap
from latentkit.projection.fidelity import measure_fidelity
from latentkit.projection.reducer import Reducer

__all__ = ["ACTIVE", "METHODS", "Projection", "dead_dimensions", "place", "project"]

METHODS = ("pca", "tsne", "umap")
FEWEST = {"pca": 2, "tsne": 4, "umap": 4}
"""Rows below which a method is not defined."""
ACTIVE = 0.01
"""The variance of mu above which a dimension is active (Burda et al. 2016), under a unit prior."""
PACKAGES = {"pca": ("numpy",), "tsne": ("numpy", "openTSNE"), "umap": ("numpy", "umap-learn", "numba")}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Projection:
    """points (N, dims) float32, info that goes into the latents file as JSON, and what made them."""

    points: NDArray[np.float32]
    info: Mapping[str, Any]
    reducer: Reducer


def dead_dimensions(variance: NDArray[np.floating], *, unit_prior: bool) -> NDArray[np.intp]:
    """Which of the D variances of mu are too small to carry anything.

    Under a unit prior (a VAE's mu) that is 0.01 or less; latents of an unknown scale are held against
    their largest variance instead, if that is below 1.
    """
    largest = 1.0 if unit_prior else min(1.0, float(variance.max()))
    return np.flatnonzero(variance <= ACTIVE * largest)


def project(
    mu: NDArray[np.floating],
    method: str = "pca",
    *,
    dims: int = 2,
    seed: int = 0,
    jobs: int | None = None,
    scale_dead: Literal["keep", "drop"] = "keep",
    unit_prior: bool = False,
    tell: Tell = lambda _: None,
) -> Projection:
    """mu (N, D) seen by method in dims dimensions; jobs are threads (as many as help); `tell` hears what
    takes long.

    The same arguments give the same bytes on one machine (for t-SNE: at the same jobs). Raises
    ProjectionError for an unknown method, too few rows or dimensions, rows that are all equal.
    """
    n, features = mu.shape
    jobs = jobs or _threads(n)
    _check(n, features, method, dims)
    axes = pca.principal_axes(mu)
    if not axes.variance.sum() > 0:
        raise ProjectionError(
            f"all {n} rows of mu are equal, so there is nothing to see: ask `latentkit diagnose` about the run"
        )
    dead = dead_dimensions(axes.dimension_variance, unit_prior=unit_prior)
    columns = np.arange(features)
    if scale_dead == "drop" and len(dead):
        columns = _alive(features, dead, dims)
        mu = np.asarray(mu[:, columns])
        axes = pca.principal_axes(mu)
    if method == "pca":
        fitted = pca.fit(mu, axes, dims=dims)
    else:
        fit = tsne.fit if method == "tsne" else umap.fit
        rows = np.ascontiguousarray(mu, np.float32)
        fitted = fit(rows, axes, dims=dims, seed=seed, jobs=jobs, tell=tell)
    reducer = Reducer(
        method=method,
        dims=dims,
        n=n,
        features=features,
        seed=seed,
        parameters=fitted.parameters,
        versions=versions(*PACKAGES[method]),
        arrays={"columns": columns, **fitted.arrays},
    )
    info = _info(reducer, mu, fitted.points, jobs=jobs) | {"dead": dead.tolist(), "scale_dead": scale_dead}
    return Projection(fitted.points, info, reducer)


def place(
    reducer: Reducer, mu: NDArray[np.floating], *, jobs: int | None = None, tell: Tell = lambda _: None
) -> Projection:
    """Other latents mu (N, D) of the same model, put where the reducer's view has room for them.

    Raises ProjectionError if mu has not the number of dimensions that the reducer was fitted to.
    """
    n, features = mu.shape
    jobs = jobs or _threads(n)
    if features != reducer.features:
        raise ProjectionError(
            f"these latents have {features} dimensions and the reducer was fitted to {reducer.features}: "
            "embed the images with the run that the reducer came from"
        )
    if n == 0:
        raise ProjectionError("there are no latents to place: embed at least 1 image")
    columns, arrays = reducer.arrays["columns"], reducer.arrays
    if len(columns) < features:
        mu = np.asarray(mu[:, columns])
    if reducer.method == "pca":
        points = pca.onto(mu, arrays["mean"], arrays["components"])
    else:
        transform = tsne.transform if reducer.method == "tsne" else umap.transform
        points = transform(reducer, np.ascontiguousarray(mu, np.float32), jobs=jobs, tell=tell)
    return Projection(points, _info(reducer, mu, points, jobs=jobs) | {"fitted_on": reducer.n}, reducer)


def _alive(features: int, dead: NDArray[np.intp], dims: int) -> NDArray[np.intp]:
    alive = np.setdiff1d(np.arange(features), dead)
    if len(alive) < dims:
        raise ProjectionError(
            f"{len(dead)} of {features} dimensions are dead, which leaves {len(alive)} for a picture of {dims}: "
            "use --scale-dead keep, or train again with a lower --beta"
        )
    return alive


def _check(n: int, features: int, method: str, dims: int) -> None:
    if method not in METHODS:
        raise ProjectionError(f"there is no method '{method}': choose one of {', '.join(METHODS)}")
    if n < FEWEST[method]:
        raise ProjectionError(
            f"{method} needs at least {FEWEST[method]} images and there {_are(n)}: embed more images"
        )
    if features < dims:
        raise ProjectionError(
            f"the latents have {features} dimension{'s' * (features != 1)} and cannot fill a picture of {dims}: "
            f"train with --latent {dims} or more"
        )


def _threads(n: int) -> int:
    """One for every thousand rows, up to the cores there are: fewer rows only make threads wait for each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, n // 1000))


def _are(n: int) -> str:
    return {0: "are none", 1: "is 1"}.get(n, f"are {n}")


def _info(
    reducer: Reducer, mu: NDArray[np.floating], points: NDArray[np.float32], *, jobs: int
) -> dict[str, Any]:
    return {
        "dims": reducer.dims,
        "n": len(mu),
        "features": reducer.features,
        "seed": reducer.seed,
        "jobs": jobs if reducer.method == "tsne" else 1,
        "parameters": dict(reducer.parameters),
        "versions": dict(reducer.versions),
        "fidelity": measure_fidelity(mu, points, seed=reducer.seed).as_json(),
    }
