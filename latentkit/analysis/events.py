"""The events that an analysis reports to a listener, in addition to those of training."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Counted", "Listener", "StepDone", "StepKept", "StepLeftOut", "StepStarted", "StepStopped"]


@dataclass(frozen=True)
class _OfStep:
    """An event of one step, which is the `number`th of `total`."""

    number: int
    total: int
    name: str


@dataclass(frozen=True)
class StepStarted(_OfStep):
    """A step begins; `changes` says what changed since it was done last, if it was."""

    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepDone(_OfStep):
    """A step has ended; `note` says how in a few words, and may be empty."""

    note: str = ""


@dataclass(frozen=True)
class StepKept(_OfStep):
    """The result of an earlier call is kept."""


@dataclass(frozen=True)
class StepLeftOut(_OfStep):
    """A step is not possible, such as UMAP of three images; the others go on."""

    reason: str


@dataclass(frozen=True)
class StepStopped(_OfStep):
    """An error or Ctrl-C stopped the analysis in this step."""


@dataclass(frozen=True)
class Counted:
    """`done` of `total` images of the current step are done."""

    done: int
    total: int


Listener = Callable[[object], None]
