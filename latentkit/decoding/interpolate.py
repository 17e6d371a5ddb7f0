"""The images between two images, or in the square that four of them span."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.means import means
from latentkit.decoding.one import One
from latentkit.decoding.path import between, plane
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, bytes_of_means
from latentkit.run import Run

__all__ = ["Interpolation", "interpolate"]

MILLISECONDS = 120


@dataclass(frozen=True)
class Interpolation:
    """Latents (R, K, latent) and their decoded means (R, K, H, W, C): R = 1 between two, R = K of four."""

    ends: tuple[One, ...]
    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    slerp: bool

    def sheet(self) -> Sheet:
        """Two: a strip with the images themselves at its ends. Four: a square, with them in a row beneath."""
        made = [[Cell(image) for image in row] for row in bytes_of_means(self.images)]
        if len(self.ends) == 2:
            left, right = self._originals()
            shares = [f"{share:.3g}" for share in np.linspace(0, 1, len(made[0]))]
            return Sheet([[left, *made[0], right]], *self._words(), columns=("", *shares, ""))
        return Sheet([*made, self._originals()], *self._words(), band=len(made))

    def frames(self) -> Frames:
        """Two: there and back. Four: round the edge of the square, from the first by way of B, D and C."""
        images = bytes_of_means(self.images)
        if len(self.ends) == 2:
            way = [*images[0], *images[0, -2:0:-1]]
        else:
            way = [*images[0], *images[1:, -1], *images[-1, -2::-1], *images[-2:0:-1, 0]]
        sheets = [Sheet(self._around(Cell(image)), *self._words(moving=True)) for image in way]
        return Frames(sheets, MILLISECONDS)

    def _around(self, moving: Cell) -> list[list[Cell]]:
        first, second, *rest = self._originals()
        return [[first, moving, second], *([[rest[0], Cell(None), rest[1]]] if rest else [])]

    def _originals(self) -> list[Cell]:
        letters = "AB" if len(self.ends) == 2 else "ABCD"
        return [Cell(end.pixels, (letter, end.name)) for letter, end in zip(letters, self.ends, strict=True)]

    def _words(self, *, moving: bool = False) -> tuple[str, str]:
        """Title and text."""
        steps = self.latents.shape[1]
        if len(self.ends) == 2:
            way = "an arc" if self.slerp else "a straight line"
            return "From A to B", f"{steps} steps along {way} in the latent space"
        way = "arcs" if self.slerp else "straight lines"
        where = "from A by way of B, D and C" if moving else "A and B end the first row, C and D the last"
        return "Between four images", f"{where} · {steps} steps a side, along {way} in the latent space"


def interpolate(run: Run, ends: Sequence[One], steps: int = 9, *, slerp: bool = False) -> Interpolation:
    """Decode what lies between 2 or 4 encoded images, `steps` (2 or more) a side, the ends included."""
    if len(ends) not in (2, 4) or steps < 2:
        raise DecodingError(f"{len(ends)} images in {steps} steps: name 2 or 4 images, and 2 steps or more")
    mus = [end.mu for end in ends]
    latents = (
        between(mus[0], mus[1], steps, slerp=slerp)[None]
        if len(ends) == 2
        else plane(mus, steps, slerp=slerp)
    )
    images = means(run, latents.reshape(-1, latents.shape[-1]))
    return Interpolation(tuple(ends), latents, images.reshape(*latents.shape[:2], *images.shape[1:]), slerp)
