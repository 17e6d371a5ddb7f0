"""The linear probe of one pair of classes: ridge regression on targets of -1 and +1.

The penalty looks at the latents and never at the labels: it leaves at most one effective parameter for
ten rows. So it may be used inside a permutation test without being permuted itself, and it is what keeps
128 latents and 150 images from fitting noise.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROWS_PER_PARAMETER = 10
FLOOR = 1e-4  # of the number of rows, in a space whose largest variance is 1


def penalty(eigenvalues: Floats, rows: int) -> float:
    """The ridge penalty with sum(e / (e + penalty)) <= rows / 10, at least 1e-4 rows.

    eigenvalues: those of the centred Gram matrix X'X, any order.
    """
    low, high = FLOOR * rows, FLOOR * rows
    allowed = max(rows / ROWS_PER_PARAMETER, 1.0)

    def parameters(value: float) -> float:
        return float((eigenvalues / (eigenvalues + value)).sum())

    if parameters(low) <= allowed:
        return low
    while parameters(high) > allowed:
        high *= 4
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if parameters(middle) > allowed else (low, middle)
    return high


def direction(X: Floats, targets: Floats) -> Floats:
    """(N, R), (N,) of -1 and +1 -> (R,): the axis on which the two classes come apart.

    The intercept is left free, so however many rows each class has, the axis is the same for any two targets.
    """
    centred = X - X.mean(axis=0)
    gram = centred.T @ centred
    eigenvalues = np.maximum(np.linalg.eigvalsh(gram), 0.0)
    system = gram + penalty(eigenvalues, len(X)) * np.eye(X.shape[1])
    weights: Floats = np.linalg.solve(system, centred.T @ targets)
    return weights
