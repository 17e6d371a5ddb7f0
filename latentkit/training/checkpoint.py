"""The weights on disk while a run trains, so that it can be stopped at any time and resumed.

last.safetensors holds the whole state, the position, the best weights and the held-out latents: --resume reads this file
alone. weights.safetensors holds the best weights, and held_out.safetensors the held-out latents.
"""

import time
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import tensors
from latentkit.formats.held_out import HeldOut, write_held_out
from latentkit.protocol import Model, State
from latentkit.training.loop import Position

__all__ = ["Best", "Checkpoint", "restore"]

INTERVAL = 20.0
"""Seconds between two checkpoints: a killed run loses little more, and a small run spends no time on them."""


class Best(NamedTuple):
    """The best weights so far, and the held-out images with them."""

    weights: State
    held_out: HeldOut | None = None


class Checkpoint:
    """Keeps the best weights in memory and writes the files."""

    def __init__(self, path: Path, best: Best | None = None) -> None:
        self._path = path
        self._best = best
        self._saved_at = time.monotonic()

    def keep_best(self, model: Model, held_out: HeldOut | None = None) -> None:
        """Keep the current weights as the best."""
        self._best = Best(_strip(model.state(), "weights/"), held_out)

    def due(self) -> bool:
        """Return whether the last checkpoint is old enough for another."""
        return time.monotonic() - self._saved_at >= INTERVAL

    def save(self, model: Model, position: Position) -> None:
        """Replace all files. Before the first validation, the current weights are the best."""
        state = model.state()
        arrays, about = dict(state), {"position": position.to_json()}
        if self._best is not None:
            arrays |= {f"best/{name}": value for name, value in self._best.weights.items()}
            if (held_out := self._best.held_out) is not None:
                arrays |= {f"held_out/{name}": value for name, value in held_out.arrays.items()}
                about["held_out"] = {"id": held_out.id}
        tensors.write_tensors(self._path / "last.safetensors", arrays, about)
        self.save_best(state)
        self._saved_at = time.monotonic()

    def save_best(self, state: State | None = None) -> None:
        """Replace what is best: the weights, or those of `state` if there are none yet, and the held-out latents."""
        best = self._best or (Best(_strip(state, "weights/")) if state else None)
        if best is None:
            return
        tensors.write_tensors(self._path / "weights.safetensors", best.weights, {})
        if best.held_out is not None:
            write_held_out(self._path, best.held_out)


def restore(path: Path) -> tuple[State, Position, Best | None]:
    """Return the state, the position and what was best so far; raises FormatError naming the file."""
    file = path / "last.safetensors"
    arrays, metadata = tensors.read_tensors(file)
    try:
        position = Position.from_json(metadata["position"])
    except (KeyError, TypeError):
        raise FormatError(
            f"{file} has no valid position of the training; train the run again with --overwrite"
        ) from None
    state = {name: value for name, value in arrays.items() if not name.startswith(("best/", "held_out/"))}
    weights, kept = _strip(arrays, "best/"), _strip(arrays, "held_out/")
    held_out = HeldOut(**kept, id=metadata["held_out"]["id"]) if kept else None
    return state, position, Best(weights, held_out) if weights else None


def _strip(state: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
