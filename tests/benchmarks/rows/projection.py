"""Projections against the libraries that others call by hand."""

import sys
import time

import numpy as np

from .. import material
from ..measure import LATENTKIT, at_least, at_most, explained, explained_process, in_turn, process
from ..row import Line, Scale, against

PLAIN_UMAP = """
import sys
import numpy as np
import umap
rows = np.load(sys.argv[1])["mu"]
np.save(sys.argv[2], umap.UMAP(random_state=0).fit_transform(rows))
"""
NEIGHBORS = 15


def umap(scale: Scale) -> list[Line]:
    """`latentkit project --method umap`, the whole process, against a plain script."""
    count = scale.of(3000, 1000)
    z = material.latents(scale.folder / "z.npz", count, 32)
    ours = ["project", z, "--method", "umap", "-o", scale.folder / "p.npz"]
    theirs = [sys.executable, "-c", PLAIN_UMAP, z, scale.folder / "p.npy"]
    pairs = in_turn(lambda: process([*LATENTKIT, *ours]), lambda: process(theirs), scale.of(3, 1))
    line = against(f"project --method umap, n = {count}, process / script", "s", pairs, at_most(0.65))
    return [explained_process(line, ours)]


def pca(scale: Scale) -> list[Line]:
    """All axes of latents against scikit-learn's, exact on both sides; ours sums in float64 whatever it is given."""
    from sklearn.decomposition import PCA

    from latentkit.projection.pca import principal_axes

    count = scale.of(200_000, 20_000)
    rows, _ = material.blobs(count, 128)
    pairs = in_turn(
        lambda: principal_axes(rows),
        lambda: PCA(svd_solver="covariance_eigh").fit(rows.astype(np.float64)),
        scale.of(5, 3),
    )
    return [against(f"PCA, {count} x 128 / scikit-learn", "s", pairs, None)]


def tsne(scale: Scale) -> list[Line]:
    """t-SNE against scikit-learn's, called plainly: the time, and the neighbors that are kept."""
    from sklearn.manifold import TSNE

    from latentkit.projection import project

    count = scale.of(20_000, 3_000)
    rows, _ = material.blobs(count, 32, classes=10)

    def mine() -> np.ndarray:
        return project(rows, "tsne").points

    def theirs() -> np.ndarray:
        return TSNE(random_state=0, n_jobs=-1).fit_transform(rows)

    found = []
    for work in (mine, theirs):
        begun = time.perf_counter()
        points = work()
        found.append((time.perf_counter() - begun, _kept(rows, points)))
    (ours, our_kept), (peers, their_kept) = found
    seconds = against(f"t-SNE, n = {count} / scikit-learn", "s", [(ours, peers)], at_most(0.35))
    kept = against(
        f"{NEIGHBORS} nearest kept by t-SNE / scikit-learn", "share", [(our_kept, their_kept)], at_least(1)
    )
    return [explained(seconds, mine), kept]


def _kept(rows: np.ndarray, points: np.ndarray) -> float:
    """The share of the nearest in the picture that are among the nearest in the latent space."""
    from sklearn.neighbors import NearestNeighbors

    near, drawn = (
        NearestNeighbors(n_neighbors=NEIGHBORS).fit(X).kneighbors(return_distance=False)
        for X in (rows, points)
    )
    return float(np.mean([len(np.intersect1d(a, b)) for a, b in zip(near, drawn, strict=True)]) / NEIGHBORS)
