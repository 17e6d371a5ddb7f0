"""Some of many, spread evenly over them: sorted by class as files are, each class has its share."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["spread"]


def spread(total: int, n: int) -> NDArray[np.intp]:
    """min(n, total) different rows of 0..total-1, ascending; each stands in the middle of its share."""
    n = min(n, total)
    return ((2 * np.arange(n, dtype=np.intp) + 1) * total) // (2 * max(n, 1))
