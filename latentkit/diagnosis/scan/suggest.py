"""How to train on what was scanned: a line to copy, and the reasons for its numbers."""

import shlex
from collections.abc import Sequence
from statistics import median

__all__ = ["arguments", "choose_size", "latents", "validation"]

SIZES = (8, 16, 28, 32, 64)
"""64 is what train does by itself: a larger one is a decision that costs time."""
IMAGES_A_LATENT = 40


def choose_size(sides: Sequence[int]) -> int:
    """The largest size not above the median of the shorter sides; 64 where nothing could be read."""
    middle = median(sides) if sides else SIZES[-1]
    return max((size for size in SIZES if size <= middle), default=SIZES[0])


def latents(images: int) -> int:
    """A power of two from 4 to 128 that leaves 40 training images or more to each latent dimension."""
    return max((count for count in (4, 8, 16, 32, 64, 128) if count * IMAGES_A_LATENT <= images), default=4)


def validation(images: int) -> float:
    """The share to hold out: a tenth, and more where that would be fewer than 50 images."""
    return 0.1 if images >= 500 else 0.2


def arguments(names: Sequence[str], *, images: int, size: int, color: str, fit: str) -> str:
    """The line of `latentkit train`."""
    share = validation(images)
    options = [f"--size {size}", f"--latent {latents(round(images * (1 - share)))}"]
    options += [f"--validation {share}"] if share != 0.1 else []
    options += ["--batch 32"] if images < 500 else []
    options += [f"--color {color}"] if color != "auto" else []
    options += [f"--fit {fit}"] if fit != "crop" else []
    return " ".join(["latentkit train", *map(shlex.quote, names), *options, "-o run"])
