"""N2D (McConville et al. 2021): UMAP to ten dimensions with no least distance, then a mixture of Gaussians.

Much the best of the methods where classes are curved sheets in the latent space, and it finds islands
in noise as well.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import mixture
from latentkit.clustering.found import Assigned, Found
from latentkit.projection import pca, umap
from latentkit.projection.reducer import Reducer

__all__ = ["FEWEST", "assign", "embed", "fit"]

DIMS = 10
NEIGHBOURS = 20
FEWEST = 15
"""Rows below which ten dimensions of UMAP are not defined."""

Tell = Callable[[str], None]


def embed(X: NDArray[np.float64], seed: int, tell: Tell) -> NDArray[np.float64]:
    """X (N, D), N >= 15, laid out by UMAP in min(10, D) dimensions."""
    rows = X.astype(np.float32)
    fitted = umap.fit(
        rows,
        pca.principal_axes(rows),
        dims=min(DIMS, rows.shape[1]),
        seed=seed,
        tell=tell,
        neighbours=NEIGHBOURS,
        least_distance=0.0,
    )
    return fitted.points.astype(np.float64)


def fit(X: NDArray[np.float64], layout: NDArray[np.float64], k: int, seed: int) -> Found:
    """k clusters of the layout (N, d) that `embed` made of X (N, D)."""
    scale = _scale(layout)
    found = mixture.fit(layout / scale, k, seed)
    arrays = {"rows": X.astype(np.float32), "layout": layout.astype(np.float32), **found.arrays}
    parameters = {
        "umap": {"neighbours": min(NEIGHBOURS, len(X) - 1), "least_distance": 0.0, "start": "pca"},
        **found.parameters,
    }
    return Found(found.assigned, parameters, arrays)


def assign(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    X: NDArray[np.float64],
    seed: int,
    tell: Tell,
) -> Assigned:
    """X (N, D) placed into the layout, and there assigned."""
    rows, layout = arrays["rows"], arrays["layout"]
    reducer = Reducer(
        method="umap",
        dims=layout.shape[1],
        n=len(rows),
        features=rows.shape[1],
        seed=seed,
        parameters=parameters["umap"],
        versions={},
        arrays={"rows": rows, "points": layout},
    )
    placed = umap.transform(reducer, X.astype(np.float32), tell=tell)
    return mixture.assign(arrays, placed.astype(np.float64) / _scale(layout.astype(np.float64)))


def _scale(layout: NDArray[np.float64]) -> float:
    return float(np.sqrt(pca.principal_axes(layout).variance[0]))
