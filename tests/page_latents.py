"""Latents for pages: three classes, names that look like markup, and a thumbnail of one color for each image."""

import json

import numpy as np

from latentkit.formats.latents import Latents

IMAGE = "<img src=x onerror=alert(1)>.png"
SCRIPT = "</script><script>alert(2)</script>"
NAMES = ("bag", SCRIPT, "shoe")


def color_of(row: int) -> tuple[int, int, int]:
    """Return the color of the thumbnail of a row; no two rows below 250 share one."""
    return 255 - row, row, 40 * (row % 6)


def page_latents(n: int = 60, *, thumbnails: bool = True) -> Latents:
    """Return n rows in three well separated classes, by PCA, UMAP (mirrored) and t-SNE in three dimensions."""
    rng = np.random.default_rng(0)
    classes = np.arange(n) % 3
    points = rng.normal(size=(n, 2)) * 0.5 + np.array([[0, 0], [10, 0], [5, 8]])[classes]
    ids = [f"{'abc'[row % 3]}/{row:05}.png" for row in range(n)]
    ids[0] = IMAGE
    arrays = {
        "ids": np.array(ids),
        "mu": rng.normal(size=(n, 4)).astype(np.float32),
        "mse": np.linspace(0, 1, n, dtype=np.float32),
        "labels": np.array(NAMES)[classes],
        "projection_tsne": np.c_[points, rng.normal(size=n)].astype(np.float32),
        "projection_umap": (-points).astype(np.float32),
        "projection_pca": points.astype(np.float32),
        "projection_info": np.array(
            json.dumps({"latest": "pca", "methods": {"pca": {"seed": 7}, "umap": {}, "tsne": {}}})
        ),
        "clusters": classes.astype(np.int32) - 1,
        "weight": np.array([np.nan, *range(1, n)]),
    }
    if thumbnails:
        colors = np.array([color_of(row % 250) for row in range(n)], np.uint8)
        arrays["thumbnails"] = np.broadcast_to(colors[:, None, None], (n, 8, 8, 3)).copy()
    return Latents(arrays)
