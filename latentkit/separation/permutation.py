"""Is a pair of classes told apart better than the same images with shuffled labels?

The whole leave-one-out of a ridge probe is repeated for every permutation of the labels, by the hat
matrix (Treder 2018), so all permutations are a few matrix products. A Mann-Whitney p on pooled
out-of-fold scores would not do: its scores are not independent (27 % false alarms at a nominal 5 %).

Copies of one image (the same group) are left out together, and keep their labels together when labels
are permuted: blocks change places only with blocks of the same size, which is exact whatever the sizes.
"""

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.ridge import penalty

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

CHUNK = 2**22  # elements of one block of permuted targets: 32 MB


class LeaveOneOut:
    """Ridge predictions of each row by a model that saw neither it nor a copy of it.

    Holds the hat matrix in factors: X1 (N, 1 + R) and A (1 + R, N) with H = X1 A.
    """

    def __init__(self, X: Floats, groups: Index, ridge: float) -> None:
        self.X1 = np.column_stack([np.ones(len(X)), X])
        gram = self.X1.T @ self.X1
        gram[1:, 1:] += ridge * np.eye(X.shape[1])
        self.A: Floats = np.linalg.solve(gram, self.X1.T)
        self.leverage = np.einsum("ij,ji->i", self.X1, self.A)
        self.copies = [members for members in blocks(groups) if members.shape[1] > 1]

    def predict(self, targets: Floats) -> Floats:
        """(N, C) targets, a column each -> (N, C) predictions, each without the row and its copies."""
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
        """(N, C): the mean target over the rows a prediction was made from, which is its intercept."""
        n = len(targets)
        total = targets.sum(axis=0)
        out: Floats = (total - targets) / (n - 1)
        for members in self.copies:
            own = targets[members].sum(axis=1, keepdims=True)  # (groups, 1, C)
            out[members] = (total - own) / max(n - members.shape[1], 1)
        return out


def blocks(groups: Index) -> list[Index]:
    """Rows by group, one array (groups, size) for each size that occurs, in order of first appearance."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0]) if len(groups) else np.zeros(0, np.intp)
    sizes = np.diff(np.r_[starts, len(groups)])
    found = []
    for size in np.unique(sizes):
        members = order[starts[sizes == size][:, None] + np.arange(size)]
        found.append(members[np.argsort(members[:, 0])])
    return found


def permuted(targets: Floats, groups: Index, draws: int, rng: np.random.Generator) -> Floats:
    """(N, draws): the targets with whole groups exchanged among groups of their size."""
    out = np.empty((draws, len(targets)))
    for members in blocks(groups):
        places = np.tile(np.arange(len(members)), (draws, 1))
        moved = rng.permuted(places, axis=1)
        out[:, members] = targets[members][moved]
    return np.ascontiguousarray(out.T)


def agreement(model: LeaveOneOut, targets: Floats) -> Floats:
    """(C,): correlation of left-out predictions, less their intercepts, with the targets.

    The intercept goes because it leans against the row left out, which would hide weak signals.
    """
    scores = model.predict(targets) - model.mean_of_others(targets)
    scores -= scores.mean(axis=0)
    centred = targets - targets.mean(axis=0)
    norm = np.sqrt((scores**2).sum(axis=0) * (centred**2).sum(axis=0))
    product = (scores * centred).sum(axis=0)
    found: Floats = np.divide(product, norm, out=np.zeros_like(product), where=norm > 1e-9 * len(targets))
    return found


def permutation_p(
    X: Floats, positive: NDArray[np.bool_], groups: Index, draws: int, rng: np.random.Generator
) -> float:
    """(1 + #{permutations that agree at least as well}) / (1 + draws), never 0.

    X (N, R) on one scale, positive (N,) the second class of the pair, groups (N,) equal for copies.
    """
    targets = np.where(positive, 1.0, -1.0)
    centred = X - X.mean(axis=0)
    eigenvalues = np.maximum(np.linalg.eigvalsh(centred.T @ centred), 0.0)
    model = LeaveOneOut(centred, groups, penalty(eigenvalues, len(X)))
    observed = float(agreement(model, targets[:, None])[0])
    reached = 0
    for first in range(0, draws, step := max(1, CHUNK // len(X))):
        shuffled = permuted(targets, groups, min(step, draws - first), rng)
        reached += int((agreement(model, shuffled) >= observed - 1e-12).sum())
    return (1 + reached) / (1 + draws)


def holm(p: Floats) -> Floats:
    """Holm's (1979) step-down correction: p-values that may be read side by side."""
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected
