"""Project latents to two or three dimensions, and measure how much of the latent space is preserved.

    project     `project` latents by a method, `place` others in a projection, select the one to draw
    layout      the interface of a method's module
    pca         exact principal components in one pass
    tsne        t-SNE by openTSNE
    umap        UMAP by umap-learn
    fidelity    how much of the latent space a projection preserves
    reducer     a fitted projection in a file, without pickle
    describe    a projection described in sentences
    interrupts  Ctrl-C during compilation

The package knows no models; it draws and prints nothing.
"""

from latentkit.projection.describe import describe
from latentkit.projection.fidelity import Fidelity, measure_fidelity
from latentkit.projection.project import (
    ProjectionResult,
    dead_dimensions,
    place,
    project,
    select_projection,
    select_projections,
)
from latentkit.projection.reducer import Reducer, read_reducer, write_reducer

__all__ = [
    "Fidelity",
    "ProjectionResult",
    "Reducer",
    "dead_dimensions",
    "describe",
    "measure_fidelity",
    "place",
    "project",
    "read_reducer",
    "select_projection",
    "select_projections",
    "write_reducer",
]
