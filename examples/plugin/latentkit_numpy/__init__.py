"""A latentkit backend in NumPy alone."""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from latentkit.architecture import Architecture
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import State
from latentkit_numpy.model import NumpyModel

__all__ = ["API", "build", "devices", "join", "version"]

API = 1


def version() -> str:
    """Return the framework and its version."""
    return f"numpy {np.__version__}"


def devices() -> Sequence[str]:
    """Return the only device."""
    return ["cpu"]


def join(device: str) -> NoReturn:
    """Raise BackendError: this backend does not support groups."""
    raise BackendError(
        "the numpy backend runs in a single process; start it without torchrun, or use --backend torch"
    )


def build(
    architecture: Architecture, objective: Objective, state: State, *, device: str = "auto"
) -> NumpyModel:
    """Return a model with this state."""
    if device not in ("auto", "cpu"):
        raise BackendError(f"numpy has no device {device!r}; it has cpu")
    return NumpyModel(architecture, objective, state)
