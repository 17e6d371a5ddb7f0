"""Random generators that depend on (seed, stream, step) alone, never on what ran before.

So a resumed run draws the same numbers as an uninterrupted one, and all backends get the same noise. A stream is the
name of a purpose: "order", "noise", "augment", "validation", "weights/...".
"""

import zlib

import numpy as np

__all__ = ["generator"]


def generator(seed: int, stream: str, step: int = 0) -> np.random.Generator:
    """Return the generator of one stream at one step; streams with different names are independent."""
    return np.random.default_rng(np.random.SeedSequence((seed, zlib.crc32(stream.encode()), step)))
