"""t-SNE by openTSNE: PCA start, learning rate n / exaggeration (Belkina 2019, Kobak & Berens 2019).

Beyond 100 000 rows a sample is laid out and the others are placed into it. The same seed gives the
same bytes at the same number of jobs, not across numbers of jobs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.projection import pca
from latentkit.projection.fitted import Fitted
from latentkit.projection.reducer import Reducer

__all__ = ["fit", "transform"]

LARGEST = 100_000
SAMPLE = 50_000
EARLY = {"n_iter": 250, "exaggeration": 12, "momentum": 0.5}
LATE = {"n_iter": 500, "exaggeration": 1, "momentum": 0.8}
SLOWEST = 10.0
"""The least learning rate: below it a dozen rows never leave the point they start from."""
BLOCK = 20_000
"""New rows placed at a time; each is placed by itself, so blocks only bound the memory."""

Tell = Callable[[str], None]


def fit(rows: NDArray[np.float32], axes: pca.Axes, *, dims: int, seed: int, jobs: int, tell: Tell) -> Fitted:
    """t-SNE of rows (N, F), N >= 4, from its principal axes; perplexity 30, or (N - 1) / 3 if that is less."""
    n = len(rows)
    sampled = n > LARGEST
    chosen = np.arange(n)
    if sampled:
        chosen = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
        tell(f"t-SNE: laying out a sample of {SAMPLE} of {n} images, then placing the others")
    fitted = np.ascontiguousarray(rows[chosen])
    perplexity = min(30.0, (len(fitted) - 1) / 3)
    start = pca.onto(fitted, axes.mean, pca.components_for(axes, dims)).astype(np.float64)
    start *= 1e-4 / start[:, 0].std()  # t-SNE must start small to unfold (Kobak & Linderman 2021)
    embedding = _embedding(fitted, start, perplexity, seed, jobs)
    for phase in (EARLY, LATE):
        rate = max(SLOWEST, len(fitted) / phase["exaggeration"])
        embedding.optimize(inplace=True, learning_rate=rate, **phase)
    layout = np.asarray(embedding, np.float64).copy()
    points = np.empty((n, dims), np.float32)
    points[chosen] = layout
    if sampled:
        others = np.setdiff1d(np.arange(n), chosen)
        points[others] = _placed(embedding, rows[others], tell)
    parameters: dict[str, Any] = {
        "perplexity": perplexity,
        "start": "pca",
        "learning_rate": f"n / exaggeration, at least {SLOWEST:g}",
        "early": EARLY,
        "late": LATE,
        "fitted_rows": len(fitted),
        "jobs": jobs,
    }
    return Fitted(points, parameters, {"rows": fitted, "points": layout})


def transform(reducer: Reducer, new: NDArray[np.float32], *, jobs: int, tell: Tell) -> NDArray[np.float32]:
    """New rows (N, F) put, each by itself, into a layout there already is."""
    rows, layout = (
        np.ascontiguousarray(reducer.arrays["rows"]),
        np.array(reducer.arrays["points"], np.float64),
    )
    embedding = _embedding(rows, layout, float(reducer.parameters["perplexity"]), reducer.seed, jobs)
    return _placed(embedding, new, tell)


def _embedding(
    rows: NDArray[np.float32], layout: NDArray[np.float64], perplexity: float, seed: int, jobs: int
) -> Any:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    affinities = PerplexityBasedNN(rows, perplexity, n_jobs=jobs, random_state=seed)
    # The interpolation that is faster from 10 000 rows on knows two dimensions only.
    gradient = "fft" if len(rows) >= 10_000 and layout.shape[1] == 2 else "bh"
    return TSNEEmbedding(
        layout.copy(), affinities, random_state=seed, n_jobs=jobs, negative_gradient_method=gradient
    )


def _placed(embedding: Any, new: NDArray[np.float32], tell: Tell) -> NDArray[np.float32]:
    points = np.empty((len(new), embedding.shape[1]), np.float32)
    perplexity = min(5.0, (len(embedding) - 1) / 3)
    for start in range(0, len(new), BLOCK):
        block = np.ascontiguousarray(new[start : start + BLOCK])
        points[start : start + len(block)] = embedding.transform(block, perplexity=perplexity)
        if len(new) > BLOCK:
            tell(f"t-SNE: placed {start + len(block)} of {len(new)} images")
    return points
