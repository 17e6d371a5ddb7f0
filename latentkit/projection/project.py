"""Project latents (N, D) to points (N, 2 or 3), or place new ones in an existing projection.

`project` fits a projection and returns a reducer with it; `place` uses a reducer to place other latents of the same model.
Both record what is needed to repeat the projection and to judge it. Dimensions are never scaled individually: that would inflate dead ones to the size of active ones.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents
from latentkit.formats.projections import Projection
from latentkit.methods import PROJECTIONS
from latentkit.projection import pca
from latentkit.projection.fidelity import measure_fidelity
from latentkit.projection.layout import Tell, module_of
from latentkit.projection.reducer import Reducer
from latentkit.stats import ACTIVE_VARIANCE

__all__ = [
    "ProjectionResult",
    "dead_dimensions",
    "place",
    "project",
    "select_projection",
    "select_projections",
]


@dataclass(frozen=True)
class ProjectionResult:
    """Points (N, dims) float32, the information that is stored with them as JSON, and the reducer behind them."""

    points: NDArray[np.float32]
    info: Mapping[str, Any]
    reducer: Reducer

    def add_to(self, latents: Latents) -> Latents:
        """Return the latents with this projection, which becomes the latest and replaces another by the same method."""
        return latents.with_projection(Projection(self.reducer.method, self.points, self.info))


def dead_dimensions(variance: NDArray[np.floating], *, unit_prior: bool) -> NDArray[np.intp]:
    """Return the indices of the D variances of mu that are too small to carry information.

    Under a unit prior (a VAE's mu) the limit is 0.01; for latents of unknown scale it is 0.01 of the largest variance,
    if that is below 1.
    """
    largest = 1.0 if unit_prior else min(1.0, float(variance.max()))
    return np.flatnonzero(variance <= ACTIVE_VARIANCE * largest)


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
) -> ProjectionResult:
    """Project mu (N, D) to dims dimensions by a method; jobs are threads, by default as many as are useful.

    The same arguments give the same bytes on one machine (for t-SNE, with the same jobs). `tell` receives progress
    messages. Raises ProjectionError for an unknown method, too few rows or dimensions, or rows that are all equal.
    """
    n, features = mu.shape
    jobs = jobs or _threads(n)
    _check(n, features, method, dims)
    axes = pca.principal_axes(mu)
    if not axes.variance.sum() > 0:
        raise ProjectionError(
            f"all {n} rows of mu are equal, so there is nothing to project: run `latentkit diagnose` on the run"
        )
    dead = dead_dimensions(axes.dimension_variance, unit_prior=unit_prior)
    columns = np.arange(features)
    if scale_dead == "drop" and len(dead):
        columns = _active(features, dead, dims)
        mu = np.asarray(mu[:, columns])
        axes = pca.principal_axes(mu)
    layout = module_of(method).fit(mu, axes, dims=dims, seed=seed, jobs=jobs, tell=tell)
    reducer = Reducer(
        method=method,
        dims=dims,
        n=n,
        features=features,
        seed=seed,
        parameters=layout.parameters,
        versions=PROJECTIONS.versions(method),
        arrays={"columns": columns, **layout.arrays},
    )
    info = _info(reducer, mu, layout.points, jobs=jobs) | {"dead": dead.tolist(), "scale_dead": scale_dead}
    return ProjectionResult(layout.points, info, reducer)


def place(
    reducer: Reducer, mu: NDArray[np.floating], *, jobs: int | None = None, tell: Tell = lambda _: None
) -> ProjectionResult:
    """Place other latents mu (N, D) of the same model in the projection of a reducer.

    Raises ProjectionError if mu has another number of dimensions than the reducer was fitted to, or no rows.
    """
    n, features = mu.shape
    jobs = jobs or _threads(n)
    if features != reducer.features:
        raise ProjectionError(
            f"these latents have {features} dimensions, but the reducer was fitted to {reducer.features}: "
            "embed the images with the run that the reducer came from"
        )
    if n == 0:
        raise ProjectionError("there are no latents to place: embed at least 1 image")
    columns = reducer.arrays["columns"]
    if len(columns) < features:
        mu = np.asarray(mu[:, columns])
    points = module_of(reducer.method).place(
        reducer.arrays, reducer.parameters, mu, seed=reducer.seed, jobs=jobs, tell=tell
    )
    return ProjectionResult(points, _info(reducer, mu, points, jobs=jobs) | {"fitted_on": reducer.n}, reducer)


def select_projection(latents: Latents, method: str | None = None) -> Projection:
    """Return the projection by a method, or the latest.

    Latents of 2 or 3 dimensions without a projection are their own projection, by the method "mu". Raises ProjectionError,
    naming the methods there are.
    """
    if method in (None, "mu") and latents.mu.shape[1] in (2, 3) and not latents.projections():
        return Projection("mu", latents.mu, {})
    return latents.projection(method)


def select_projections(latents: Latents, method: str | None = None) -> list[Projection]:
    """Return every projection in the order of the file for "all", and otherwise the one of `select_projection`."""
    if method is None or method.lower() != "all":
        return [select_projection(latents, method)]
    return list(latents.projections().values()) or [select_projection(latents)]


def _active(features: int, dead: NDArray[np.intp], dims: int) -> NDArray[np.intp]:
    active = np.setdiff1d(np.arange(features), dead)
    if len(active) < dims:
        raise ProjectionError(
            f"{len(dead)} of {features} dimensions are dead, which leaves {len(active)}, but {dims} are needed: "
            "use --scale-dead keep, or train again with a lower --beta"
        )
    return active


def _check(n: int, features: int, method: str, dims: int) -> None:
    PROJECTIONS.check_count(method, n)
    if features < dims:
        raise ProjectionError(
            f"the latents have {features} dimension{'s' * (features != 1)}, but {dims} are needed: "
            f"train with --latent {dims} or more"
        )


def _threads(n: int) -> int:
    """Return one thread per thousand rows, up to the number of cores: with fewer rows threads mostly wait for each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, n // 1000))


def _info(
    reducer: Reducer, mu: NDArray[np.floating], points: NDArray[np.float32], *, jobs: int
) -> dict[str, Any]:
    return {
        "dims": reducer.dims,
        "n": len(mu),
        "features": reducer.features,
        "seed": reducer.seed,
        "jobs": jobs if PROJECTIONS[reducer.method].threads else 1,
        "parameters": dict(reducer.parameters),
        "versions": dict(reducer.versions),
        "fidelity": measure_fidelity(mu, points, seed=reducer.seed).to_json(),
    }
