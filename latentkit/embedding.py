"""A run and images become latents: mu and logvar of the posterior, never a sample of it.

Memory does not grow with the number of images. The same run, images and batch size give the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit import registry
from latentkit.architecture import Architecture, parameters
from latentkit.errors import FormatError
from latentkit.formats.labels import labels_of
from latentkit.formats.latents import LatentsWriter
from latentkit.formats.run import read_images, read_record
from latentkit.formats.tensors import read_tensors
from latentkit.images import Cache, Skipped, Source, Transform, stream
from latentkit.images.pixel_pca import PixelPCA
from latentkit.images.thumbnails import thumbnails
from latentkit.objective import Objective
from latentkit.protocol import Batch, Model

__all__ = ["Request", "Run", "embed", "open_run"]


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    run: Path
    images: list[Source]
    backend: str | None = None
    device: str = "auto"
    labels: str | None = None
    """A CSV of labels, instead of the folders' names."""
    batch: int = 256
    thumbnails: int | None = None
    """The side of the small pictures to carry along."""
    workers: int | Literal["auto"] = "auto"
    cache: bool = True


@dataclass(frozen=True)
class Run:
    """A trained run, ready to use."""

    model: Model
    architecture: Architecture
    transform: Transform
    baseline: PixelPCA
    split: Mapping[str, str]
    """Content digest to train or validation."""


def open_run(path: Path, backend: str | None = None, device: str = "auto") -> Run:
    """The best weights of a run in a backend: the one named, else the one that trained it, else any."""
    record = read_record(path)
    architecture = Architecture.from_json(record["architecture"])
    weights = _tensors(path / "weights.safetensors", parameters(architecture))
    _, chosen = registry.choose(backend, record["backend"]["name"])
    state = {f"weights/{name}": value for name, value in weights.items()}
    model = chosen.build(architecture, Objective(**record["objective"]), state, device=device)
    pixels = architecture.pixels
    baseline = _tensors(path / "baseline.safetensors", {"mean": (pixels,), "components": (None, pixels)})
    images = read_images(path)
    return Run(
        model,
        architecture,
        Transform.from_json(record["images"]["transform"]),
        PixelPCA(baseline["mean"], baseline["components"]),
        dict(zip(images.digest.tolist(), images.split.tolist(), strict=True)),
    )


def _tensors(path: Path, shapes: Mapping[str, tuple[int | None, ...]]) -> dict[str, NDArray[Any]]:
    """These arrays of a file, None being any length; raises FormatError naming the first that is not there."""
    found, _ = read_tensors(path)
    for name, shape in shapes.items():
        there = found[name].shape if name in found else ()
        if len(there) != len(shape) or any(
            want not in (None, side) for want, side in zip(shape, there, strict=True)
        ):
            wanted = "x".join("N" if want is None else str(want) for want in shape)
            raise FormatError(f"{path}: {name!r} is not there in shape {wanted}; train the run anew")
    return {name: found[name] for name in shapes}


def embed(
    request: Request,
    output: BinaryIO,
    *,
    progress: Callable[[int, int], None] | None = None,
    left_out: Callable[[Sequence[Skipped], int], None] = lambda skipped, total: None,
) -> None:
    """Write the latents of the images; nothing is written when an error is raised."""
    run = open_run(request.run, request.backend, request.device)
    ids = [source.id for source in request.images]
    labels = dict(zip(ids, labels_of(ids, request.labels), strict=True)) if request.labels else None
    skipped: list[Skipped] = []
    with Cache() if request.cache else nullcontext() as cache, LatentsWriter(output, _meta(run)) as writer:
        for images in stream(
            request.images,
            run.transform,
            batch=request.batch,
            workers=request.workers,
            cache=cache,
            progress=progress,
        ):
            skipped += images.skipped
            chosen = (
                images.labels if labels is None else np.array([labels[id_] for id_ in images.ids.tolist()])
            )
            writer.append(
                ids=images.ids,
                **_rows(run, images.pixels),
                split=np.array([run.split.get(digest, "unseen") for digest in images.digests.tolist()]),
                labels=chosen,
                digest=images.digests,
                **(
                    {"thumbnails": thumbnails(images.pixels, request.thumbnails)}
                    if request.thumbnails
                    else {}
                ),
            )
        if skipped:
            left_out(skipped, len(ids))


def _meta(run: Run) -> dict[str, Any]:
    return {"schema": "latentkit.latents/1", "image": list(run.architecture.image), "fit": run.transform.fit}


def _rows(run: Run, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """mu, logvar, mse and baseline of a batch; the mse is that of decoding mu itself.

    A run on one training image has no baseline: there is no direction in which it varies.
    """
    noise = np.zeros((len(pixels), run.architecture.latent), np.float32)
    found = run.model.evaluate(Batch(pixels, pixels, noise))
    return {
        "mu": found.mu,
        "logvar": found.logvar,
        "mse": found.squared_error / np.float32(run.architecture.pixels),
    } | ({"baseline": run.baseline.transform(pixels)} if len(run.baseline.components) else {})
