"""UMAP by umap-learn: 15 neighbors, minimum distance 0.1, PCA initialization (Kobak & Linderman 2021), one thread.

numba must be called from one thread only, or it aborts the process (umap#665); a seed requires one anyway.
TensorFlow is hidden while umap is imported: its parametric variant, unused here, would load it, which takes
10 s and more.
"""

import sys
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.projection import pca
from latentkit.projection.interrupts import reraise_interrupts
from latentkit.projection.layout import Layout, Tell

__all__ = ["fit", "place"]

ARRAYS = {"rows": "mF", "points": "me"}
PARAMETERS = {"neighbours": (2.0, "m"), "least_distance": (0.0, "m")}
"""The keys are those of stored reducers, and stay."""

NEIGHBORS = 15
MIN_DISTANCE = 0.1
EXACT = 2**14
"""Up to this many rows the neighbors are found by exhaustive search, in less time than umap-learn needs to compile its
own; below 4096 rows it would call Python for every pair."""


def fit(
    mu: NDArray[np.floating],
    axes: pca.Axes,
    *,
    dims: int,
    seed: int,
    tell: Tell,
    jobs: int = 1,
    neighbors: int = NEIGHBORS,
    min_distance: float = MIN_DISTANCE,
) -> Layout:
    """Lay out mu (N, F), N >= 4, from its principal axes, on one thread; neighbors is at most N - 1."""
    rows = np.ascontiguousarray(mu, np.float32)
    neighbors = min(neighbors, len(rows) - 1)
    parameters = {
        "neighbours": neighbors,
        "least_distance": min_distance,
        "start": "pca",
    }
    start = pca.project_onto(rows, axes.mean, pca.components_for(axes, dims))
    tell(f"UMAP: {_compiling(len(rows), EXACT)}, then laying out {len(rows)} images")
    near = _nearest(rows, neighbors) if len(rows) <= EXACT else None
    with reraise_interrupts(), warnings.catch_warnings():
        # New rows are placed by another model: see `place`.
        warnings.filterwarnings("ignore", r"precomputed_knn\[2\]", UserWarning)
        layout = np.array(
            _model(parameters, init=start, seed=seed, near=near).fit_transform(rows), np.float32
        )
    return Layout(layout, parameters, {"rows": rows, "points": layout})


def place(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    mu: NDArray[np.floating],
    *,
    seed: int,
    tell: Tell,
    jobs: int = 1,
) -> NDArray[np.float32]:
    """Place new rows mu (N, F) in a stored layout; the fitted rows keep their points."""
    rows = np.ascontiguousarray(arrays["rows"], np.float32)
    layout = np.array(arrays["points"], np.float32)
    new = np.ascontiguousarray(mu, np.float32)
    tell(f"UMAP: {_compiling(len(rows), 4095)}, then placing {len(new)} images among {len(rows)}")
    with reraise_interrupts():
        model = _model(parameters, init=layout, seed=seed, n_epochs=0).fit(rows)
        # Fitting for no epochs finds the neighbors but rescales the initial layout, so the stored one is put back.
        model.embedding_, model.n_epochs = layout, None
        return np.array(model.transform(new), np.float32)


def _nearest(rows: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest rows (N, count) of each row, itself first, and their distances, as umap-learn counts them."""
    from sklearn.neighbors import NearestNeighbors

    distances, others = NearestNeighbors(n_neighbors=count - 1, algorithm="brute").fit(rows).kneighbors()
    itself = np.arange(len(rows))[:, None]
    return np.hstack([itself, others]), np.pad(distances.astype(np.float32), ((0, 0), (1, 0)))


def _compiling(rows: int, most: int) -> str:
    """Return what to expect: umap is compiled in every process, beyond `most` rows with its neighbor search."""
    return f"compiling ({'10 to 20 s' if rows <= most else 'about a minute'})"


def _model(
    parameters: Any,
    *,
    init: NDArray[np.float32],
    seed: int,
    n_epochs: int | None = None,
    near: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None,
) -> Any:
    return _class()(
        precomputed_knn=near or (None, None, None),
        n_components=init.shape[1],
        n_neighbors=parameters["neighbours"],
        min_dist=parameters["least_distance"],
        init=init,
        n_epochs=n_epochs,
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
    )


def _class() -> Any:
    """Import umap.UMAP without TensorFlow, then restore sys.modules."""
    absent = object()
    before: Any = sys.modules.get("tensorflow", absent)
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Tensorflow not installed", category=ImportWarning)
            from umap import UMAP
    finally:
        if before is absent:
            del sys.modules["tensorflow"]
        else:
            sys.modules["tensorflow"] = before
    return UMAP
