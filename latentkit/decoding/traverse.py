"""Decode one dimension at a time from one end to the other, with the others fixed, to see what each encodes."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.decode import decode_batches
from latentkit.decoding.encode import EncodedImage
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, to_uint8
from latentkit.run import Run
from latentkit.text import shorten

__all__ = ["Traversal", "parse_dims", "traverse"]

MILLISECONDS = 100
MAX_NAME = 40


@dataclass(frozen=True)
class Traversal:
    """Latents (R, K, latent) whose value in each of `dims` is one of `values` (K,), and their images (R, K, H, W, C)."""

    dims: tuple[int, ...]
    values: NDArray[np.float64]
    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    kl: tuple[float, ...] | None
    """KL per dimension (latent,) in nats, from the run's validation."""
    start: EncodedImage | None
    """The image to start from; None for z = 0."""
    reconstruction: NDArray[np.float32] | None
    """(H, W, C): the decoded start."""

    def sheet(self) -> Sheet:
        """Lay out a row per dimension and a column per value, with the image to start from below."""
        cells = [[Cell(image) for image in row] for row in to_uint8(self.images)]
        return Sheet(
            [*cells, *self._start()],
            *self._caption(),
            rows=[*map(self._row, self.dims), *([("start",)] if self.start else [])],
            columns=[f"{value:+.3g}" if value else "0" for value in self.values],
            band=len(cells) if self.start else 0,
        )

    def frames(self) -> Frames:
        """Show a cell per dimension, all of them moving at once, back and forth."""
        order = [*range(len(self.values)), *range(len(self.values) - 2, 0, -1)]
        images = to_uint8(self.images)
        across = math.ceil(math.sqrt(len(self.dims)))
        sheets = []
        for step in order:
            cells = [
                Cell(image, self._row(dim)) for dim, image in zip(self.dims, images[:, step], strict=True)
            ]
            rows = [cells[at : at + across] for at in range(0, len(cells), across)]
            sheets.append(
                Sheet([*rows, *self._start()], *self._caption(), band=len(rows) if self.start else 0)
            )
        return Frames(sheets, MILLISECONDS)

    def _row(self, dim: int) -> tuple[str, ...]:
        nats = () if self.kl is None else (f"{self.kl[dim]:.2f} nats",)
        value = () if self.start is None else (f"start {self.start.mu[dim]:+.2f}",)
        return (f"z{dim}", *nats, *value)

    def _start(self) -> list[list[Cell]]:
        if self.start is None or self.reconstruction is None:
            return []
        decoded = to_uint8(self.reconstruction)
        return [[Cell(self.start.pixels, (self.start.name,)), Cell(decoded, ("decoded",))]]

    def _caption(self) -> tuple[str, str]:
        """Return title and text."""
        n, latent = len(self.dims), self.latents.shape[-1]
        low, high = self.values[0], self.values[-1]
        some = (
            f"{n} of {latent} dimensions" if n < latent else f"{latent} dimension{'' if latent == 1 else 's'}"
        )
        text = f"each from {low:g} to {high:g}, the others "
        if self.start is None:
            return (
                f"Traversal of {some}",
                f"{text}at 0, which is far from every image: differences may be small",
            )
        about = f", {self.start.about}" if self.start.about else ""
        return f"Traversal of {some}", f"{text}as in {shorten(self.start.name, MAX_NAME)}{about}"


def traverse(
    run: Run, dims: str = "top8", *, start: EncodedImage | None = None, reach: float = 3.0, steps: int = 7
) -> Traversal:
    """Decode each of dims (see `parse_dims`) at `steps` values (at least 2) from -reach to reach, others as in the start.

    The unit of reach is the standard deviation of the prior.
    """
    if not (math.isfinite(reach) and reach > 0 and steps >= 2):
        raise DecodingError(
            f"the range must be above 0, with at least 2 steps, not {reach:g} in {steps} steps"
        )
    latent, kl = run.architecture.latent, run.kl_per_dim
    chosen = parse_dims(dims, latent, kl)
    base = np.zeros(latent, np.float32) if start is None else start.mu
    values = np.linspace(-reach, reach, steps)
    latents = np.tile(base, (len(chosen), steps, 1))
    for row, dim in enumerate(chosen):
        latents[row, :, dim] = values
    images = decode_batches(run, latents.reshape(-1, latent))
    return Traversal(
        chosen,
        values,
        latents,
        images.reshape(*latents.shape[:2], *images.shape[1:]),
        kl,
        start,
        None if start is None else decode_batches(run, base[None])[0],
    )


def parse_dims(text: str, latent: int, kl: tuple[float, ...] | None) -> tuple[int, ...]:
    """Return the dimensions that `top8` (the highest KL first) or `0,3,7` name; raise DecodingError for any other text."""
    if match := re.fullmatch(r"top([1-9]\d{0,8})", text):
        if kl is None:
            raise DecodingError(
                f"the run has no validation to rank its dimensions by KL: name them, --dims {_example(latent)}"
            )
        return tuple(np.argsort(-np.array(kl), kind="stable")[: int(match[1])].tolist())
    if not re.fullmatch(r"\d{1,9}(,\d{1,9})*", text):
        raise DecodingError(f"--dims {text!r} must be topN or numbers, such as top8 or {_example(latent)}")
    dims = tuple(dict.fromkeys(map(int, text.split(","))))
    for dim in dims:
        if dim >= latent:
            raise DecodingError(
                f"there is no dimension {dim}: the run has {latent}, numbered 0 to {latent - 1}"
            )
    return dims


def _example(latent: int) -> str:
    return ",".join(map(str, range(min(latent, 3))))
