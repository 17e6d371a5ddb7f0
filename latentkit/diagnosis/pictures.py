"""Images beside their reconstructions: range, sharpness, sameness and error, in the units they came in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.diagnosis.quantities import Pictures

__all__ = ["compare"]

Floats = NDArray[np.floating[Any]]


def compare(x: Floats, y: Floats, trained: Floats | None = None) -> Pictures:
    """x: images, y: their reconstructions, `trained`: those in training mode; all (n, H, W[, C]) and finite where it matters."""
    x, y = (np.nan_to_num(array.astype(np.float64)) for array in (x, y))
    error = float(((x - y) ** 2).mean())
    spread = float(x.var(axis=0).mean())
    gap = None
    if trained is not None:
        other = float(((x - np.nan_to_num(trained.astype(np.float64))) ** 2).mean())
        gap = error / other if other > 0 else None
    return Pictures(
        images=len(x),
        low=float(x.min()),
        high=float(x.max()),
        out_low=float(y.min()),
        out_high=float(y.max()),
        clipped=_clipped(x, y),
        sharpness=_ratio(_laplacian(y), _laplacian(x)),
        spread=_ratio(float(y.var(axis=0).mean()), spread),
        r2=1 - error / spread if spread > 0 else None,
        eval_gap=gap,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 1.0


def _clipped(x: Floats, y: Floats) -> float:
    """The share of x that lies a tenth of its range or more beyond all of y, where y is within a hundredth of its own bound."""
    low, high = float(y.min()), float(y.max())
    margin, near = 0.1 * float(x.max() - x.min()), 0.01 * (high - low)
    above = (x > high + margin) & (y >= high - near)
    below = (x < low - margin) & (y <= low + near)
    return float((above | below).mean()) if margin > 0 else 0.0


def _laplacian(x: Floats) -> float:
    """The variance of the 4-neighbour Laplacian inside the images; 0 for images too small to have one."""
    if min(x.shape[1:3]) < 3:
        return 0.0
    inner = x[:, 1:-1, 1:-1]
    return float((x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:] - 4 * inner).var())
