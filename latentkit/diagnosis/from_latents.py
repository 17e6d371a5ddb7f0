"""Latents as quantities: the posterior, the space, what was drawn and clustered, and reconstructions that lie beside them.

Beyond the keys of latentkit's own files, an .npz made elsewhere may hold

    images, reconstructions     (n, H, W, C), any range: what went in and what came out in inference mode
    reconstructions_train       the same in training mode
    mu_again                    (N, D): the same images embedded a second time
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.diagnosis.pictures import compare
from latentkit.diagnosis.quantities import Pictures, Posterior, Quantities, Space, Split
from latentkit.diagnosis.space import MOST
from latentkit.errors import FormatError
from latentkit.formats.latents import Latents

__all__ = ["from_latents", "posterior", "space"]

Floats = NDArray[np.floating[Any]]
MOST_POSTERIORS = 20_000


def from_latents(latents: Latents, name: str) -> Quantities:
    """What latents say; FormatError where arrays that belong together do not fit."""
    mu = latents.mu
    return Quantities(
        source=f"{name}: latents of {len(latents)} images, {mu.shape[1]} dimensions",
        latent=mu.shape[1],
        split=_split(latents),
        posterior=None if latents.logvar is None else posterior(mu, latents.logvar, _second(latents, name)),
        space=space(latents),
        pictures=_pictures(latents, name),
        clusters=_clusters(latents),
    )


def _rows(count: int, most: int) -> NDArray[np.int64]:
    """At most so many rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def posterior(mu: Floats, logvar: Floats, pairs: tuple[Floats, Floats, Floats] | None = None) -> Posterior:
    """The figures of each dimension, from at most 20 000 images; `pairs` are mu, mu and logvar of images embedded twice."""
    rows = _rows(len(mu), MOST_POSTERIORS)
    means, spreads = mu[rows].astype(np.float64), np.clip(logvar[rows].astype(np.float64), -60, 60)
    again = None
    if pairs is not None:
        first, second, spread = (array.astype(np.float64) for array in pairs)
        again = np.sqrt(((first - second) ** 2 / np.exp(np.clip(spread, -60, 60))).mean(axis=0))
    return Posterior(
        kl_per_dim=(means**2 + np.exp(spreads) - 1 - spreads).mean(axis=0) / 2,
        variance=means.var(axis=0),
        sigma=np.exp(np.median(spreads, axis=0) / 2),
        again=again,
    )


def space(latents: Latents) -> Space | None:
    """At most 2000 images, those with labels where there are any; None for fewer than 3."""
    labels = latents.labels
    kept = np.arange(len(latents)) if labels is None else np.flatnonzero(labels != "")
    known = labels is not None and len(np.unique(labels[kept])) > 1
    if not known:
        kept = np.arange(len(latents))
    rows = kept[_rows(len(kept), MOST)]
    if len(rows) < 3:
        return None
    projections = latents.projections()
    chosen = labels[rows] if known and labels is not None else None
    return Space(
        latents.mu[rows],
        None if chosen is None or np.unique(chosen, return_counts=True)[1].min() < 2 else chosen,
        None if latents.baseline is None else latents.baseline[rows],
        {method: each.points[rows] for method, each in projections.items()},
        {method: each.info.get("seed") for method, each in projections.items()},
    )


def _second(latents: Latents, name: str) -> tuple[Floats, Floats, Floats] | None:
    """mu, another mu and logvar of images that were embedded twice: in `mu_again`, or as identical files."""
    mu, logvar = latents.mu, latents.logvar
    if logvar is None:
        return None
    again = latents.arrays.get("mu_again")
    if again is not None:
        if again.shape != mu.shape or again.dtype.kind != "f":
            raise FormatError(
                f"{name}: mu_again is {again.shape} {again.dtype}, and mu {mu.shape}: save it as floats of that shape"
            )
        return mu, again, logvar
    if latents.digest is None:
        return None
    order = np.argsort(latents.digest, kind="stable")
    same = np.flatnonzero(latents.digest[order][1:] == latents.digest[order][:-1])
    if not len(same):
        return None
    return mu[order[same]], mu[order[same + 1]], logvar[order[same]]


def _split(latents: Latents) -> Split | None:
    side = latents.split
    if side is None or not (side == "validation").any():
        return None
    names = latents.labels if latents.labels is not None else np.full(len(latents), "")
    train, held_out = side == "train", side == "validation"
    shared = (
        0 if latents.digest is None else len(np.intersect1d(latents.digest[train], latents.digest[held_out]))
    )
    classes = [Counter(label for label in names[rows].tolist() if label) for rows in (train, held_out)]
    return Split(int(train.sum()), int(held_out.sum()), shared, *classes)


def _pictures(latents: Latents, name: str) -> Pictures | None:
    images, outputs, trained = (
        latents.arrays.get(key) for key in ("images", "reconstructions", "reconstructions_train")
    )
    if images is None or outputs is None:
        return None
    for key, array in (("images", images), ("reconstructions", outputs), ("reconstructions_train", trained)):
        if array is not None and (
            array.shape != images.shape
            or array.ndim not in (3, 4)
            or array.dtype.kind not in "fu"
            or not array.size
        ):
            raise FormatError(
                f"{name}: {key} is {array.shape} {array.dtype}; give images and reconstructions alike, (n, H, W, C) numbers"
            )
    return compare(_real(images), _real(outputs), None if trained is None else _real(trained))


def _real(array: NDArray[Any]) -> Floats:
    """Floats as they are, bytes as 0..1; at most 256 images."""
    some = array[_rows(len(array), 256)]
    return some.astype(np.float64) / 255 if some.dtype == np.uint8 else some.astype(np.float64)


def _clusters(latents: Latents) -> tuple[int, ...] | None:
    found = latents.arrays.get("clusters")
    if found is None or found.ndim != 1 or found.dtype.kind not in "iu" or not (found >= 0).any():
        return None
    return tuple(int(count) for count in np.unique(found[found >= 0], return_counts=True)[1])
