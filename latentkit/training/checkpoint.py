"""What a run leaves on disk while it goes on, so that it can be stopped at any time and gone on with.

last.safetensors holds the whole state, the position and the best weights: --resume trusts it alone.
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

EVERY = 20.0
"""Seconds between two checkpoints: a kill loses little more, and small runs do not spend their time here."""


class Checkpoint:
    """Keeps the best weights in memory and both files up to date."""

    def __init__(self, path: Path, best: State | None = None) -> None:
        self._path = path
        self._best = best
        self._saved_at = time.monotonic()

    def improved(self, model: Model) -> None:
        """Keep these weights as the best."""
        self._best = _weights(model.state(), "weights/")

    def due(self) -> bool:
        """Whether the last one is long enough ago."""
        return time.monotonic() - self._saved_at >= EVERY

    def save(self, model: Model, position: Position) -> None:
        """Replace both files; without a validation so far the best weights are the last."""
        state = model.state()
        kept = {f"best/{name}": value for name, value in (self._best or {}).items()}
        tensors.write_tensors(self._path / "last.safetensors", state | kept, {"position": position.to_json()})
        self.save_best(state)
        self._saved_at = time.monotonic()

    def save_best(self, otherwise: State | None = None) -> None:
        """Replace weights.safetensors alone: all that is left to do once a step has gone wrong."""
        best = self._best or (_weights(otherwise, "weights/") if otherwise else None)
        if best:
            tensors.write_tensors(self._path / "weights.safetensors", best, {})


def restore(path: Path) -> tuple[State, Position, State | None]:
    """The state, the position and the best weights; raises FormatError naming the file."""
    arrays, about = tensors.read_tensors(path / "last.safetensors")
    try:
        position = Position.from_json(about["position"])
    except (KeyError, TypeError):
        raise FormatError(
            f"{path / 'last.safetensors'} does not say where the run stands; train it anew with --overwrite"
        ) from None
    best = _weights(arrays, "best/")
    return (
        {name: value for name, value in arrays.items() if not name.startswith("best/")},
        position,
        best or None,
    )


def _weights(state: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[np.float32]]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
