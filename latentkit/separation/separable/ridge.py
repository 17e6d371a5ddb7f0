"""The linear probe of one pair of classes, and a permutation test of whether it does better than chance.

The probe is ridge regression on targets of -1 and +1. Its penalty looks at the latents and never at the labels: it
leaves at most one effective parameter for ten rows. So it may be used inside a permutation test without being
permuted itself, and it keeps 128 latents and 150 images from fitting noise.

The test repeats the whole leave-one-out of the probe for every permutation of the labels, by the hat matrix (Treder
2018), so all permutations are a few matrix products. A Mann-Whitney test of pooled out-of-fold scores would not do:
its scores are not independent (27% false alarms at a nominal 5%).

Copies of one image (rows of one group) are left out together, and keep their labels together when labels are
permuted: groups are exchanged only with groups of the same size, which is exact whatever the sizes.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LeaveOneOut", "direction", "holm", "penalty", "permutation_p", "permuted"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

ROWS_PER_PARAMETER = 10
FLOOR = 1e-4  # of the number of rows, in a space whose largest variance is 1
CHUNK = 2**22  # elements of one block of permuted targets: 32 MB


def penalty(eigenvalues: Floats, rows: int) -> float:
    """Return the least ridge penalty with sum(e / (e + penalty)) <= rows / 10, and at least 1e-4 rows.

    eigenvalues: those of the centered Gram matrix X'X, in any order.
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
    """Return the axis that separates the two classes: X (N, R), targets (N,) of -1 and +1 -> (R,).

    The intercept is not penalized, so the axis is the same for any two target values, whatever the class sizes.
    """
    centered = X - X.mean(axis=0)
    gram = centered.T @ centered
    eigenvalues = np.maximum(np.linalg.eigvalsh(gram), 0.0)
    system = gram + penalty(eigenvalues, len(X)) * np.eye(X.shape[1])
    weights: Floats = np.linalg.solve(system, centered.T @ targets)
    return weights


class LeaveOneOut:
    """Ridge predictions of each row by a model that was fitted without the row and its copies.

    Holds the hat matrix in factors: X1 (N, 1 + R) and A (1 + R, N) with H = X1 A.
    """

    def __init__(self, X: Floats, groups: Index, ridge: float) -> None:
        self.X1 = np.column_stack([np.ones(len(X)), X])
        gram = self.X1.T @ self.X1
        gram[1:, 1:] += ridge * np.eye(X.shape[1])
        self.A: Floats = np.linalg.solve(gram, self.X1.T)
        self.leverage = np.einsum("ij,ji->i", self.X1, self.A)
        self.copies = [members for members in rows_by_group(groups) if members.shape[1] > 1]

    def predict(self, targets: Floats) -> Floats:
        """Return the prediction of each row and column of targets: (N, C) -> (N, C)."""
        fitted = self.X1 @ (self.A @ targets)
        leverage = self.leverage[:, None]
        out: Floats = (fitted - leverage * targets) / (1 - leverage)
        for members in self.copies:
            for rows in members:
                hat = self.X1[rows] @ self.A[:, rows]
                residual = targets[rows] - fitted[rows]
                out[rows] = targets[rows] - np.linalg.solve(np.eye(len(rows)) - hat, residual)
        return out

    def mean_of_others(self, targets: Floats) -> Floats:
        """Return the mean target of the rows that each prediction was fitted on, which is its intercept: (N, C)."""
        n = len(targets)
        total = targets.sum(axis=0)
        out: Floats = (total - targets) / (n - 1)
        for members in self.copies:
            own = targets[members].sum(axis=1, keepdims=True)  # (groups, 1, C)
            out[members] = (total - own) / max(n - members.shape[1], 1)
        return out


def rows_by_group(groups: Index) -> list[Index]:
    """Return rows by group: one array (groups, size) for each size, groups in order of first appearance."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0]) if len(groups) else np.zeros(0, np.intp)
    sizes = np.diff(np.r_[starts, len(groups)])
    arrays = []
    for size in np.unique(sizes):
        members = order[starts[sizes == size][:, None] + np.arange(size)]
        arrays.append(members[np.argsort(members[:, 0])])
    return arrays


def permuted(targets: Floats, groups: Index, draws: int, rng: np.random.Generator) -> Floats:
    """Return the targets with whole groups exchanged among groups of their size: (N,) -> (N, draws)."""
    out = np.empty((draws, len(targets)))
    for members in rows_by_group(groups):
        places = np.tile(np.arange(len(members)), (draws, 1))
        moved = rng.permuted(places, axis=1)
        out[:, members] = targets[members][moved]
    return np.ascontiguousarray(out.T)


def agreement(model: LeaveOneOut, targets: Floats) -> Floats:
    """Return the correlation of left-out predictions, minus their intercepts, with the targets: (N, C) -> (C,).

    The intercept is subtracted because it is biased against the row left out, which would hide weak signals.
    """
    scores = model.predict(targets) - model.mean_of_others(targets)
    scores -= scores.mean(axis=0)
    centered = targets - targets.mean(axis=0)
    norm = np.sqrt((scores**2).sum(axis=0) * (centered**2).sum(axis=0))
    product = (scores * centered).sum(axis=0)
    correlation: Floats = np.divide(
        product, norm, out=np.zeros_like(product), where=norm > 1e-9 * len(targets)
    )
    return correlation


def permutation_p(
    X: Floats, positive: NDArray[np.bool_], groups: Index, draws: int, rng: np.random.Generator
) -> float:
    """Return the permutation p-value of the probe: (1 + permutations that do at least as well) / (1 + draws).

    X (N, R) on one scale; positive (N,) marks the second class of the pair; groups (N,) is equal for copies.
    """
    targets = np.where(positive, 1.0, -1.0)
    centered = X - X.mean(axis=0)
    eigenvalues = np.maximum(np.linalg.eigvalsh(centered.T @ centered), 0.0)
    model = LeaveOneOut(centered, groups, penalty(eigenvalues, len(X)))
    observed = float(agreement(model, targets[:, None])[0])
    exceedances = 0
    for first in range(0, draws, step := max(1, CHUNK // len(X))):
        shuffled = permuted(targets, groups, min(step, draws - first), rng)
        exceedances += int((agreement(model, shuffled) >= observed - 1e-12).sum())
    return (1 + exceedances) / (1 + draws)


def holm(p: Floats) -> Floats:
    """Return p-values corrected for their number (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected
