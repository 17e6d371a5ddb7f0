"""Images that are there twice: byte for byte, or nearly (scaled, compressed again, a little brighter).

Near: the signs of the slopes of an 8x8 grid across and down (dHash, 128 bits; Krawetz 2013) differ in at
most 7 places, and the pictures themselves, without their mean and contrast, correlate above 0.99. Two
hashes that differ in 7 of 128 bits are equal in at least one of 8 pieces of 16: only those are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["exact", "grids", "hashes", "near"]

SIDE = 8
FAR = 7
ALIKE = 0.99
PIECES = 8
FLAT = 2.0
"""Grey levels: a picture with a smaller deviation has no slopes worth a hash."""
BLOCK = 1024
GRID = 16
Bits = NDArray[np.uint16]
Grey = NDArray[np.float32]
Rows = NDArray[np.int64]


def exact(digests: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Groups of names of equal content, in order of their first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for digest, name in zip(digests, names, strict=True):
        groups[digest].append(name)
    return [group for group in groups.values() if len(group) > 1]


def grids(pixels: NDArray[np.uint8]) -> Grey:
    """(N, 16, 16) grey means of (N, H, W, C): what hashes and correlations are taken from."""
    down, across = (_averaging(side, GRID) for side in pixels.shape[1:3])
    found = np.empty((len(pixels), GRID, GRID), np.float32)
    for start in range(0, len(pixels), 256):
        grey = pixels[start : start + 256].mean(axis=3, dtype=np.float32)
        found[start : start + 256] = down @ grey @ across.T
    return found


def _averaging(side: int, cells: int) -> Grey:
    """(cells, side): each row averages the part of 0..side that its cell covers."""
    edges = np.linspace(0, side, cells + 1)
    pixels = np.arange(side)
    cover = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(cover, 0, None)
    shares: Grey = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def hashes(grey: Grey) -> Bits:
    """(N, 8): 128 bits in 8 pieces of 16."""
    rows = grey.reshape(len(grey), GRID, SIDE, 2).mean(axis=3)
    small = rows.reshape(len(grey), SIDE, 2, SIDE).mean(axis=2)
    wrapped = np.concatenate([small, small[:, :1]], axis=1), np.concatenate([small, small[:, :, :1]], axis=2)
    bits = np.concatenate(
        [
            (wrapped[0][:, 1:] > wrapped[0][:, :-1]).reshape(len(grey), -1),
            (wrapped[1][:, :, 1:] > wrapped[1][:, :, :-1]).reshape(len(grey), -1),
        ],
        axis=1,
    )
    return np.packbits(bits, axis=1).view(np.uint16).reshape(len(grey), PIECES)


def near(grey: Grey, digests: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Groups of names of nearly equal pictures whose contents differ, in order of their first."""
    flat = grey.reshape(len(grey), -1).astype(np.float64)
    centred = flat - flat.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1)
    textured = np.flatnonzero(deviation > FLAT)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    group = list(range(len(names)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    for first, second in _candidates(hashes(grey), textured):
        alike = np.einsum("ij,ij->i", unit[first], unit[second]) > ALIKE
        for one, other in zip(first[alike].tolist(), second[alike].tolist(), strict=True):
            if digests[one] != digests[other]:
                a, b = root(one), root(other)
                group[max(a, b)] = min(a, b)
    members: dict[int, list[str]] = defaultdict(list)
    for at, name in enumerate(names):
        members[root(at)].append(name)
    return [names for names in members.values() if len(names) > 1]


def _candidates(bits: Bits, rows: Rows) -> Iterable[tuple[Rows, Rows]]:
    """Pairs of rows whose hashes differ in at most 7 places, as two arrays; each pair at least once."""
    words = np.ascontiguousarray(bits).view(np.uint64)
    for piece in range(PIECES):
        order = rows[np.argsort(bits[rows, piece], kind="stable")]
        edges = np.flatnonzero(np.diff(bits[order, piece])) + 1
        for bucket in np.split(order, edges):
            for at in range(0, len(bucket) - 1, BLOCK):
                some, rest = bucket[at : at + BLOCK], bucket[at:]
                apart = np.bitwise_count(words[some, None] ^ words[None, rest]).sum(axis=2, dtype=np.uint8)
                i, j = np.nonzero(np.triu(apart <= FAR, 1))
                if len(i):
                    yield some[i], rest[j]
