"""The image that one argument names: a file, or a row of an array (`X.npy:12`, `X.npz:key:12`)."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images import find, load
from latentkit.images.find import shown
from latentkit.run import Run

__all__ = ["One", "one_image"]


class One(NamedTuple):
    """An image as the run sees it, and where its posterior lies."""

    name: str
    pixels: NDArray[np.uint8]
    """(H, W, C)"""
    mu: NDArray[np.float32]
    """(latent,)"""


def one_image(run: Run, argument: str) -> One:
    """Read and encode it; ImagesError if it names none, or several."""
    file, row = _row(argument)
    sources = find([file])
    if row is not None:
        if row >= len(sources):
            raise ImagesError(
                f"{shown(file)} holds {len(sources)} images, so there is no row {row}: the last is {len(sources) - 1}"
            )
    elif len(sources) > 1:
        rather = f"{file}:0" if sources[0].row is not None else sources[0].path
        raise ImagesError(
            f"{shown(argument)} holds {len(sources)} images, and one is needed: name one, as {shown(rather)}"
        )
    loaded = load([sources[row or 0]], run.transform)
    return One(loaded.ids.tolist()[0], loaded.pixels[0], run.model.encode(loaded.pixels).mu[0])


def _row(argument: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(.+\.npy|.+\.npz:[^:]+):(\d{1,12})", argument, re.IGNORECASE | re.DOTALL)
    return (match[1], int(match[2])) if match and not Path(argument).exists() else (argument, None)
