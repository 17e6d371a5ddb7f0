"""What the checks are made on: networks so small that nothing else can disturb them, and how two figures are compared."""

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
    """A promise that the backend does not keep."""


def require(kept: bool, promise: str) -> None:
    if not kept:
        raise ContractError(promise)


def close(
    what: str, found: ArrayLike, expected: ArrayLike, *, relative: float = 1e-4, absolute: float = 1e-5
) -> None:
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    require(found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}")
    off = np.abs(found - expected) - (absolute + relative * np.abs(expected))
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), off.shape)
    require(
        bool((off <= 0).all()), f"{what}: {found[worst]:.7g} where the reference has {expected[worst]:.7g}"
    )


def rows(*rows: tuple[Kind, int]) -> tuple[Layer, ...]:
    """Rows with names of their own."""
    return tuple(Layer(kind, f"{kind}{size}.{id_}", size) for id_, (kind, size) in enumerate(rows))


def network(
    image: tuple[int, int, int], latent: int, encoder: Sequence[Layer], decoder: Sequence[Layer]
) -> Architecture:
    decoder = tuple(Layer(kind, f"d.{name}", size) for kind, name, size in decoder)
    return Architecture(image, latent, tuple(encoder), decoder)


def vector_network() -> Architecture:
    """Two dense rows and no more: (1, 1, 6) images, 3 latents."""
    return network((1, 1, 6), 3, rows(("flatten", 0), ("dense", 6)), rows(("dense", 6), ("unflatten", 6)))


def whole_network() -> Architecture:
    """Every kind but residual, 100 to 200 weights: (4, 4, 1) images, 2 latents."""
    encoder = rows(("conv", 2), ("norm", 1), ("silu", 0), ("flatten", 0), ("dense", 4))
    decoder = rows(("dense", 8), ("unflatten", 2), ("norm", 2), ("silu", 0), ("upconv", 1))
    return network((4, 4, 1), 2, encoder, decoder)


def state_of(architecture: Architecture, scale: float = 0.5) -> State:
    """Random weights, norms and biases included, so that nothing hides behind a 0 or a 1."""
    return {
        f"weights/{name}": generator(7, name).standard_normal(shape, np.float32) * np.float32(scale)
        for name, shape in parameters(architecture).items()
    }


def weights_in(state: State) -> dict[str, NDArray[np.float32]]:
    return {
        name.removeprefix("weights/"): value for name, value in state.items() if name.startswith("weights/")
    }


def batch_for(architecture: Architecture, n: int = 3, *, step: int = 0, clean: bool = True) -> Batch:
    images = generator(7, "images", step).integers(0, 256, (n, *architecture.image), np.uint8)
    targets = images if clean else generator(7, "targets", step).integers(0, 256, images.shape, np.uint8)
    return Batch(
        images, targets, generator(7, "noise", step).standard_normal((n, architecture.latent), np.float32)
    )


def build(
    backend: Backend, architecture: Architecture, objective: Objective | None = None, scale: float = 0.5
) -> Model:
    return backend.build(architecture, objective or Objective(), state_of(architecture, scale))
