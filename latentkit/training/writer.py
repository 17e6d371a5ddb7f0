"""The files that a run writes while it trains: its record, its checkpoint and its history."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentkit.formats.held_out import HeldOut
from latentkit.formats.history import Finding
from latentkit.formats.run import write_record
from latentkit.protocol import Model
from latentkit.stats import evenly_spaced, most_typical
from latentkit.training.checkpoint import Best, Checkpoint
from latentkit.training.data import Data
from latentkit.training.history_log import Checker, Health, HistoryLog
from latentkit.training.loop import Position, Validated

__all__ = ["RunWriter"]

MOST_HELD_OUT = 1000
"""Held-out latents in a run: enough to fit a mixture to, and a file of half a megabyte."""


class RunWriter:
    """Writes the run in a folder. `record` is what run.json says of it, apart from its state and best validation."""

    def __init__(
        self,
        path: Path,
        record: Mapping[str, Any],
        data: Data,
        *,
        best: Best | None = None,
        checker: Checker | None = None,
    ) -> None:
        self.path = path
        self._record, self._data = record, data
        self._checkpoint = Checkpoint(path, best)
        self._log = HistoryLog(path / "history.jsonl", data.images, checker)

    def add(self, event: Validated, model: Model) -> None:
        """Record a validation, and keep the weights if they are the best."""
        self._log.append(event.record)
        if event.improved:
            self._checkpoint.keep_best(model, _held_out(self._data, event))

    def due(self) -> bool:
        """Return whether it is time for a checkpoint."""
        return self._checkpoint.due()

    def save(self, state: str, model: Model, position: Position) -> None:
        """Write a checkpoint, and the record with this state."""
        self._checkpoint.save(model, position)
        write_record(self.path, self._with(state, position))

    def save_best(self, state: str, position: Position) -> None:
        """Write the best weights and the record alone: after a bad step, the model is not worth saving."""
        self._checkpoint.save_best()
        write_record(self.path, self._with(state, position))

    def check(self, state: str, position: Position) -> list[Finding]:
        """Return, and record, the new findings about the run."""
        return self._log.check(self._with(state, position), position.step)

    def health(self) -> Health | None:
        """Return what the last check found; None if nothing is checked."""
        return self._log.health()

    def _with(self, state: str, position: Position) -> dict[str, Any]:
        return {**self._record, **position.best, "state": state}


def _held_out(data: Data, event: Validated) -> HeldOut:
    """Return the latents of the validation, and the most typical image."""
    rows = evenly_spaced(len(event.mu), MOST_HELD_OUT)
    typical = rows[most_typical(event.mu[rows])]
    image = data.validation.take(slice(typical, typical + 1))[0]
    return HeldOut(event.mu[rows], image, str(data.held_out_ids[typical]))
