"""Progress of `latentkit analyze` on stderr: that of training, and the steps around it."""

from typing import TYPE_CHECKING

from latentkit.analysis.events import Counted, StepDone, StepKept, StepLeftOut, StepStarted, StepStopped
from latentkit.progress import TrainingProgress
from latentkit.training.events import Ended

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["AnalysisProgress"]


class AnalysisProgress(TrainingProgress):
    """Progress of `analyze`: one bar, which shows the step, and one line per step."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._counting: TaskID | None = None
        self._kept: list[str] = []

    def __call__(self, event: object) -> None:
        match event:
            case StepKept():
                self._kept.append(event.name)
                if event.number == event.total:
                    self._say_kept()
            case StepStarted():
                self._start(event)
            case Counted(done, total):
                if self._bar is not None and self._counting is not None:
                    self._bar.update(self._counting, completed=done, total=total, note=f"{done}/{total}")
            case StepDone(number, total, name, note):
                self._clear()
                if note:
                    self._say(f"{_place(number, total)} {name}: {note}")
            case StepLeftOut(number, total, name, reason):
                self._clear()
                self._say(f"{_place(number, total)} {name} is left out: {reason}")
            case StepStopped(number, total, name):
                self._clear()
                self._say(
                    f"{_place(number, total)} {name} is not finished; what was done before is saved, and the same "
                    "command continues from there"
                )
            case _:
                super().__call__(event)

    def _start(self, event: StepStarted) -> None:
        self._say_kept()
        if event.changes:
            changes = ", ".join(event.changes)
            self._say(f"{_place(event.number, event.total)} {event.name} again, because {changes}")
        if self._bar is not None:
            self._counting = self._bar.add_task(
                f"{_place(event.number, event.total)} {event.name}", total=None, note=""
            )

    def _say_kept(self) -> None:
        if self._kept:
            self._say(f"unchanged since the last time: {', '.join(self._kept)}")
            self._kept.clear()

    def _clear(self) -> None:
        """Remove what the bar shows of a step."""
        self._say_kept()
        if self._bar is not None:
            for task in self._bar.task_ids:
                self._bar.remove_task(task)
        self._reading = self._training = self._counting = None

    def _say_next(self, event: Ended) -> None:
        """Say nothing: the next step follows."""


def _place(number: int, total: int) -> str:
    return f"[{number}/{total}]"
