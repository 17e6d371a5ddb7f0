"""Randomness is a function of (seed, stream, step), never of what ran before.

So a resumed run draws what an unbroken one would have drawn, and two backends are given the same
noise. A stream is the name of a use: "order", "noise", "augment", "validation", "weights/...".
"""

import zlib

import numpy as np

__all__ = ["generator"]


def generator(seed: int, stream: str, step: int = 0) -> np.random.Generator:
    """The generator of one use at one step; streams of different names are independent."""
    return np.random.default_rng(np.random.SeedSequence((seed, zlib.crc32(stream.encode()), step)))
