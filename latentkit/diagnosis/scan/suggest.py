"""Suggest options for training on the scanned images."""

import shlex
from collections.abc import Sequence
from statistics import median

__all__ = ["latent_dimensions", "train_command", "training_size", "validation_share"]

SIZES = (8, 16, 28, 32, 64)
"""64 is the default of train: a larger size takes much longer and should be chosen deliberately."""
LATENTS = (4, 8, 16, 32, 64, 128)
IMAGES_PER_LATENT = 40
FEW_IMAGES = 500
FEWEST = 2
"""Training needs an image on either side of the split."""


def training_size(sides: Sequence[int]) -> int:
    """Return the largest size that is at most the median of the shorter sides; 64 if there are no sides."""
    middle = median(sides) if sides else SIZES[-1]
    return max((size for size in SIZES if size <= middle), default=SIZES[0])


def latent_dimensions(images: int) -> int:
    """Return the largest power of two from 4 to 128 with at least 40 training images per dimension."""
    return max((count for count in LATENTS if count * IMAGES_PER_LATENT <= images), default=LATENTS[0])


def validation_share(images: int) -> float:
    """Return the share to hold out: 0.1, or 0.2 if that would be fewer than 50 images."""
    return 0.1 if images >= FEW_IMAGES else 0.2


def train_command(
    names: Sequence[str], *, images: int, size: int, color: str, fit: str, held_out: bool = False
) -> str | None:
    """Return a `latentkit train` command for these different images, to copy; None if it would fail.

    `held_out` says that a folder of them is for validation.
    """
    if images < FEWEST:
        return None
    share = validation_share(images)
    options = [f"--size {size}", f"--latent {latent_dimensions(round(images * (1 - share)))}"]
    options += [f"--validation {share}"] if share != 0.1 and not held_out else []
    options += ["--batch 32"] if images < FEW_IMAGES else []
    options += [f"--color {color}"] if color != "auto" else []
    options += [f"--fit {fit}"] if fit != "crop" else []
    return " ".join(["latentkit train", *map(shlex.quote, names), *options, "-o run"])
