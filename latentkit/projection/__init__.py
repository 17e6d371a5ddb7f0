"""Projections: latents seen in two or three dimensions, and how far the sight may be believed.

    pca        exact principal components in one pass
    tsne       t-SNE by openTSNE
    umap       UMAP by umap-learn
    interruption  Ctrl-C that gets through a compiler
    views      `project` latents by a method, `place` others into the same view
    fidelity   what a view kept of the latent space
    reducer    a fitted view in a file, without pickle
    record     views in a latents file
    words      all of it said in sentences

Knows nothing of models, and draws, prints and scores nothing.
"""

from latentkit.projection.fidelity import Fidelity, measure_fidelity
from latentkit.projection.record import Recorded, chosen, recorded, with_projection
from latentkit.projection.reducer import Reducer, read_reducer, write_reducer
from latentkit.projection.views import Projection, dead_dimensions, place, project
from latentkit.projection.words import describe, fidelity_line

__all__ = [
    "Fidelity",
    "Projection",
    "Recorded",
    "Reducer",
    "chosen",
    "dead_dimensions",
    "describe",
    "fidelity_line",
    "measure_fidelity",
    "place",
    "project",
    "read_reducer",
    "recorded",
    "with_projection",
    "write_reducer",
]
