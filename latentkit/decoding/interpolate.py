"""Decode the images between two images, or in the square between four.

The path is a straight line, or an arc on which samples of the prior stay typical. In D dimensions nearly all of N(0, I) is
near the sphere of radius sqrt(D), and the middle of a straight line between two of its points is far inside; an arc keeps
the distance from the origin (Shoemake 1985; White 2016).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import decode_batches
from latentkit.decoding.encode import EncodedImage
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, to_uint8
from latentkit.run import Run

__all__ = ["Interpolation", "grid_between", "interpolate", "path_between"]

Floats = NDArray[np.floating[Any]]
MIN_ANGLE = 1e-6
"""Radians, below which an arc is a line."""
MILLISECONDS = 120


@dataclass(frozen=True)
class Interpolation:
    """Latents (R, K, latent) and their decoded images (R, K, H, W, C): R is 1 between two images and K between four."""

    ends: tuple[EncodedImage, ...]
    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    slerp: bool

    def sheet(self) -> Sheet:
        """Lay out a strip with the two images at its ends, or a square with the four images in a row below."""
        cells = [[Cell(image) for image in row] for row in to_uint8(self.images)]
        if len(self.ends) == 2:
            left, right = self._originals()
            shares = [f"{share:.3g}" for share in np.linspace(0, 1, len(cells[0]))]
            return Sheet([[left, *cells[0], right]], *self._caption(), columns=("", *shares, ""))
        return Sheet([*cells, self._originals()], *self._caption(), band=len(cells))

    def frames(self) -> Frames:
        """Move from one image to the other and back, or around the edge of the square: A, B, D, C."""
        images = to_uint8(self.images)
        if len(self.ends) == 2:
            path = [*images[0], *images[0, -2:0:-1]]
        else:
            path = [*images[0], *images[1:, -1], *images[-1, -2::-1], *images[-2:0:-1, 0]]
        sheets = [Sheet(self._between_originals(Cell(image)), *self._caption(moving=True)) for image in path]
        return Frames(sheets, MILLISECONDS)

    def _between_originals(self, moving: Cell) -> list[list[Cell]]:
        first, second, *others = self._originals()
        return [[first, moving, second], *([[others[0], Cell(None), others[1]]] if others else [])]

    def _originals(self) -> list[Cell]:
        letters = "AB" if len(self.ends) == 2 else "ABCD"
        return [Cell(end.pixels, (letter, end.name)) for letter, end in zip(letters, self.ends, strict=True)]

    def _caption(self, *, moving: bool = False) -> tuple[str, str]:
        """Return title and text."""
        steps = self.latents.shape[1]
        if len(self.ends) == 2:
            path = "an arc" if self.slerp else "a straight line"
            return "From A to B", f"{steps} steps along {path} in the latent space"
        path = "arcs" if self.slerp else "straight lines"
        where = "from A to B, D, C and back" if moving else "A and B end the first row, C and D the last"
        return "Between four images", f"{where} · {steps} steps per side, along {path} in the latent space"


def interpolate(
    run: Run, ends: Sequence[EncodedImage], steps: int = 9, *, slerp: bool = False
) -> Interpolation:
    """Decode the images between 2 or 4 encoded images, in `steps` steps (at least 2) per side, ends included."""
    if len(ends) not in (2, 4) or steps < 2:
        raise DecodingError(f"{len(ends)} images in {steps} steps: name 2 or 4 images, and at least 2 steps")
    corners = [end.mu for end in ends]
    latents = (
        path_between(corners[0], corners[1], steps, slerp=slerp)[None]
        if len(ends) == 2
        else grid_between(corners, steps, slerp=slerp)
    )
    images = decode_batches(run, latents.reshape(-1, latents.shape[-1]))
    return Interpolation(tuple(ends), latents, images.reshape(*latents.shape[:2], *images.shape[1:]), slerp)


def path_between(a: Floats, b: Floats, steps: int, *, slerp: bool = False) -> NDArray[np.float32]:
    """Return the latents (steps, D) from a to b, both included.

    With `slerp` they are sin((1-t) w) / sin(w) a + sin(t w) / sin(w) b, where w is the angle between a and b. Raises
    DecodingError if a and b are opposite, since no arc between them is the shortest.
    """
    a, b, t = a.astype(np.float64), b.astype(np.float64), np.linspace(0, 1, steps)[:, None]
    if slerp and (angle := _angle(a, b)) > MIN_ANGLE:
        if np.pi - angle < MIN_ANGLE:
            raise DecodingError(
                "the two latents are on opposite sides of the origin, so no arc between them is the shortest: "
                "leave out --slerp"
            )
        path = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    else:
        path = (1 - t) * a + t * b
    return np.asarray(path, np.float32)


def grid_between(corners: Sequence[Floats], steps: int, *, slerp: bool = False) -> NDArray[np.float32]:
    """Return the latents (steps, steps, D) between four corners: two end the first row, and two the last."""
    a, b, c, d = corners
    left, right = path_between(a, c, steps, slerp=slerp), path_between(b, d, steps, slerp=slerp)
    return np.stack(
        [path_between(start, end, steps, slerp=slerp) for start, end in zip(left, right, strict=True)]
    )


def _angle(a: Floats, b: Floats) -> float:
    """Return the angle from 0 to pi, accurate for small angles too (Kahan 2006); 0 if a or b is the origin."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return 0.0
    a, b = a / lengths[0], b / lengths[1]
    return float(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b)))
