"""What a backend is: a module that interprets layer rows and computes gradients, and nothing else.

The core owns the architecture, the initial weights, the order of the data, the noise, the
schedule and every byte on disk. A backend is any module with the attributes of `Backend`,
registered under the entry-point group "latentkit.backends"; it may import `protocol`,
`architecture`, `objective` and `errors` of latentkit. `latentkit backends check NAME` runs the
contract against it. backends/README.md teaches writing one.
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
"""The version of this contract. A backend that states another is refused by name."""

State = dict[str, NDArray[Any]]
"""A model between two steps, in the canonical layout, as C-contiguous copies.

"weights/NAME" for each of `architecture.parameters`, float32; the optimiser's slots, float32 and
shaped like their weights, "adam.m/NAME" and "adam.v/NAME" or "rmsprop.v/NAME"; "step", int64 and
0-d, the updates done so far. `build` takes a state of weights alone as one at step 0.
"""


class Batch(NamedTuple):
    """What one step or one evaluation sees."""

    images: NDArray[np.uint8]
    """(N, H, W, C): what the encoder sees; rows of what `Stager.stage` gave, where a model has that."""
    targets: NDArray[np.uint8]
    """(N, H, W, C): what must be reconstructed: the same array, or the clean images."""
    noise: NDArray[np.float32]
    """(N, latent): standard normal, drawn by the core; z = mu + exp(logvar / 2) * noise."""


class Losses(NamedTuple):
    """The figures of one update, before it was applied; mean over the batch, in nats per image.

    Each may be a 0-d tensor still on its device: the core calls float() rarely, so that an
    accelerator is not stalled at every step.
    """

    loss: Any
    reconstruction: Any
    kl: Any
    squared_error: Any


class Evaluation(NamedTuple):
    """The figures of each image, so that the core forms those of a whole set exactly."""

    reconstruction: NDArray[np.float32]
    """(N,): nats; a calibrated Gaussian takes its sigma from this batch."""
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
    """Processes that train one model together; the core calls them all in the same order.

    A context manager. Left by an exception after another process has failed, it raises a GroupError without a text
    instead, so that one process tells what happened: the first to fail.
    """

    rank: int
    """0 .. size - 1; process 0 speaks and writes."""
    size: int
    device: str
    """What this process computes on."""
    leads: bool
    """Whether this is the first process of its machine."""

    def sum(self, array: Array) -> Array:
        """The sum over all processes, the same bits in each; raises GroupError when one of them is gone."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Model(Protocol):
    """A network on a device, with its optimiser."""

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """One update of the weights; the losses are those before it.

        In a group every process is given its share of one batch, some of them an empty one: sigma, KL, losses and
        update are those of the whole batch, the same in all.
        """

    def evaluate(self, batch: Batch) -> Evaluation:
        """The figures of each image of the batch; changes nothing."""

    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """(N, H, W, C) uint8 to the posterior of each image."""

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, latent) to decoded means, (N, H, W, C) in 0..1."""

    def state(self) -> State:
        """Everything that the next step depends on, as copies."""


@runtime_checkable
class Stager(Protocol):
    """A model that can keep the images themselves where it computes, so that none travels twice."""

    def stage(self, images: NDArray[np.uint8]) -> Any | None:
        """All images (N, H, W, C) there, from which batches are taken by an array of rows; None: no need, or no room."""


class Backend(Protocol):
    """A module with these attributes."""

    API: int

    def version(self) -> str:
        """The framework and its version, for run.json: "torch 2.13.0"."""

    def devices(self) -> Sequence[str]:
        """The devices that can be named; the first is what "auto" means."""

    def join(self, device: str) -> Group:
        """The group of the processes that a launcher started with this one, each on its device of this kind.

        Raises BackendError saying what to do where there is no launcher, or where the backend has no groups.
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
        """A model with this state; raises BackendError for a device it does not have.

        `group` is what `join` returned, and then all start from process 0's state. `precision` is that of the updates
        alone. `compile` takes time before the first update so that all take less. A backend that lacks one of
        these three need not take it: whoever asks for it is told.
        """


def takes(backend: Backend, option: str) -> bool:
    """Whether `build` of this backend has an option that not every one has: group, precision or compile."""
    return option in inspect.signature(backend.build).parameters
