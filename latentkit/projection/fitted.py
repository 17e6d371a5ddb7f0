"""What fitting any of the methods gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fitted"]


@dataclass(frozen=True)
class Fitted:
    """points (N, dims) of the rows, JSON-able parameters, and the arrays that a reducer keeps."""

    points: NDArray[np.float32]
    parameters: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
