"""Tiny networks and batches for the checks, and a comparison with tolerances."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentkit.architecture import Architecture, Kind, Layer, parameters
from latentkit.objective import Objective
from latentkit.protocol import Backend, Batch, Model, State
from latentkit.randomness import generator

__all__ = [
    "ContractError",
    "batch_for",
    "build",
    "close",
    "network",
    "require",
    "rows",
    "state_of",
    "vector_network",
    "weights_in",
    "whole_network",
]


class ContractError(AssertionError):
    """The backend fails a contract check."""


def require(condition: bool, message: str) -> None:
    """Raise ContractError with this message unless the condition holds."""
    if not condition:
        raise ContractError(message)


def close(
    name: str, actual: ArrayLike, expected: ArrayLike, *, relative: float = 1e-4, absolute: float = 1e-5
) -> None:
    """Raise ContractError unless both arrays are equal within the tolerances."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    require(actual.shape == expected.shape, f"{name}: shape {actual.shape}, not {expected.shape}")
    excess = np.abs(actual - expected) - (absolute + relative * np.abs(expected))
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(excess, nan=np.inf))), excess.shape)
    require(
        bool((excess <= 0).all()), f"{name}: {actual[worst]:.7g}, but the reference has {expected[worst]:.7g}"
    )


def rows(*rows: tuple[Kind, int]) -> tuple[Layer, ...]:
    """Return rows with unique names."""
    return tuple(Layer(kind, f"{kind}{size}.{index}", size) for index, (kind, size) in enumerate(rows))


def network(
    image: tuple[int, int, int], latent: int, encoder: Sequence[Layer], decoder: Sequence[Layer]
) -> Architecture:
    """Return a network; the names of the rows of its halves do not clash."""
    decoder = tuple(Layer(kind, f"d.{name}", size) for kind, name, size in decoder)
    return Architecture(image, latent, tuple(encoder), decoder)


def vector_network() -> Architecture:
    """Return a network of two dense rows: (1, 1, 6) images, 3 latents."""
    return network((1, 1, 6), 3, rows(("flatten", 0), ("dense", 6)), rows(("dense", 6), ("unflatten", 6)))


def whole_network() -> Architecture:
    """Return a network with every kind except residual, 100 to 200 weights: (4, 4, 1) images, 2 latents."""
    encoder = rows(("conv", 2), ("norm", 1), ("silu", 0), ("flatten", 0), ("dense", 4))
    decoder = rows(("dense", 8), ("unflatten", 2), ("norm", 2), ("silu", 0), ("upconv", 1))
    return network((4, 4, 1), 2, encoder, decoder)


def state_of(architecture: Architecture, scale: float = 0.5) -> State:
    """Return random weights, including norms and biases: a 0 or a 1 would hide errors."""
    return {
        f"weights/{name}": generator(7, name).standard_normal(shape, np.float32) * np.float32(scale)
        for name, shape in parameters(architecture).items()
    }


def weights_in(state: State) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a state, by their canonical names."""
    return {
        name.removeprefix("weights/"): value for name, value in state.items() if name.startswith("weights/")
    }


def batch_for(architecture: Architecture, n: int = 3, *, step: int = 0, clean: bool = True) -> Batch:
    """Return a random batch; its targets are the images if `clean`."""
    images = generator(7, "images", step).integers(0, 256, (n, *architecture.image), np.uint8)
    targets = images if clean else generator(7, "targets", step).integers(0, 256, images.shape, np.uint8)
    return Batch(
        images, targets, generator(7, "noise", step).standard_normal((n, architecture.latent), np.float32)
    )


def build(
    backend: Backend, architecture: Architecture, objective: Objective | None = None, scale: float = 0.5
) -> Model:
    """Build a model with random weights."""
    return backend.build(architecture, objective or Objective(), state_of(architecture, scale))
