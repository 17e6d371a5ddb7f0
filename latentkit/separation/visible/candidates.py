"""The views that a user can make of latents: k-means, the mixture, stored clusters, and pictures.

PCA is always looked at, and so is what the file holds. UMAP, t-SNE and N2D are made only if they are asked for, because
they take half a minute for a few hundred images, most of it compilation.
"""

import json
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from latentkit.clustering import cluster
from latentkit.errors import LatentkitError
from latentkit.formats.latents import Latents
from latentkit.methods import CLUSTERINGS, PROJECTIONS
from latentkit.projection import Fidelity, measure_fidelity, project
from latentkit.separation.visible.views import ROWS, Candidate
from latentkit.stats import random_rows

__all__ = ["clusterings", "pictures", "stored_clusters"]

Index = NDArray[np.intp]
Tell = Callable[[str], None]

QUERIES = 256
"""Images whose neighborhoods are ranked to measure the fidelity of a picture."""


def clusterings(labels: Mapping[str, Index], rows: Index, k: int) -> Iterator[Candidate]:
    """Yield the clusterings of a report: labels (M,) of some rows (M,) by method."""
    for method, found in labels.items():
        yield Candidate(
            method, CLUSTERINGS.title(method), "clustering", _cluster_command(method, k), rows, labels=found
        )


def stored_clusters(latents: Latents, order: Index) -> Iterator[Candidate]:
    """Yield the clusters in the file, if there are any; order (N,) are the rows of the file by id."""
    found = latents.arrays.get("clusters")
    if found is None or found.dtype.kind not in "iu" or found.shape != order.shape:
        return
    method = _method_of(latents)
    title = "the clusters in the file" + (f" ({CLUSTERINGS.title(method)})" if method else "")
    yield Candidate(
        method or "clusters",
        title,
        "stored",
        "latentkit project FILE | latentkit plot --color clusters",
        np.arange(len(order)),
        labels=found[order].astype(np.intp),
    )


def pictures(
    latents: Latents, order: Index, k: int, every: bool, rng: np.random.Generator, tell: Tell
) -> Iterator[Candidate]:
    """Yield PCA, the pictures in the file and, if every one is wanted, the others and N2D, of at most 2000 images."""
    rows = random_rows(np.arange(len(order)), ROWS, rng)
    mu = np.asarray(latents.mu[order[rows]])
    seed = int(rng.integers(2**31))
    stored = latents.projections()
    for method in PROJECTIONS:
        in_file = stored.get(method.name)
        if in_file is not None:
            points, command = in_file.points[order[rows]], f"latentkit plot FILE --method {method.name}"
            if not np.isfinite(points).all():
                continue
        elif (every or method.linear) and len(rows) >= method.fewest and mu.shape[1] >= 2:
            try:
                points = project(mu, method.name, seed=seed, tell=tell).points
            except LatentkitError:
                continue
            command = f"latentkit project FILE --method {method.name} | latentkit plot"
        else:
            continue
        yield Candidate(
            method.name,
            method.title,
            "picture",
            command,
            rows,
            points=points,
            fidelity=_worse(measure_fidelity(mu, points, queries=QUERIES)),
        )
    if every and len(rows) >= max(CLUSTERINGS["n2d"].fewest, k):
        sample = Latents({"ids": latents.ids[order[rows]], "mu": mu})
        try:
            found = cluster(sample, "n2d", clusters=k, seed=seed, tell=tell).assignment.labels
        except LatentkitError:
            return
        yield from clusterings({"n2d": found}, rows, k)


def _cluster_command(method: str, k: int) -> str:
    return f"latentkit cluster FILE --method {method} --clusters {k}"


def _method_of(latents: Latents) -> str | None:
    """Return the method that the model in the file names; None if there is no model, or it is unknown."""
    try:
        method = json.loads(str(latents.arrays["cluster_model"].item()))["method"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    return method if method in CLUSTERINGS else None


def _worse(fidelity: Fidelity) -> float | None:
    scores = [fidelity.trustworthiness, fidelity.continuity]
    return min((score.value for score in scores if score is not None), default=None)
