"""A trained run, opened: the best weights in a backend, and what its images were turned into and compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from latentkit import registry
from latentkit.architecture import Architecture, parameters
from latentkit.errors import FormatError
from latentkit.formats.run import read_images, read_record
from latentkit.formats.tensors import digest, read_tensors
from latentkit.images import Transform
from latentkit.images.pixel_pca import PixelPCA
from latentkit.objective import Objective
from latentkit.protocol import Backend, Model

__all__ = ["Run", "backend_of", "load_run", "open_run"]


@dataclass(frozen=True)
class Run:
    """A trained run, ready to use."""

    model: Model
    architecture: Architecture
    transform: Transform
    baseline: PixelPCA
    split: Mapping[str, str]
    """Content digest to train or validation."""
    weights: str
    """Hex of their content: what is made from latents goes with those of the same weights alone."""
    kl_per_dim: tuple[float, ...] | None
    """(latent,) nats over the validation images, by the weights that are used; None if the record tells of none."""


def open_run(path: Path, backend: str | None = None, device: str = "auto") -> Run:
    """The best weights of a run in a backend: the one named, else the one that trained it, else any."""
    return load_run(path, backend_of(path, backend), device)


def backend_of(path: Path, named: str | None) -> Backend:
    """The backend that is named, else the one that trained the run, else any."""
    _, chosen = registry.choose(named, read_record(path)["backend"]["name"])
    return chosen


def load_run(path: Path, backend: Backend, device: str) -> Run:
    """The best weights of a run on a device of this backend."""
    record = read_record(path)
    architecture = Architecture.from_json(record["architecture"])
    weights = _tensors(path / "weights.safetensors", parameters(architecture))
    state = {f"weights/{name}": weights[name] for name in parameters(architecture)}
    model = backend.build(architecture, Objective(**record["objective"]), state, device=device)
    pixels = architecture.pixels
    baseline = _tensors(path / "baseline.safetensors", {"mean": (pixels,), "components": (None, pixels)})
    images = read_images(path)
    return Run(
        model,
        architecture,
        Transform.from_json(record["images"]["transform"]),
        PixelPCA(baseline["mean"], baseline["components"]),
        dict(zip(images.digest.tolist(), images.split.tolist(), strict=True)),
        digest(weights),
        _kl_per_dim(record, architecture.latent),
    )


def _kl_per_dim(record: Mapping[str, Any], latent: int) -> tuple[float, ...] | None:
    validation = record.get("validation")
    told = validation.get("kl_per_dim") if isinstance(validation, Mapping) else None
    good = isinstance(told, list) and len(told) == latent and all(isinstance(nats, float) for nats in told)
    return tuple(told) if good and told else None


def _tensors(path: Path, shapes: Mapping[str, tuple[int | None, ...]]) -> dict[str, NDArray[Any]]:
    """The arrays of a file, these among them, None being any length; FormatError naming the first that is not there."""
    found, _ = read_tensors(path)
    for name, shape in shapes.items():
        there = found[name].shape if name in found else ()
        if len(there) != len(shape) or any(
            want not in (None, side) for want, side in zip(shape, there, strict=True)
        ):
            wanted = "x".join("N" if want is None else str(want) for want in shape)
            raise FormatError(f"{path}: {name!r} is not there in shape {wanted}; train the run anew")
    return found
