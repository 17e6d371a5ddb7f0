"""N2D (McConville et al. 2021): UMAP to ten dimensions with minimum distance 0, then a Gaussian mixture.

It is by far the best of the methods where classes are curved sheets in the latent space, but it finds islands in noise
as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import gmm, kmeans
from latentkit.clustering.assignment import Assignment, ClusterFit, Tell
from latentkit.projection import pca, umap

__all__ = ["assign", "fit"]

ARRAYS = {"rows": "md", "layout": "me", "weights": "k", "means": "ke", "factors": "kee"}
PARAMETERS = {f"umap.{key}": bounds for key, bounds in umap.PARAMETERS.items()}

DIMS = 10
NEIGHBORS = 20


def fit(X: NDArray[np.float64], clusters: int | None, *, seed: int, tell: Tell) -> ClusterFit:
    """Lay out X (N, D), N >= 15, by UMAP in min(10, D) dimensions, and cluster the layout."""
    rows = X.astype(np.float32)
    umap_layout = umap.fit(
        rows,
        pca.principal_axes(rows),
        dims=min(DIMS, rows.shape[1]),
        seed=seed,
        tell=tell,
        neighbors=NEIGHBORS,
        min_distance=0.0,
    )
    layout = umap_layout.points.astype(np.float64)
    k = kmeans.best_number(layout, seed) if clusters is None else clusters
    mixture = gmm.fit(layout / _scale(layout), k, seed=seed)
    arrays = {"rows": rows, "layout": umap_layout.points, **mixture.arrays}
    parameters = {"umap": umap_layout.parameters, **mixture.parameters}
    return ClusterFit(mixture.assignment, k, parameters, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    *,
    seed: int,
    tell: Tell,
) -> Assignment:
    """Place X (N, D) in the layout, and assign the points."""
    layout = arrays["layout"]
    points = umap.place(
        {"rows": arrays["rows"], "points": layout},
        parameters["umap"],
        X.astype(np.float32),
        seed=seed,
        tell=tell,
    )
    return gmm.assign(arrays, {}, points.astype(np.float64) / _scale(layout.astype(np.float64)))


def _scale(layout: NDArray[np.float64]) -> float:
    """Return the standard deviation along the first principal axis."""
    return float(np.sqrt(pca.principal_axes(layout).variance[0]))
