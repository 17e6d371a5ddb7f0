"""One dimension at a time from one end to the other, the others held still: what each of them means."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.decoding.means import means
from latentkit.decoding.one import One
from latentkit.errors import DecodingError
from latentkit.pictures.sheet import Cell, Frames, Sheet, bytes_of_means
from latentkit.run import Run

__all__ = ["Traversal", "chosen_dims", "traverse"]

MILLISECONDS = 100


@dataclass(frozen=True)
class Traversal:
    """For each of `dims`, latents (R, K, latent) whose value in it goes through `values` (K,), and their
    decoded means (R, K, H, W, C)."""

    dims: tuple[int, ...]
    values: NDArray[np.float64]
    latents: NDArray[np.float32]
    images: NDArray[np.float32]
    kl: tuple[float, ...] | None
    """(latent,) nats: what each dimension tells of an image, by the run's own validation."""
    start: One | None
    """The image it starts from; None is z = 0."""
    restored: NDArray[np.float32] | None
    """(H, W, C): the decoded mean of the start."""

    def sheet(self) -> Sheet:
        """A row a dimension, a column a value; beneath, the image it starts from."""
        cells = [[Cell(image) for image in row] for row in bytes_of_means(self.images)]
        return Sheet(
            [*cells, *self._start()],
            *self._words(),
            rows=[*map(self._row, self.dims), *([("start",)] if self.start else [])],
            columns=[f"{value:+.3g}" if value else "0" for value in self.values],
            band=len(cells) if self.start else 0,
        )

    def frames(self) -> Frames:
        """A cell a dimension, all of them moving at once, there and back."""
        order = [*range(len(self.values)), *range(len(self.values) - 2, 0, -1)]
        images = bytes_of_means(self.images)
        across = math.ceil(math.sqrt(len(self.dims)))
        sheets = []
        for step in order:
            cells = [
                Cell(image, self._row(dim)) for dim, image in zip(self.dims, images[:, step], strict=True)
            ]
            rows = [cells[at : at + across] for at in range(0, len(cells), across)]
            sheets.append(Sheet([*rows, *self._start()], *self._words(), band=len(rows) if self.start else 0))
        return Frames(sheets, MILLISECONDS)

    def _row(self, dim: int) -> tuple[str, ...]:
        told = () if self.kl is None else (f"{self.kl[dim]:.2f} nats",)
        here = () if self.start is None else (f"here {self.start.mu[dim]:+.2f}",)
        return (f"z{dim}", *told, *here)

    def _start(self) -> list[list[Cell]]:
        if self.start is None or self.restored is None:
            return []
        made = bytes_of_means(self.restored)
        return [[Cell(self.start.pixels, (self.start.name,)), Cell(made, ("decoded",))]]

    def _words(self) -> tuple[str, str]:
        """Title and text."""
        n, latent = len(self.dims), self.latents.shape[-1]
        low, high = self.values[0], self.values[-1]
        some = (
            f"{n} of {latent} dimensions" if n < latent else f"{latent} dimension{'' if latent == 1 else 's'}"
        )
        others = "at 0" if self.start is None else "as in the image"
        return f"Traversal of {some}", f"each from {low:g} to {high:g}, the others {others}"


def traverse(
    run: Run, dims: str = "top8", *, start: One | None = None, reach: float = 3.0, steps: int = 7
) -> Traversal:
    """Decode each of dims (see `chosen_dims`) at `steps` values (2 or more) from -reach to reach, those of the prior's standard
    deviation, the others as those of the start."""
    if not (math.isfinite(reach) and reach > 0 and steps >= 2):
        raise DecodingError(
            f"a range of {reach:g} in {steps} steps is no way to go: give a range above 0 and 2 steps or more"
        )
    latent, kl = run.architecture.latent, run.kl_per_dim
    chosen = chosen_dims(dims, latent, kl)
    base = np.zeros(latent, np.float32) if start is None else start.mu
    values = np.linspace(-reach, reach, steps)
    latents = np.tile(base, (len(chosen), steps, 1))
    for row, dim in enumerate(chosen):
        latents[row, :, dim] = values
    images = means(run, latents.reshape(-1, latent))
    restored = None if start is None else means(run, base[None])[0]
    return Traversal(
        chosen, values, latents, images.reshape(*latents.shape[:2], *images.shape[1:]), kl, start, restored
    )


def chosen_dims(text: str, latent: int, kl: tuple[float, ...] | None) -> tuple[int, ...]:
    """What `top8` (the most informative first) or `0,3,7` stand for; DecodingError where there are no such."""
    if match := re.fullmatch(r"top([1-9]\d{0,8})", text):
        if kl is None:
            raise DecodingError(
                f"the run has no validation that tells which dimensions are on top: name them, --dims {_few(latent)}"
            )
        return tuple(np.argsort(-np.array(kl), kind="stable")[: int(match[1])].tolist())
    if not re.fullmatch(r"\d{1,9}(,\d{1,9})*", text):
        raise DecodingError(f"--dims {text!r} names no dimensions: give top8, or numbers as {_few(latent)}")
    dims = tuple(dict.fromkeys(map(int, text.split(","))))
    for dim in dims:
        if dim >= latent:
            raise DecodingError(
                f"there is no dimension {dim}: the run has {latent}, and they are called 0 to {latent - 1}"
            )
    return dims


def _few(latent: int) -> str:
    return ",".join(map(str, range(min(latent, 3))))
