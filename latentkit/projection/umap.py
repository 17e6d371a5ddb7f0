"""UMAP by umap-learn: 15 neighbours, least distance 0.1, PCA start (Kobak & Linderman 2021), one thread.

numba must be called from one thread only, or it aborts the process (umap#665), and a seed asks for one
anyway. TensorFlow is hidden while umap is imported: its parametric variant, unused here, would load it
(10 s and more).
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.projection import pca
from latentkit.projection.fitted import Fitted
from latentkit.projection.interruption import insistent
from latentkit.projection.reducer import Reducer

__all__ = ["fit", "transform"]

NEIGHBOURS = 15
LEAST_DISTANCE = 0.1
EXACT = 2**14
"""Rows whose neighbours are found by comparing all with all, before umap-learn could compile its own search; below 4096
it would call Python for every pair."""

Tell = Callable[[str], None]


def fit(
    rows: NDArray[np.float32],
    axes: pca.Axes,
    *,
    dims: int,
    seed: int,
    jobs: int = 1,
    tell: Tell,
    neighbours: int = NEIGHBOURS,
    least_distance: float = LEAST_DISTANCE,
) -> Fitted:
    """UMAP of rows (N, F), N >= 4, from its principal axes; neighbours falls to N - 1 if there are fewer."""
    neighbours = min(neighbours, len(rows) - 1)
    parameters = {
        "neighbours": neighbours,
        "least_distance": least_distance,
        "start": "pca",
    }
    start = pca.onto(rows, axes.mean, pca.components_for(axes, dims))
    tell(f"UMAP: {_compiling(len(rows), EXACT)}, then laying out {len(rows)} images")
    near = _neighbours(rows, neighbours) if len(rows) <= EXACT else None
    with insistent(), warnings.catch_warnings():
        # New rows are placed by another model: see `transform`.
        warnings.filterwarnings("ignore", r"precomputed_knn\[2\]", UserWarning)
        layout = np.array(
            _model(parameters, init=start, seed=seed, near=near).fit_transform(rows), np.float32
        )
    return Fitted(layout, parameters, {"rows": rows, "points": layout})


def transform(
    reducer: Reducer, new: NDArray[np.float32], *, jobs: int = 1, tell: Tell
) -> NDArray[np.float32]:
    """New rows (N, F) put into a layout there already is; rows it was fitted on come to lie where they were."""
    rows = np.ascontiguousarray(reducer.arrays["rows"], np.float32)
    layout = np.array(reducer.arrays["points"], np.float32)
    tell(f"UMAP: {_compiling(len(rows), 4095)}, then placing {len(new)} images among {len(rows)}")
    with insistent():
        model = _model(reducer.parameters, init=layout, seed=reducer.seed, n_epochs=0).fit(rows)
        # Fitted for no epochs it knows the neighbours and has rescaled the start; so put back what was fitted.
        model.embedding_, model.n_epochs = layout, None
        return np.array(model.transform(new), np.float32)


def _neighbours(rows: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The nearest (N, count) of each row, itself first, and their distances, as umap-learn counts them."""
    from sklearn.neighbors import NearestNeighbors

    distances, others = NearestNeighbors(n_neighbors=count - 1, algorithm="brute").fit(rows).kneighbors()
    itself = np.arange(len(rows))[:, None]
    return np.hstack([itself, others]), np.pad(distances.astype(np.float32), ((0, 0), (1, 0)))


def _compiling(rows: int, most: int) -> str:
    """umap is compiled in every process; beyond so many rows its search for neighbours is, too."""
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
    """umap.UMAP, imported without TensorFlow; what was in sys.modules is put back."""
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
