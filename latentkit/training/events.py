"""The events that training reports to a listener, in addition to those of the loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentkit.formats.history import Finding
from latentkit.images import Skipped
from latentkit.training.history_log import Health
from latentkit.training.loop import Event
from latentkit.training.options import Options

__all__ = ["Ended", "Finding", "ImagesRead", "ImagesSkipped", "Listener", "Message", "Started"]


@dataclass(frozen=True)
class ImagesRead:
    """`done` of `total` images have been read."""

    done: int
    total: int


@dataclass(frozen=True)
class ImagesSkipped:
    """Some of `total` images could not be read."""

    skipped: tuple[Skipped, ...]
    total: int


@dataclass(frozen=True)
class Message:
    """A sentence for the user."""

    text: str


@dataclass(frozen=True)
class Started:
    """Training is about to start, or to resume."""

    options: Options
    training: int
    validation: int
    steps_done: int
    steps: int
    parameters: int
    backend: str
    device: str
    processes: int
    best: Mapping[str, Any] | None = None
    """Step, epoch and loss of the best validation of a run that is resumed."""


@dataclass(frozen=True)
class Ended:
    """Training has ended; `text` says why."""

    text: str
    state: str
    """The state in run.json: done, interrupted or stopped."""
    run: Path
    health: Health | None
    """Errors and warnings that hold now, and those that are gone; None if nothing was checked."""


Listener = Callable[[Event | ImagesRead | ImagesSkipped | Message | Started | Finding | Ended], None]
