"""The protocol of a backend: a module that interprets layer rows and computes gradients, and nothing else.

The core owns the architecture, the initial weights, the order of the data, the noise, the
schedule and every byte on disk. A backend is any module with the attributes of `Backend`,
registered under the entry-point group "latentkit.backends"; it may import `protocol`,
`architecture`, `objective` and `errors` of latentkit. `latentkit backends check NAME` runs the
contract against it. backends/README.md explains how to write one.
"""

import inspect
from collections.abc import Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from latentkit.architecture import Architecture
from latentkit.choices import Precision
from latentkit.objective import Objective

__all__ = [
    "API",
    "Backend",
    "Batch",
    "Evaluation",
    "Group",
    "Losses",
    "Model",
    "Posterior",
    "Precision",
    "Stager",
    "State",
    "takes",
]

API = 1
"""The version of this protocol. A backend with another version is rejected."""

State = dict[str, NDArray[Any]]
"""The state of a model between two steps, in the canonical layout, as C-contiguous copies.

"weights/NAME" for each of `architecture.parameters`, float32; the slots of the optimizer, float32 and
shaped like their weights, "adam.m/NAME" and "adam.v/NAME" or "rmsprop.v/NAME"; "step", int64 and
0-d, the number of updates so far. `build` accepts a state of weights alone, at step 0.
"""


class Batch(NamedTuple):
    """The input of one step or one evaluation."""

    images: NDArray[np.uint8]
    """(N, H, W, C): the input of the encoder; rows of what `Stager.stage` returned, if the model has it."""
    targets: NDArray[np.uint8]
    """(N, H, W, C): what to reconstruct: the same array, or the clean images."""
    noise: NDArray[np.float32]
    """(N, latent): standard normal, drawn by the core; z = mu + exp(logvar / 2) * noise."""


class Losses(NamedTuple):
    """The losses of one step, before its update; means over the batch, in nats per image.

    Each may be a 0-d tensor on its device: the core rarely calls float(), so that an accelerator does not wait at
    every step.
    """

    loss: Any
    reconstruction: Any
    kl: Any
    squared_error: Any


class Evaluation(NamedTuple):
    """The losses of each image, from which the core computes the metrics of a whole set exactly."""

    reconstruction: NDArray[np.float32]
    """(N,): nats; the sigma of a calibrated Gaussian is that of this batch."""
    squared_error: NDArray[np.float32]
    """(N,): sum over pixels of (target - decoded mean)^2."""
    mu: NDArray[np.float32]
    """(N, latent)"""
    logvar: NDArray[np.float32]
    """(N, latent): clamped."""


class Posterior(NamedTuple):
    """q(z | x) = N(mu, exp(logvar))."""

    mu: NDArray[np.float32]
    """(N, latent)"""
    logvar: NDArray[np.float32]
    """(N, latent): clamped to the objective's bounds."""


Array = TypeVar("Array", bound=NDArray[Any])


class Group(Protocol):
    """Processes that train one model together; all of them make the same calls in the same order.

    A context manager. If an exception leaves it after another process has failed, it raises a GroupError without a
    message instead, so that only the first process to fail reports an error.
    """

    rank: int
    """0 .. size - 1; only process 0 prints and writes."""
    size: int
    device: str
    """The device of this process."""
    leads: bool
    """Whether this is the first process on its machine (local rank 0)."""

    def sum(self, array: Array) -> Array:
        """Return the sum over all processes, the same bits in each; raises GroupError if one of them is gone."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Model(Protocol):
    """A network on a device, with its optimizer."""

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """Update the weights once; return the losses before the update.

        In a group, every process gets its share of one batch, which may be empty: sigma, KL, losses and update are
        those of the whole batch, the same in every process.
        """

    def evaluate(self, batch: Batch) -> Evaluation:
        """Return the losses of each image of the batch; changes nothing."""

    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """Return the posterior of each image (N, H, W, C) uint8."""

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the decoded means, (N, H, W, C) in 0..1, of latents (N, latent)."""

    def state(self) -> State:
        """Return copies of everything that the next step depends on."""


@runtime_checkable
class Stager(Protocol):
    """A model that can keep all images on its device, so that none is copied there twice."""

    def stage(self, images: NDArray[np.uint8]) -> Any | None:
        """Return all images (N, H, W, C) on the device, to be indexed with an array of rows; None: not needed, or no space."""


class Backend(Protocol):
    """A module with these attributes."""

    API: int

    def version(self) -> str:
        """Return the framework and its version, for run.json: "torch 2.13.0"."""

    def devices(self) -> Sequence[str]:
        """Return the names of the devices; "auto" means the first."""

    def join(self, device: str) -> Group:
        """Return the group of the processes that a launcher started together with this one, each on a device of this kind.

        Raises BackendError saying what to do if there is no launcher, or if the backend does not support groups.
        """

    def build(
        self,
        architecture: Architecture,
        objective: Objective,
        state: State,
        *,
        device: str = "auto",
        group: Group | None = None,
        precision: Precision = "float32",
        compile: bool = False,
    ) -> Model:
        """Return a model with this state; raises BackendError for a device that does not exist.

        `group` is what `join` returned; all its processes start from the state of process 0. `precision` is that of the
        updates alone. `compile` takes time before the first update to make all of them faster. A backend that does not
        support one of these three leaves the parameter out: the core then reports that it is not supported.
        """


def takes(backend: Backend, option: str) -> bool:
    """Return whether `build` of this backend has an optional parameter: group, precision or compile."""
    return option in inspect.signature(backend.build).parameters
