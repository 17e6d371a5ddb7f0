"""Measure latents and reconstructions, from arrays or with the model of a run."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.diagnosis.facts import LatentSpace, PosteriorStatistics, ReconstructionQuality
from latentkit.formats.latents import Latents
from latentkit.images import Cache, ImageSet, Source, load
from latentkit.run import Run

__all__ = ["Progress", "compare_images", "embed_and_measure", "latent_space", "posterior"]

MOST_POSTERIORS = 20_000
MOST_POINTS = 2000
"""Images in a `LatentSpace`: rules compare every pair of them."""
MOST_RECONSTRUCTED = 256
BATCH = 64
Floats = NDArray[np.floating[Any]]
Progress = Callable[[int, int], None]


def posterior(
    mu: Floats, logvar: Floats, repeats: tuple[Floats, Floats, Floats] | None = None
) -> PosteriorStatistics:
    """Measure each dimension over at most 20,000 images. `repeats` is mu, a second mu and logvar of images embedded twice."""
    rows = stats.evenly_spaced(len(mu), MOST_POSTERIORS)
    means, logvars = mu[rows].astype(np.float64), _clip(logvar[rows])
    repeat_distance = None
    if repeats is not None:
        first, second = (array.astype(np.float64) for array in repeats[:2])
        repeat_distance = np.sqrt(((first - second) ** 2 / np.exp(_clip(repeats[2]))).mean(axis=0))
    return PosteriorStatistics(
        kl_per_dim=stats.kl_per_dim(means, logvars),
        mu_variance=means.var(axis=0),
        sigma=np.exp(np.median(logvars, axis=0) / 2),
        repeat_distance=repeat_distance,
    )


def _clip(logvar: Floats) -> Floats:
    """Keep exp(logvar) finite."""
    return np.clip(logvar.astype(np.float64), -60, 60)


def latent_space(latents: Latents) -> LatentSpace | None:
    """Choose at most 2000 images, from those with labels if there are any; None for fewer than 3."""
    labels = latents.labels
    kept = np.arange(len(latents)) if labels is None else np.flatnonzero(labels != "")
    several = labels is not None and len(np.unique(labels[kept])) > 1
    if not several:
        kept = np.arange(len(latents))
    rows = kept[stats.evenly_spaced(len(kept), MOST_POINTS)]
    if len(rows) < 3:
        return None
    chosen = labels[rows] if several and labels is not None else None
    if chosen is not None and np.unique(chosen, return_counts=True)[1].min() < 2:
        chosen = None
    projections = {
        method: projection
        for method, projection in latents.projections().items()
        if projection.points.ndim == 2
        and len(projection.points) == len(latents)
        and projection.points.dtype.kind == "f"
    }
    scores = [_neighbors(latents, latents.mu), None]
    if scores[0] is not None and latents.baseline is not None:
        scores[1] = _neighbors(latents, latents.baseline)
    return LatentSpace(
        latents.mu[rows],
        chosen,
        None if latents.baseline is None else latents.baseline[rows],
        {method: projection.points[rows] for method, projection in projections.items()},
        {method: projection.info.get("seed") for method, projection in projections.items()},
        0 if labels is None else len(np.unique(labels[labels != ""])),
        *scores,
    )


def _neighbors(latents: Latents, points: Floats) -> stats.Accuracy | None:
    """Return the report's score of the 15 nearest neighbors; None for too few labeled images, or a single class."""
    if latents.labels is None or not np.isfinite(points).all():
        return None
    order = np.argsort(latents.ids, kind="stable")
    names, first, codes = np.unique(latents.labels[order], return_index=True, return_inverse=True)
    rank = np.full(len(names), -1)
    real = np.flatnonzero(names != "")
    rank[real[np.argsort(first[real])]] = np.arange(len(real))
    codes = rank[codes]
    groups = np.arange(len(latents))
    if latents.digest is not None:
        _, groups = np.unique(latents.digest[order], return_inverse=True)
        alone = latents.digest[order] == ""
        groups[alone] = len(latents) + np.flatnonzero(alone)
    if len(real) < 2 or len(np.unique(groups[codes >= 0])) < stats.FEWEST_SCORED:
        return None
    rows, predicted = stats.leave_one_out(stats.center_and_scale(points[order]), codes, groups)
    return stats.balanced_accuracy(predicted == codes[rows], codes[rows], groups[rows])


def compare_images(x: Floats, y: Floats, y_train: Floats | None = None) -> ReconstructionQuality:
    """Compare images x with their reconstructions y, and y_train in training mode; each has shape (n, H, W[, C])."""
    x, y = (np.nan_to_num(array.astype(np.float64)) for array in (x, y))
    error = float(((x - y) ** 2).mean())
    variance = float(x.var(axis=0).mean())
    gap = None
    if y_train is not None:
        train_error = float(((x - np.nan_to_num(y_train.astype(np.float64))) ** 2).mean())
        gap = error / train_error if train_error > 0 else None
    return ReconstructionQuality(
        images=len(x),
        image_low=float(x.min()),
        image_high=float(x.max()),
        output_low=float(y.min()),
        output_high=float(y.max()),
        clipped=_clipped(x, y),
        sharpness=_ratio(_laplacian_variance(y), _laplacian_variance(x)),
        spread=_ratio(float(y.var(axis=0).mean()), variance),
        r2=1 - error / variance if variance > 0 else None,
        eval_gap=gap,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 1.0


def _clipped(x: Floats, y: Floats) -> float:
    """Return the share of x that lies beyond all of y by a tenth of its range, where y is within a hundredth of its own bound."""
    low, high = float(y.min()), float(y.max())
    margin, near = 0.1 * float(x.max() - x.min()), 0.01 * (high - low)
    above = (x > high + margin) & (y >= high - near)
    below = (x < low - margin) & (y <= low + near)
    return float((above | below).mean()) if margin > 0 else 0.0


def _laplacian_variance(x: Floats) -> float:
    """Return the variance of the 4-neighbor Laplacian inside the images; 0 for images that are too small."""
    if min(x.shape[1:3]) < 3:
        return 0.0
    inner = x[:, 1:-1, 1:-1]
    return float((x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:] - 4 * inner).var())


def embed_and_measure(
    run: Run,
    images: Sequence[Source] | ImageSet,
    *,
    cache: bool = True,
    progress: Progress | None = None,
) -> tuple[PosteriorStatistics, LatentSpace | None, ReconstructionQuality]:
    """Embed at most 2000 images, evenly spaced, and reconstruct 256 of them from mu.

    `images` are sources to load, or images that were loaded with the run's transform.
    """
    rows = stats.evenly_spaced(len(images), MOST_POINTS)
    if isinstance(images, ImageSet):
        loaded = images.take(rows)
    else:
        with Cache() if cache else nullcontext() as opened_cache:
            loaded = load([images[at] for at in rows], run.transform, cache=opened_cache, progress=progress)
    batches = [run.model.encode(loaded.pixels[at : at + BATCH]) for at in range(0, len(loaded), BATCH)]
    mu, logvar = (np.concatenate(column) for column in zip(*batches, strict=True))
    some = stats.evenly_spaced(len(loaded), MOST_RECONSTRUCTED)
    outputs = [run.model.decode(mu[some[at : at + BATCH]]) for at in range(0, len(some), BATCH)]
    latents = Latents({"ids": loaded.ids, "mu": mu, "labels": loaded.labels, "digest": loaded.digests})
    return (
        posterior(mu, logvar),
        latent_space(latents),
        compare_images(loaded.pixels[some] / 255.0, np.concatenate(outputs)),
    )
