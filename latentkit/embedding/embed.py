"""Embed images, in one process or in a group, and write the latents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.embedding.share import Part, embed_in_group
from latentkit.formats.labels import read_labels
from latentkit.formats.latents import LatentsWriter
from latentkit.group import join
from latentkit.images import Cache, ImageSet, Skipped, Source, stream
from latentkit.images.pillow import thumbnails
from latentkit.launch import rank_0_reports
from latentkit.protocol import Batch
from latentkit.run import Run, open_run

__all__ = ["EmbedRequest", "embed"]


@dataclass(frozen=True)
class EmbedRequest:
    """The images to embed, and how to embed them."""

    run: Path | Run
    """The folder of a run, or an open run."""
    images: Sequence[Source]
    backend: str | None = None
    device: str = "auto"
    labels: str | None = None
    """A CSV of labels, to be used instead of folder names."""
    batch: int = 256
    thumbnails: int | None = None
    """Side of the thumbnails to include, in pixels."""
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


def embed(
    request: EmbedRequest,
    output: BinaryIO,
    *,
    progress: Callable[[int, int], None] | None = None,
    report_skipped: Callable[[Sequence[Skipped], int], None] = lambda skipped, total: None,
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Write the latents of the images; nothing is written if an error is raised.

    The processes of a group share the images, and process 0 writes.
    """
    with rank_0_reports():
        run = request.run
        if not isinstance(run, Run):
            run = open_run(run, request.backend, request.device)
        backend = run.backend
    with join(backend, request.device) as group:
        if group is not None:
            run.device = group.device
        run.load()
        run.baseline, run.split  # noqa: B018  # refuse an incomplete run before an image is read
        labels = _labels(request, tell) if request.labels else None
        if (group is None or group.rank == 0) and (warning := run.color_warning(request.images)):
            tell(f"warning: {warning}")
        with Cache() if request.cache else nullcontext() as cache:

            def parts(sources: Sequence[Source]) -> Iterator[Part]:
                for images in stream(
                    sources,
                    run.transform,
                    batch=request.batch,
                    workers=request.workers,
                    cache=cache,
                    progress=progress,
                ):
                    yield Part(_rows(run, images, labels, request.thumbnails), images.skipped)

            if group is not None:
                everything = embed_in_group(group, request.images, request.batch, parts)
            else:
                everything = parts(request.images)
            if group is None or group.rank == 0:
                _write(everything, output, run, lambda skipped: report_skipped(skipped, len(request.images)))
            else:
                for _ in everything:
                    pass


def _labels(request: EmbedRequest, tell: Callable[[str], None]) -> dict[str, str]:
    """Return the label of every id."""
    ids = [source.id for source in request.images]
    table = read_labels(ids, str(request.labels))
    for note in table.notes:
        tell(note)
    return dict(zip(ids, table.labels.tolist(), strict=True))


def _write(
    parts: Iterator[Part], output: BinaryIO, run: Run, report_skipped: Callable[[Sequence[Skipped]], None]
) -> None:
    meta = {
        "schema": "latentkit.latents/1",
        "image": list(run.architecture.image),
        "fit": run.transform.fit,
        "weights": run.weights_digest,
        "training": {"options": run.record.get("options"), "improving": run.improving},
    }
    skipped: list[Skipped] = []
    with LatentsWriter(output, meta) as writer:
        for part in parts:
            writer.append(**part.rows)
            skipped += part.skipped
        if skipped:
            report_skipped(skipped)


def _rows(
    run: Run, images: ImageSet, labels: Mapping[str, str] | None, thumbnail: int | None
) -> dict[str, NDArray[Any]]:
    """Return the rows to write for these images; mse is that of decoding mu, without noise.

    A run on a single training image has no baseline, because nothing varies.
    """
    pixels = images.pixels
    noise = np.zeros((len(pixels), run.architecture.latent), np.float32)
    evaluation = run.model.evaluate(Batch(pixels, pixels, noise))
    rows = {
        "ids": images.ids,
        "mu": evaluation.mu,
        "logvar": evaluation.logvar,
        "mse": evaluation.squared_error / np.float32(run.architecture.pixels),
        "pixel_variance": run.baseline.squared_error(pixels),
    }
    if len(run.baseline.components):
        rows["baseline"] = run.baseline.transform(pixels)
    rows["split"] = np.array([run.split.get(digest, "unseen") for digest in images.digests.tolist()])
    rows["labels"] = images.labels if labels is None else np.array([labels[id] for id in images.ids.tolist()])
    rows["digest"] = images.digests
    if thumbnail:
        rows["thumbnails"] = thumbnails(pixels, thumbnail)
    return rows
