"""Latents with every kind of array, and with strings that break formats."""

import json

import numpy as np

from latentkit.formats.latents import Latents

IDS = [
    "=1+1.png",
    "a,b.png",
    'q"q.png',
    "new\nline\r\t.png",
    "naïve 猫.png",
    "bad\udcff.png",
    "nul\0\x1b[31m\\.png",
]
"""A formula, separators, line ends, Unicode, a name that is not Unicode, a zero byte and a terminal escape."""


def awkward(**more: np.ndarray) -> Latents:
    """Return 7 images of 4 dimensions with PCA and UMAP (the latest); `more` arrays are added or replaced."""
    rng = np.random.default_rng(0)
    n = len(IDS)
    methods = {"latest": "umap", "methods": {"pca": {}, "umap": {"seed": 3}}}
    arrays = {
        "ids": np.array(IDS),
        "mu": rng.normal(size=(n, 4)).astype(np.float32),
        "logvar": rng.normal(size=(n, 4)).astype(np.float32),
        "mse": rng.random(n).astype(np.float32),
        "split": np.array(["train", "validation", "unseen", "train", "train", "train", "train"]),
        "labels": np.array(["a", "b", "", "a", "b", "a", "a"]),
        "digest": np.array([f"{index:032x}" for index in range(n)]),
        "baseline": rng.normal(size=(n, 3)).astype(np.float32),
        "thumbnails": rng.integers(0, 256, (n, 6, 4, 3)).astype(np.uint8),
        "clusters": np.array([0, 1, -1, 0, 10, 0, 0], np.int32),
        "cluster_confidence": rng.random(n).astype(np.float32),
        "projection_pca": rng.normal(size=(n, 2)).astype(np.float32),
        "projection_umap": rng.normal(size=(n, 3)).astype(np.float32),
        "projection_info": np.array(json.dumps(methods)),
        "age": np.array([1, 2.5, np.nan, 4, 5, 6, np.inf]),
        "tag": np.array([b"x", b"y", b"z", b"", b"e", b"f", b"g"]),
        "flag": np.array([True, False, True, True, False, True, True]),
        "X": np.arange(n),
        "odd": np.zeros((3, 3)),
        "deep": rng.normal(size=(n, 2, 2)).astype(np.float32),
        "cluster_model": np.array('{"schema": "latentkit.clusters/1"}'),
        "cluster_model_labels": np.arange(n),
    }
    return Latents({**arrays, **more})


def plain(n: int = 3, **more: np.ndarray) -> Latents:
    """Return latents of n images with only ids, mu and `more`."""
    return Latents(
        {
            "ids": np.array([f"{index}.png" for index in range(n)]),
            "mu": np.arange(2 * n, dtype=np.float32).reshape(n, 2) / 3,
            **more,
        }
    )
