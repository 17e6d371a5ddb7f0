"""The images of latents that a file holds."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.means import means
from latentkit.decoding.spread import spread
from latentkit.formats.latents import Latents
from latentkit.pictures.sheet import Cell, Frames, Sheet, bytes_of_means, folded, named
from latentkit.run import Run

__all__ = ["Decoded", "decoded"]

MILLISECONDS = 400


@dataclass(frozen=True)
class Decoded:
    """The ids (N,) of some of `total` latents and their decoded means (N, H, W, C)."""

    ids: tuple[str, ...]
    images: NDArray[np.float32]
    total: int

    def sheet(self) -> Sheet:
        """In the order of the file."""
        return self._sheet(folded(self._cells(), math.ceil(math.sqrt(len(self.ids)))))

    def frames(self) -> Frames:
        """One after another."""
        return Frames([self._sheet([[cell]]) for cell in self._cells()], MILLISECONDS)

    def _cells(self) -> list[Cell]:
        return [
            Cell(image, named(name))
            for name, image in zip(self.ids, bytes_of_means(self.images), strict=True)
        ]

    def _sheet(self, cells: list[list[Cell]]) -> Sheet:
        n, some = len(self.ids), len(self.ids) < self.total
        title = (
            f"{n:,} of {self.total:,} latents, decoded"
            if some
            else f"{n:,} latent{'' if n == 1 else 's'}, decoded"
        )
        return Sheet(cells, title, "spread evenly over the file" if some else "")


def decoded(run: Run, latents: Latents, n: int = 64) -> Decoded:
    """Decode n of the latents, spread evenly over them; they must fit the run."""
    rows = spread(len(latents), n)
    return Decoded(tuple(latents.ids[rows].tolist()), means(run, latents.mu[rows]), len(latents))
