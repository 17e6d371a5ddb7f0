"""Project latents to two or three dimensions, and measure how much of the latent space a picture preserves.

    project     `project` latents by a method, `place` others in the same picture
    layout      the interface of a method's module
    pca         exact principal components in one pass
    tsne        t-SNE by openTSNE
    umap        UMAP by umap-learn
    fidelity    how much of the latent space a picture preserves
    reducer     a fitted projection in a file, without pickle
    select      the projections to draw
    describe    a projection described in sentences
    interrupts  Ctrl-C during compilation

The package knows no models; it draws and prints nothing.
"""

from latentkit.projection.describe import describe
from latentkit.projection.fidelity import Fidelity, measure_fidelity
from latentkit.projection.project import ProjectionResult, dead_dimensions, place, project
from latentkit.projection.reducer import Reducer, read_reducer, write_reducer
from latentkit.projection.select import select_projection, select_projections

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
