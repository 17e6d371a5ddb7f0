"""t-SNE by openTSNE: PCA initialization, learning rate n / exaggeration (Belkina 2019, Kobak & Berens 2019).

Beyond 100,000 rows a sample is laid out and the other rows are placed in it. The same seed gives the same bytes
for the same number of jobs, but not across numbers of jobs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.projection import pca
from latentkit.projection.layout import Layout, Tell

__all__ = ["fit", "place"]

ARRAYS = {"rows": "mF", "points": "me"}
PARAMETERS = {"perplexity": (1.0, "m")}

LARGEST = 100_000
SAMPLE = 50_000
EARLY = {"n_iter": 250, "exaggeration": 12, "momentum": 0.5}
LATE = {"n_iter": 500, "exaggeration": 1, "momentum": 0.8}
SLOWEST = 10.0
"""The lowest learning rate: with a lower one a dozen rows never leave their starting point."""
BLOCK = 20_000
"""New rows placed at a time; each is placed independently, so blocks only bound the memory."""


def fit(mu: NDArray[np.floating], axes: pca.Axes, *, dims: int, seed: int, jobs: int, tell: Tell) -> Layout:
    """Lay out mu (N, F), N >= 4, from its principal axes; the perplexity is 30, or (N - 1) / 3 if that is less."""
    rows = np.ascontiguousarray(mu, np.float32)
    n = len(rows)
    sampled = n > LARGEST
    sample = np.arange(n)
    if sampled:
        sample = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
        tell(f"t-SNE: laying out a sample of {SAMPLE} of {n} images, then placing the rest")
    landmarks = np.ascontiguousarray(rows[sample])
    perplexity = min(30.0, (len(landmarks) - 1) / 3)
    start = pca.project_onto(landmarks, axes.mean, pca.components_for(axes, dims)).astype(np.float64)
    start *= 1e-4 / start[:, 0].std()  # t-SNE must start small to unfold (Kobak & Linderman 2021)
    embedding = _embedding(landmarks, start, perplexity, seed, jobs)
    for phase in (EARLY, LATE):
        rate = max(SLOWEST, len(landmarks) / phase["exaggeration"])
        embedding.optimize(inplace=True, learning_rate=rate, **phase)
    layout = np.asarray(embedding, np.float64).copy()
    points = np.empty((n, dims), np.float32)
    points[sample] = layout
    if sampled:
        others = np.setdiff1d(np.arange(n), sample)
        points[others] = _place(embedding, rows[others], tell)
    parameters: dict[str, Any] = {
        "perplexity": perplexity,
        "start": "pca",
        "learning_rate": f"n / exaggeration, at least {SLOWEST:g}",
        "early": EARLY,
        "late": LATE,
        "fitted_rows": len(landmarks),
        "jobs": jobs,
    }
    return Layout(points, parameters, {"rows": landmarks, "points": layout})


def place(
    arrays: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any],
    mu: NDArray[np.floating],
    *,
    seed: int,
    jobs: int,
    tell: Tell,
) -> NDArray[np.float32]:
    """Place new rows mu (N, F) in a stored layout, each independently of the others."""
    rows, layout = np.ascontiguousarray(arrays["rows"]), np.array(arrays["points"], np.float64)
    embedding = _embedding(rows, layout, float(parameters["perplexity"]), seed, jobs)
    return _place(embedding, np.ascontiguousarray(mu, np.float32), tell)


def _embedding(
    rows: NDArray[np.float32], layout: NDArray[np.float64], perplexity: float, seed: int, jobs: int
) -> Any:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    affinities = PerplexityBasedNN(rows, perplexity, n_jobs=jobs, random_state=seed)
    # The interpolation that is faster from 10,000 rows on supports two dimensions only.
    gradient = "fft" if len(rows) >= 10_000 and layout.shape[1] == 2 else "bh"
    return TSNEEmbedding(
        layout.copy(), affinities, random_state=seed, n_jobs=jobs, negative_gradient_method=gradient
    )


def _place(embedding: Any, new: NDArray[np.float32], tell: Tell) -> NDArray[np.float32]:
    points = np.empty((len(new), embedding.shape[1]), np.float32)
    perplexity = min(5.0, (len(embedding) - 1) / 3)
    for start in range(0, len(new), BLOCK):
        block = np.ascontiguousarray(new[start : start + BLOCK])
        points[start : start + len(block)] = embedding.transform(block, perplexity=perplexity)
        if len(new) > BLOCK:
            tell(f"t-SNE: placed {start + len(block)} of {len(new)} images")
    return points
