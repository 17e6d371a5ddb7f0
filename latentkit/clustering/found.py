"""What fitting any of the methods gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Assigned", "Found", "by_size"]


class Assigned(NamedTuple):
    """labels (N,) from 0, -1 for no cluster; confidence (N,) from 0 to 1."""

    labels: NDArray[np.intp]
    confidence: NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """The rows fitted on assigned, JSON-able parameters, and the arrays that assigning new rows needs."""

    assigned: Assigned
    parameters: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def by_size(labels: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """The order (k,) of clusters 0..k-1 from the largest to the smallest; ties by their first row."""
    counts = np.bincount(labels[labels >= 0], minlength=k)
    first = np.array([int(np.argmax(labels == c)) if counts[c] else len(labels) for c in range(k)], np.intp)
    order: NDArray[np.intp] = np.lexsort((first, -counts))
    return order
