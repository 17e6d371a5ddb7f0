"""Encode one image, named by an argument: a file, or a row of an array (`X.npy:12`, `X.npz:key:12`)."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError
from latentkit.images import find, load
from latentkit.images.files import path_text
from latentkit.run import Run

__all__ = ["EncodedImage", "encode_image", "typical_image"]


class EncodedImage(NamedTuple):
    """An image as the run sees it, and the mean of its posterior."""

    name: str
    pixels: NDArray[np.uint8]
    """(H, W, C)"""
    mu: NDArray[np.float32]
    """(latent,)"""
    about: str = ""
    """Why this image was chosen; empty if the user named it."""


def encode_image(run: Run, argument: str) -> EncodedImage:
    """Load and encode an image; raise ImagesError if the argument names no image, or several."""
    file, row = _split_row(argument)
    sources = find([file])
    if row is not None:
        if row >= len(sources):
            raise ImagesError(
                f"{path_text(file)} has {len(sources)} images, so there is no row {row}: the last is {len(sources) - 1}"
            )
    elif len(sources) > 1:
        example = sources[0].path or f"{file}:0"
        raise ImagesError(
            f"{path_text(argument)} has {len(sources)} images, but one is needed: name one, such as {path_text(example)}"
        )
    images = load([sources[row or 0]], run.transform)
    return EncodedImage(images.ids.tolist()[0], images.pixels[0], run.model.encode(images.pixels).mu[0])


def typical_image(run: Run) -> EncodedImage | None:
    """Return the most typical validation image (see `stats.most_typical`); None if the run keeps none, as older ones."""
    if (held_out := run.held_out) is None:
        return None
    mu = run.model.encode(held_out.pixels[None]).mu[0]
    return EncodedImage(held_out.id, held_out.pixels, mu, "the most typical held-out image")


def _split_row(argument: str) -> tuple[str, int | None]:
    """Split `X.npy:12` into the file and the row; the row is None for a file."""
    match = re.fullmatch(r"(.+\.npy|.+\.npz:[^:]+):(\d{1,12})", argument, re.IGNORECASE | re.DOTALL)
    return (match[1], int(match[2])) if match and not Path(argument).exists() else (argument, None)
