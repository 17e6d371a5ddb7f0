"""Latents to the decoded means of their images, in batches: memory does not grow with their number."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import DecodingError
from latentkit.formats.latents import Latents, refuse_other_run
from latentkit.formats.npy import canonical, header_bytes
from latentkit.formats.npz import NpzWriter
from latentkit.run import Run

__all__ = ["BATCH", "check_fits", "means", "write_means"]

BATCH = 256


def means(run: Run, latents: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """(N, latent) to (N, H, W, C) in 0..1."""
    return np.concatenate([*_batches(run, latents), np.empty((0, *run.architecture.image), np.float32)])


def check_fits(run: Run, latents: Latents, name: str) -> None:
    """Raise DecodingError naming the latents if they are not of as many dimensions as the run decodes, and FormatError
    if they tell of other weights than the run's."""
    has, wants = latents.mu.shape[1], run.architecture.latent
    if has != wants:
        raise DecodingError(
            f"{name} holds latents of {has} dimension{'' if has == 1 else 's'}, and this run decodes {wants}: "
            "embed the images with this run, or name the run that made the latents"
        )
    refuse_other_run(latents, run.weights_digest, name, "this run")


def write_means(run: Run, latents: Latents, stream: BinaryIO, format: Literal["npy", "npz"]) -> None:
    """Write the decoded mean of every mu as an array (N, H, W, C) float32 in 0..1, in the order of the rows.

    An .npy is the array alone; an .npz calls it `images`, with `ids` beside it, and `labels` where there
    are some. Either is read again wherever images are named (`means.npy`, `means.npz:images`).
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


def _batches(run: Run, latents: NDArray[np.floating[Any]]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(latents), BATCH):
        batch = np.array(latents[start : start + BATCH], np.float32)  # PyTorch warns of what is read-only
        yield np.ascontiguousarray(run.model.decode(batch), "<f4")
