"""Decode latents to images, in batches: for a file, memory does not grow with their number."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import DecodingError
from latentkit.formats.latents import Latents, refuse_other_run
from latentkit.formats.npy import canonical, header_bytes
from latentkit.formats.npz import NpzWriter
from latentkit.pictures.sheet import Cell, Frames, Sheet, id_lines, rows_of, to_uint8
from latentkit.run import Run
from latentkit.stats import evenly_spaced

__all__ = ["BATCH", "DecodedLatents", "check_fits", "decode", "decode_batches", "write_images"]

BATCH = 256
MILLISECONDS = 400


@dataclass(frozen=True)
class DecodedLatents:
    """The ids (N,) and the decoded images (N, H, W, C) of some of `total` latents."""

    ids: tuple[str, ...]
    images: NDArray[np.float32]
    total: int

    def sheet(self) -> Sheet:
        """Lay out the images in the order of the file."""
        return self._sheet(rows_of(self._cells(), math.ceil(math.sqrt(len(self.ids)))))

    def frames(self) -> Frames:
        """Show one image after another."""
        return Frames([self._sheet([[cell]]) for cell in self._cells()], MILLISECONDS)

    def _cells(self) -> list[Cell]:
        return [Cell(image, id_lines(id)) for id, image in zip(self.ids, to_uint8(self.images), strict=True)]

    def _sheet(self, cells: list[list[Cell]]) -> Sheet:
        n = len(self.ids)
        if n < self.total:
            return Sheet(cells, f"{n:,} of {self.total:,} decoded latents", "evenly spaced in the file")
        return Sheet(cells, f"{n:,} decoded latent{'' if n == 1 else 's'}")


def decode(run: Run, latents: Latents, n: int = 64) -> DecodedLatents:
    """Decode n evenly spaced latents, which must fit the run."""
    rows = evenly_spaced(len(latents), n)
    images = decode_batches(run, latents.mu[rows])
    return DecodedLatents(tuple(latents.ids[rows].tolist()), images, len(latents))


def decode_batches(run: Run, mu: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Decode mu (N, latent) in batches; return the images (N, H, W, C) in 0..1."""
    return np.concatenate([*_batches(run, mu), np.empty((0, *run.architecture.image), np.float32)])


def check_fits(run: Run, latents: Latents, name: str) -> None:
    """Raise an error that names the latents if the run cannot decode them.

    A DecodingError means another number of dimensions, and a FormatError that they were made with other weights.
    """
    has, expected = latents.mu.shape[1], run.architecture.latent
    if has != expected:
        raise DecodingError(
            f"{name} has latents of {has} dimension{'' if has == 1 else 's'}, but this run decodes {expected}: "
            "embed the images with this run, or name the run that made the latents"
        )
    refuse_other_run(latents, run.weights_digest, name, "this run")


def write_images(run: Run, latents: Latents, stream: BinaryIO, format: Literal["npy", "npz"]) -> None:
    """Decode every mu and write the images as an array (N, H, W, C) float32 in 0..1, in the order of the rows.

    An .npy file is the array alone; an .npz file holds it as `images`, together with `ids` and, if there are any, `labels`.
    Both can be named wherever images are expected (`decoded.npy`, `decoded.npz:images`).
    """
    shape, dtype = (len(latents), *run.architecture.image), np.dtype("<f4")
    blocks = (block.reshape(-1).view(np.uint8) for block in _batches(run, latents.mu))
    if format == "npy":
        stream.write(header_bytes(dtype, shape))
        for block in blocks:
            stream.write(block.data)
        return
    with NpzWriter(stream) as archive:
        archive.write("images", dtype, shape, blocks)
        for key in ("ids", "labels"):
            if key in latents.arrays:
                column = canonical(latents.arrays[key], key)
                archive.write(key, column.dtype, column.shape, [column.reshape(-1).view(np.uint8)])


def _batches(run: Run, mu: NDArray[np.floating[Any]]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(mu), BATCH):
        batch = np.array(
            mu[start : start + BATCH], np.float32
        )  # a copy: PyTorch warns about read-only arrays
        yield np.ascontiguousarray(run.model.decode(batch), "<f4")
