"""The weights on disk while a run trains, so that it can be stopped at any time and resumed.

last.safetensors holds the whole state, the position and the best weights: --resume reads this file alone.
weights.safetensors holds the best weights.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats import tensors
from latentkit.protocol import Model, State
from latentkit.training.loop import Position

__all__ = ["Checkpoint", "restore"]

INTERVAL = 20.0
"""Seconds between two checkpoints: a killed run loses little more, and a small run spends no time on them."""


class Checkpoint:
    """Keeps the best weights in memory and writes both files."""

    def __init__(self, path: Path, best: State | None = None) -> None:
        self._path = path
        self._best = best
        self._saved_at = time.monotonic()

    def keep_best(self, model: Model) -> None:
        """Keep the current weights as the best."""
        self._best = _strip(model.state(), "weights/")

    def due(self) -> bool:
        """Return whether the last checkpoint is old enough for another."""
        return time.monotonic() - self._saved_at >= INTERVAL

    def save(self, model: Model, position: Position) -> None:
        """Replace both files. Before the first validation, the current weights are the best."""
        state = model.state()
        best = {f"best/{name}": value for name, value in (self._best or {}).items()}
        tensors.write_tensors(self._path / "last.safetensors", state | best, {"position": position.to_json()})
        self.save_best(state)
        self._saved_at = time.monotonic()

    def save_best(self, state: State | None = None) -> None:
        """Replace weights.safetensors alone, by the best weights, or those of `state` if there are none yet."""
        best = self._best or (_strip(state, "weights/") if state else None)
        if best:
            tensors.write_tensors(self._path / "weights.safetensors", best, {})


def restore(path: Path) -> tuple[State, Position, State | None]:
    """Return the state, the position and the best weights of a run; raises FormatError naming the file."""
    file = path / "last.safetensors"
    arrays, metadata = tensors.read_tensors(file)
    try:
        position = Position.from_json(metadata["position"])
    except (KeyError, TypeError):
        raise FormatError(
            f"{file} has no valid position of the training; train the run again with --overwrite"
        ) from None
    state = {name: value for name, value in arrays.items() if not name.startswith("best/")}
    return state, position, _strip(arrays, "best/") or None


def _strip(state: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[np.float32]]:
    """Return the arrays whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
