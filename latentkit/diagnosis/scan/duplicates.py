"""Duplicate images: identical files, and nearly identical images (scaled, recompressed, slightly brighter).

Two images are nearly identical if their hashes differ in at most 7 of 128 bits and their pixels, without mean and
contrast, correlate above 0.99. The hash has the sign of each slope of an 8x8 grid, across and down (dHash;
Krawetz 2013). Two hashes that differ in 7 bits are equal in at least one of 8 pieces of 16 bits, so only images
that share a piece are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["exact", "grids", "hashes", "near"]

SIDE = 8
MOST_DIFFERENT_BITS = 7
LEAST_CORRELATION = 0.99
PIECES = 8
FLAT = 2.0
"""Gray levels. The slopes of an image with a smaller standard deviation are noise."""
BLOCK = 1024
GRID = 16
Bits = NDArray[np.uint16]
Gray = NDArray[np.float32]
Rows = NDArray[np.int64]


def exact(digests: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Group the names of files with equal content, in order of their first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for digest, name in zip(digests, names, strict=True):
        groups[digest].append(name)
    return [group for group in groups.values() if len(group) > 1]


def grids(pixels: NDArray[np.uint8]) -> Gray:
    """Average (N, H, W, C) to (N, 16, 16) gray values, from which hashes and correlations are computed."""
    down, across = (_averaging(side, GRID) for side in pixels.shape[1:3])
    result = np.empty((len(pixels), GRID, GRID), np.float32)
    for start in range(0, len(pixels), 256):
        gray = pixels[start : start + 256].mean(axis=3, dtype=np.float32)
        result[start : start + 256] = down @ gray @ across.T
    return result


def _averaging(side: int, cells: int) -> Gray:
    """Return a (cells, side) matrix whose rows average the pixels that each cell covers."""
    edges = np.linspace(0, side, cells + 1)
    pixels = np.arange(side)
    cover = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(cover, 0, None)
    shares: Gray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def hashes(gray: Gray) -> Bits:
    """Hash (N, 16, 16) gray values to (N, 8): 128 bits in 8 pieces of 16."""
    rows = gray.reshape(len(gray), GRID, SIDE, 2).mean(axis=3)
    small = rows.reshape(len(gray), SIDE, 2, SIDE).mean(axis=2)
    wrapped = np.concatenate([small, small[:, :1]], axis=1), np.concatenate([small, small[:, :, :1]], axis=2)
    bits = np.concatenate(
        [
            (wrapped[0][:, 1:] > wrapped[0][:, :-1]).reshape(len(gray), -1),
            (wrapped[1][:, :, 1:] > wrapped[1][:, :, :-1]).reshape(len(gray), -1),
        ],
        axis=1,
    )
    return np.packbits(bits, axis=1).view(np.uint16).reshape(len(gray), PIECES)


def near(gray: Gray, digests: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Group the names of nearly identical images with different contents, in order of their first."""
    flat = gray.reshape(len(gray), -1).astype(np.float64)
    centered = flat - flat.mean(axis=1, keepdims=True)
    textured = np.flatnonzero(centered.std(axis=1) > FLAT)
    unit = centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-9)
    parent = list(range(len(names)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for first, second in _candidates(hashes(gray), textured):
        alike = np.einsum("ij,ij->i", unit[first], unit[second]) > LEAST_CORRELATION
        for one, other in zip(first[alike].tolist(), second[alike].tolist(), strict=True):
            if digests[one] != digests[other]:
                a, b = root(one), root(other)
                parent[max(a, b)] = min(a, b)
    members: dict[int, list[str]] = defaultdict(list)
    for at, name in enumerate(names):
        members[root(at)].append(name)
    return [group for group in members.values() if len(group) > 1]


def _candidates(bits: Bits, rows: Rows) -> Iterable[tuple[Rows, Rows]]:
    """Yield pairs of rows whose hashes differ in at most 7 bits, as two arrays. A pair may be repeated."""
    words = np.ascontiguousarray(bits).view(np.uint64)
    for piece in range(PIECES):
        order = rows[np.argsort(bits[rows, piece], kind="stable")]
        edges = np.flatnonzero(np.diff(bits[order, piece])) + 1
        for bucket in np.split(order, edges):
            for at in range(0, len(bucket) - 1, BLOCK):
                some, rest = bucket[at : at + BLOCK], bucket[at:]
                different = np.bitwise_count(words[some, None] ^ words[None, rest]).sum(
                    axis=2, dtype=np.uint8
                )
                i, j = np.nonzero(np.triu(different <= MOST_DIFFERENT_BITS, 1))
                if len(i):
                    yield some[i], rest[j]
