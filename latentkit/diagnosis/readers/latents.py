"""Read latents and convert them to `Facts`.

Besides the arrays that latentkit writes, an .npz may contain

    images, reconstructions     (n, H, W, C), any range: input and output in inference mode
    reconstructions_train       the output in training mode
    mu_again                    (N, D): the same images embedded a second time
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.diagnosis import measure
from latentkit.diagnosis.facts import Facts, PosteriorStatistics, ReconstructionQuality, Split
from latentkit.diagnosis.readers import csv_log
from latentkit.diagnosis.readers.columns import interpret
from latentkit.diagnosis.readers.reader import Document, Evidence, Reader
from latentkit.diagnosis.readers.table import LogTable
from latentkit.errors import FormatError
from latentkit.formats.latents import Latents, read_latents

__all__ = ["ARCHIVE", "TABLE", "from_latents"]

MAGIC = (b"PK\x03\x04", b"\x93NUMPY")
MOST_IMAGES = 256
Floats = NDArray[np.floating[Any]]


def from_latents(latents: Latents, name: str) -> Facts:
    """Convert latents. Raises FormatError if arrays that belong together do not match."""
    return Facts(
        source=f"{name}: latents of {len(latents)} images, {latents.mu.shape[1]} dimensions",
        latent=latents.mu.shape[1],
        split=_split(latents),
        posterior=_posterior(latents, name),
        space=measure.latent_space(latents),
        reconstructions=_reconstructions(latents, name),
        clusters=_clusters(latents),
    )


def _posterior(latents: Latents, name: str) -> PosteriorStatistics | None:
    if latents.logvar is None:
        return None
    return measure.posterior(latents.mu, latents.logvar, _repeats(latents, latents.logvar, name))


def _repeats(latents: Latents, logvar: Floats, name: str) -> tuple[Floats, Floats, Floats] | None:
    """Return mu, a second mu and logvar of images that were embedded twice: in `mu_again`, or as identical files."""
    mu, again = latents.mu, latents.arrays.get("mu_again")
    if again is not None:
        if again.shape != mu.shape or again.dtype.kind != "f":
            raise FormatError(
                f"{name}: mu_again is {again.shape} {again.dtype}, but mu is {mu.shape}; save it as floats of the shape of mu"
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
    labels = latents.labels if latents.labels is not None else np.full(len(latents), "")
    train, held_out = side == "train", side == "validation"
    shared = (
        0 if latents.digest is None else len(np.intersect1d(latents.digest[train], latents.digest[held_out]))
    )
    classes = [Counter(label for label in labels[rows].tolist() if label) for rows in (train, held_out)]
    return Split(int(train.sum()), int(held_out.sum()), shared, *classes)


def _reconstructions(latents: Latents, name: str) -> ReconstructionQuality | None:
    images, outputs, training_outputs = (
        latents.arrays.get(key) for key in ("images", "reconstructions", "reconstructions_train")
    )
    if images is None or outputs is None:
        return None
    for key, array in (
        ("images", images),
        ("reconstructions", outputs),
        ("reconstructions_train", training_outputs),
    ):
        if array is not None and (
            array.shape != images.shape
            or array.ndim not in (3, 4)
            or array.dtype.kind not in "fu"
            or not array.size
        ):
            raise FormatError(
                f"{name}: {key} is {array.shape} {array.dtype}; images and reconstructions must be numbers of one shape (n, H, W, C)"
            )
    return measure.compare_images(
        _as_floats(images),
        _as_floats(outputs),
        None if training_outputs is None else _as_floats(training_outputs),
    )


def _as_floats(array: NDArray[Any]) -> Floats:
    """Return at most 256 images as floats; bytes are scaled to 0..1, floats are not."""
    some = array[stats.evenly_spaced(len(array), MOST_IMAGES)]
    return some.astype(np.float64) / 255 if some.dtype == np.uint8 else some.astype(np.float64)


def _clusters(latents: Latents) -> tuple[int, ...] | None:
    clusters = latents.arrays.get("clusters")
    if clusters is None or clusters.ndim != 1 or clusters.dtype.kind not in "iu" or not (clusters >= 0).any():
        return None
    return tuple(int(count) for count in np.unique(clusters[clusters >= 0], return_counts=True)[1])


def _read(document: Document) -> Latents:
    with document.open() as stream:
        return read_latents(stream, name=document.name)


def _archive_evidence(document: Document) -> Evidence | None:
    return Evidence(True, "an .npz or .npy file") if document.head.startswith(MAGIC) else None


def _table_evidence(document: Document) -> Evidence | None:
    """Accept a CSV that has no metrics and can be read as latents."""
    table = document.parse(csv_log.parse)
    if table is None or table.metrics() or _has_position(table):
        return None
    try:
        latents = _read(document)
    except FormatError:
        return None
    return Evidence(True, f"a CSV of {latents.mu.shape[1]} numeric columns, none of them a metric")


def _has_position(table: LogTable) -> bool:
    """Return whether a column is an epoch, a step or a time: then the table is a log, whatever else it has."""
    meanings = map(interpret, table.names())
    return any(
        meaning is not None and meaning.quantity in ("epoch", "step", "seconds") for meaning in meanings
    )


ARCHIVE = Reader("latents (.npz, .npy)", _archive_evidence, _read)
TABLE = Reader("latents (CSV)", _table_evidence, _read)
