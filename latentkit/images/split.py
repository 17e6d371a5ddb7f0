"""Split images into training and validation."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from math import floor

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import ImagesError

__all__ = ["split"]


def split(
    labels: Sequence[str] | NDArray[np.str_],
    digests: Sequence[str] | NDArray[np.str_],
    fraction: float,
    seed: int,
) -> NDArray[np.bool_]:
    """Return (N,) bool, True for validation: `fraction` of the distinct images, stratified by label.

    Images of the same digest are on the same side (if their labels differ, the first in sort order counts). The
    largest-remainder method sets the number for each label, so each is within one of its share and the sum is exact.
    Which images are held out depends only on seed, label and digest: not on the order of the rows or the
    version of NumPy, and adding images moves few of the others. Each side has at least one image.
    """
    if not 0 < fraction < 1:
        raise ImagesError(
            f"the fraction of validation images is {fraction:g}; it must be between 0 and 1, such as 0.1"
        )
    label_of: dict[str, str] = {}
    for digest, label in zip(map(str, digests), map(str, labels), strict=True):
        label_of[digest] = min(label, label_of.get(digest, label))
    if len(label_of) < 2:
        raise ImagesError(
            f"{len(labels)} images, {len(label_of)} of them distinct, cannot be split into training and validation: "
            "give at least two different images"
        )
    members: dict[str, list[str]] = defaultdict(list)
    for digest, label in label_of.items():
        members[label].append(digest)
    counts = _largest_remainder({label: len(group) for label, group in members.items()}, fraction, seed)
    held_out = {
        digest
        for label, group in members.items()
        for digest in sorted(group, key=lambda one: _rank(seed, one))[: counts[label]]
    }
    return np.array([str(digest) in held_out for digest in digests], dtype=np.bool_)


def _largest_remainder(sizes: dict[str, int], fraction: float, seed: int) -> dict[str, int]:
    """Return the number for each label: the whole part of its share, plus one for the largest remainders."""
    everything = sum(sizes.values())
    total = min(max(round(fraction * everything), 1), everything - 1)
    shares = {label: size * total / everything for label, size in sizes.items()}
    counts = {label: floor(share) for label, share in shares.items()}
    by_remainder = sorted(sizes, key=lambda label: (counts[label] - shares[label], _rank(seed, label)))
    for label in by_remainder[: total - sum(counts.values())]:
        counts[label] += 1
    return counts


def _rank(seed: int, text: str) -> bytes:
    return blake2b(f"{seed}:{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
