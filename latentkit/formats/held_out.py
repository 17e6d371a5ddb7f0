"""The latents of held-out images, which a run keeps so that traversals and samples can start from real images."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.tensors import read_tensors, write_tensors

__all__ = ["FILE", "HeldOut", "read_held_out", "write_held_out"]

FILE = "held_out.safetensors"


class HeldOut(NamedTuple):
    """Validation images with the best weights: the latents of up to 1,000, and the most typical image."""

    mu: NDArray[np.float32]
    """(n, latent)"""
    pixels: NDArray[np.uint8]
    """(H, W, C): the most typical image."""
    id: str
    """The id of that image."""

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, for a file."""
        return {"mu": self.mu, "pixels": self.pixels}


def write_held_out(folder: Path, held_out: HeldOut) -> None:
    """Replace the file in the folder of a run atomically."""
    write_tensors(folder / FILE, held_out.arrays, {"id": held_out.id})


def read_held_out(folder: Path, image: tuple[int, int, int], latent: int) -> HeldOut | None:
    """Read the file of a run; None if the run has none, as older ones. Raises FormatError if the content is not valid."""
    file = folder / FILE
    if not file.exists():
        return None
    arrays, about = read_tensors(file)
    mu, pixels, id = arrays.get("mu"), arrays.get("pixels"), about.get("id")
    if mu is not None and pixels is not None and isinstance(id, str):
        fits = mu.ndim == 2 and len(mu) > 0 and mu.shape[1] == latent and pixels.shape == image
        if fits and mu.dtype == np.float32 and pixels.dtype == np.uint8 and np.isfinite(mu).all():
            return HeldOut(mu, pixels, id)
    raise FormatError(f"{file} does not fit the run: delete it, or train the run again")
