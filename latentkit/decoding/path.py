"""Ways between latents: straight lines, and arcs on which samples of the prior stay typical.

In D dimensions nearly all of N(0, I) lies near the sphere of radius sqrt(D), and the middle of a straight
line between two of its points lies well inside: an arc keeps the distance (Shoemake 1985; White 2016).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import DecodingError

__all__ = ["between", "plane"]

Floats = NDArray[np.floating[Any]]
NO_ANGLE = 1e-6
"""Radians; within which an arc is a line."""


def between(a: Floats, b: Floats, steps: int, *, slerp: bool = False) -> NDArray[np.float32]:
    """(steps, D) from a to b, both included.

    By `slerp`, sin((1-t) w) / sin(w) a + sin(t w) / sin(w) b with the angle w between them. Raises
    DecodingError where they are opposite, and no arc is the shortest.
    """
    a, b, t = a.astype(np.float64), b.astype(np.float64), np.linspace(0, 1, steps)[:, None]
    if slerp and (angle := _angle(a, b)) > NO_ANGLE:
        if np.pi - angle < NO_ANGLE:
            raise DecodingError(
                "the two lie on opposite sides of the origin, and no arc between them is the shortest: leave out --slerp"
            )
        way = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    else:
        way = (1 - t) * a + t * b
    return np.asarray(way, np.float32)


def plane(corners: Sequence[Floats], steps: int, *, slerp: bool = False) -> NDArray[np.float32]:
    """(steps, steps, D): of four corners, the first two at the ends of the first row, the others of the last."""
    a, b, c, d = corners
    left, right = between(a, c, steps, slerp=slerp), between(b, d, steps, slerp=slerp)
    return np.stack([between(one, other, steps, slerp=slerp) for one, other in zip(left, right, strict=True)])


def _angle(a: Floats, b: Floats) -> float:
    """Between 0 and pi, exact also where it is small (Kahan 2006); 0 if either is the origin."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return 0.0
    a, b = a / lengths[0], b / lengths[1]
    return float(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))
