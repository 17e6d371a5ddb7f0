"""The interface of a clustering method's module, and the values that it returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from latentkit.formats.stored import Bounds
from latentkit.methods import CLUSTERINGS

__all__ = ["Assignment", "ClusterFit", "ClusteringModule", "Tell", "module_of", "order_by_size"]

Tell = Callable[[str], None]
"""Receives a sentence about work that takes long."""


class Assignment(NamedTuple):
    """Labels (N,) from 0, -1 for no cluster, and confidence (N,) from 0 to 1."""

    labels: NDArray[np.intp]
    confidence: NDArray[np.float64]


@dataclass(frozen=True)
class ClusterFit:
    """The clusters of the rows, how many there are, JSON-compatible parameters, and the arrays that `assign` uses."""

    assignment: Assignment
    clusters: int
    parameters: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


class ClusteringModule(Protocol):
    """A module of this package that has the name of a method.

    ARRAYS are the arrays that a model stores, with their axes by letter (`formats.stored.axis_lengths`): k for the clusters, d for
    the coordinates that are clustered. PARAMETERS are the bounds of the stored parameters that `assign` uses.
    """

    ARRAYS: Mapping[str, str]
    PARAMETERS: Bounds

    def fit(self, X: NDArray[np.float64], clusters: int | None, *, seed: int, tell: Tell) -> ClusterFit:
        """Cluster X (N, d), into as many clusters as the method chooses if None is given."""

    def assign(
        self,
        arrays: Mapping[str, NDArray[Any]],
        parameters: Mapping[str, Any],
        X: NDArray[np.float64],
        *,
        seed: int,
        tell: Tell,
    ) -> Assignment:
        """Assign new rows X (N, d) to the clusters of which arrays and parameters were stored."""


def module_of(method: str) -> ClusteringModule:
    """Import the module of a clustering method."""
    return cast(ClusteringModule, CLUSTERINGS.module(method))


def order_by_size(labels: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """Return clusters 0..k-1 (k,) from the largest to the smallest; equal ones in the order of their first rows."""
    counts = np.bincount(labels[labels >= 0], minlength=k)
    first = np.array([int(np.argmax(labels == c)) if counts[c] else len(labels) for c in range(k)], np.intp)
    order: NDArray[np.intp] = np.lexsort((first, -counts))
    return order
