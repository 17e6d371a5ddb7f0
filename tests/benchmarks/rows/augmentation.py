"""Augmentation: what moving the images adds to a step."""

import time

import numpy as np

from latentkit.images import denoise

from .. import material
from ..measure import at_most, explained
from ..row import Line, Scale, alone

BATCH = 64


def moved(scale: Scale) -> list[Line]:
    """`--augment denoise` on batches of 64x64x3."""
    images = material.noise(BATCH, 64, 3)

    def move() -> None:
        denoise(images, np.random.default_rng(0))

    move()
    found = []
    for _ in range(scale.of(60, 10)):
        begun = time.perf_counter()
        move()
        found.append((time.perf_counter() - begun) / BATCH * 1000)
    line = alone("--augment denoise, 64x64x3", "ms an image", found, at_most(0.1))
    return [explained(line, move)]
