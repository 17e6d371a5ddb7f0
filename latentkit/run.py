"""A run that is open: each part of it is read when it is first needed, and only once.

A command opens a run and passes it on, so that everything it does with the run shares one reading of the weights
and one model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from latentkit import registry
from latentkit.architecture import Architecture, parameters
from latentkit.errors import FormatError
from latentkit.formats.held_out import HeldOut, read_held_out
from latentkit.formats.history import History, read_history
from latentkit.formats.run import RunImages, read_images, read_record
from latentkit.formats.tensors import digest, read_tensors
from latentkit.images import Source, Transform, describe_mismatch
from latentkit.images.pixel_pca import PixelPCA
from latentkit.objective import Objective
from latentkit.protocol import Backend, Model

__all__ = ["Run", "open_run"]

ANY: None = None
"""A side of any length, in the shape of an array."""


@dataclass(eq=False)
class Run:
    """The folder that `latentkit train` made. Every property raises FormatError if its file is missing or corrupt."""

    path: Path
    named_backend: str | None = None
    """The backend to use; None: the one that trained the run, or any other that is installed."""
    device: str = "auto"
    """Where to put the model; must be set before the model is used."""

    def load(self) -> Self:
        """Build the model now, so that errors are raised before any output is written."""
        self.model  # noqa: B018
        return self

    @cached_property
    def record(self) -> dict[str, Any]:
        """The content of run.json."""
        return read_record(self.path)

    @cached_property
    def architecture(self) -> Architecture:
        """The network, as it was when the run began."""
        return Architecture.from_json(self.record["architecture"])

    @cached_property
    def transform(self) -> Transform:
        """How images are brought to the network's size and color."""
        return Transform.from_json(self.record["images"]["transform"])

    def color_warning(self, sources: Sequence[Source]) -> str | None:
        """Return a warning if images are of another color than those of the run; None if `--color` chose the color."""
        if self.record["options"].get("color", "auto") != "auto":
            return None
        return describe_mismatch(sources, self.transform.color)

    @cached_property
    def images(self) -> RunImages:
        """The ids, content digests, splits and labels of the images of the run."""
        return read_images(self.path)

    @cached_property
    def split(self) -> Mapping[str, str]:
        """Content digest to "train" or "validation"."""
        return dict(zip(self.images.digest.tolist(), self.images.split.tolist(), strict=True))

    @cached_property
    def history(self) -> History:
        """The validations and findings in history.jsonl; empty if there is none."""
        return read_history(self.path / "history.jsonl")

    @cached_property
    def weights(self) -> dict[str, NDArray[Any]]:
        """The best weights, by their canonical names; their shapes are checked against the architecture."""
        arrays = self._weights
        _check_shapes(self.path / "weights.safetensors", arrays, parameters(self.architecture))
        return arrays

    @cached_property
    def weights_digest(self) -> str | None:
        """Hex digest of the best weights, which latents made with them carry; None before the first checkpoint."""
        return digest(self._weights) if (self.path / "weights.safetensors").exists() else None

    @cached_property
    def _weights(self) -> dict[str, NDArray[Any]]:
        return read_tensors(self.path / "weights.safetensors")[0]

    @cached_property
    def baseline(self) -> PixelPCA:
        """The PCA of the training pixels."""
        file, pixels = self.path / "baseline.safetensors", self.architecture.pixels
        arrays, _ = read_tensors(file)
        _check_shapes(file, arrays, {"mean": (pixels,), "components": (ANY, pixels)})
        return PixelPCA(arrays["mean"], arrays["components"])

    @cached_property
    def held_out(self) -> HeldOut | None:
        """The latents of validation images, and the most typical image; None for a run of an older version."""
        return read_held_out(self.path, self.architecture.image, self.architecture.latent)

    @cached_property
    def kl_per_dim(self) -> tuple[float, ...] | None:
        """(latent,) nats over the validation images, with the best weights; None if they were never validated."""
        validation = self.record.get("validation")
        nats = validation.get("kl_per_dim") if isinstance(validation, Mapping) else None
        valid = isinstance(nats, list) and len(nats) == self.architecture.latent
        return tuple(nats) if valid and nats and all(isinstance(each, float) for each in nats) else None

    @cached_property
    def improving(self) -> bool:
        """True if the validation loss was still falling at the end: the last validation is the best one."""
        validations, best = self.history.validations, self.record.get("best")
        last = validations[-1].step if validations else None
        return isinstance(best, Mapping) and best.get("step") == last

    @cached_property
    def backend(self) -> Backend:
        """The backend that was named, or the one that trained the run, or any other that can be imported."""
        return registry.choose(self.named_backend, self.record["backend"]["name"])[1]

    @cached_property
    def model(self) -> Model:
        """The network with its best weights, on `device`; raises BackendError if it cannot be built there."""
        state = {f"weights/{name}": self.weights[name] for name in parameters(self.architecture)}
        objective = Objective(**self.record["objective"])
        return self.backend.build(self.architecture, objective, state, device=self.device)


def open_run(path: Path, backend: str | None = None, device: str = "auto") -> Run:
    """Open the run in a folder; nothing but run.json is read before it is needed."""
    run = Run(path, backend, device)
    run.record  # noqa: B018
    return run


def _check_shapes(
    file: Path, arrays: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int | None, ...]]
) -> None:
    """Raise FormatError naming the first array that is missing or has another shape."""
    for name, shape in shapes.items():
        actual = arrays[name].shape if name in arrays else ()
        if len(actual) != len(shape) or any(
            side not in (ANY, length) for side, length in zip(shape, actual, strict=True)
        ):
            expected = "x".join("N" if side is ANY else str(side) for side in shape)
            raise FormatError(f"{file}: {name!r} is missing or not of shape {expected}; train the run again")
