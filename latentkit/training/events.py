"""What training has to say beside the loop's own events, for whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from latentkit.images import Skipped
from latentkit.training.diary import Noticed
from latentkit.training.loop import Event
from latentkit.training.options import Options

__all__ = ["Began", "Ended", "LeftOut", "Listener", "Noticed", "Read", "Said"]


@dataclass(frozen=True)
class Read:
    """Images were read."""

    done: int
    total: int


@dataclass(frozen=True)
class Said:
    """Something to be told in words."""

    text: str


@dataclass(frozen=True)
class Began:
    """Training is about to begin, or to go on."""

    options: Options
    training: int
    validation: int
    steps_done: int
    steps: int
    parameters: int
    backend: str
    device: str
    processes: int


@dataclass(frozen=True)
class Ended:
    """Training is over, for the reason given in words."""

    text: str
    state: str
    """That of run.json: done, interrupted or stopped."""
    run: Path
    worries: tuple[str, ...] | None
    """Ids of the errors and warnings that were noticed; None where nobody looked."""


@dataclass(frozen=True)
class LeftOut:
    """Images that could not be read, of how many."""

    skipped: tuple[Skipped, ...]
    total: int


Listener = Callable[[Event | Read | LeftOut | Said | Began | Noticed | Ended], None]
