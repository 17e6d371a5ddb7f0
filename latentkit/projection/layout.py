"""The interface of a projection method's module, and the layout that fitting returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.stored import Bounds
from latentkit.methods import PROJECTIONS

if TYPE_CHECKING:
    from latentkit.projection.pca import Axes

__all__ = ["Layout", "ProjectionModule", "Tell", "module_of"]

Tell = Callable[[str], None]
"""Receives a sentence about work that takes long."""


@dataclass(frozen=True)
class Layout:
    """The points (N, dims) of the rows, JSON-compatible parameters, and the arrays that a reducer stores."""

    points: NDArray[np.float32]
    parameters: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


class ProjectionModule(Protocol):
    """A module of this package that has the name of a method.

    ARRAYS are the arrays that a reducer stores, all floats, with their axes by letter (`formats.stored.axis_lengths`): F for the
    latent dimensions that are used, e for the dimensions of the projection. PARAMETERS are the bounds of the stored
    parameters that `place` uses.
    """

    ARRAYS: Mapping[str, str]
    PARAMETERS: Bounds

    def fit(
        self, mu: NDArray[np.floating], axes: "Axes", *, dims: int, seed: int, jobs: int, tell: Tell
    ) -> Layout:
        """Lay out mu (N, F) in dims dimensions; axes are its principal axes, jobs the threads to use."""

    def place(
        self,
        arrays: Mapping[str, NDArray[Any]],
        parameters: Mapping[str, Any],
        mu: NDArray[np.floating],
        *,
        seed: int,
        jobs: int,
        tell: Tell,
    ) -> NDArray[np.float32]:
        """Return the points of new rows mu (N, F) in a layout of which arrays and parameters were stored."""


def module_of(method: str) -> ProjectionModule:
    """Import the module of a projection method."""
    return cast(ProjectionModule, PROJECTIONS.module(method))
