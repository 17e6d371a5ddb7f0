"""Progress on stderr: bars, drawn by rich, where stderr is a terminal, and messages everywhere.

It receives events and numbers, and does not know who produces them.
"""

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from latentkit import shell
from latentkit.images import Skipped
from latentkit.text import escape
from latentkit.training.events import Ended, Finding, ImagesRead, ImagesSkipped, Message, Started
from latentkit.training.loop import Stepped, Validated

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Counter", "TrainingProgress", "report_skipped"]


def report_skipped(skipped: Sequence[Skipped], total: int) -> None:
    """Print how many images could not be read, and which."""
    shell.say(f"{len(skipped)} of {total} images could not be read and are skipped:")
    for image in skipped:
        shell.say(f"  {escape(image.path)}: {image.reason}")


def _bar(*, quiet: bool) -> "Progress | None":
    """Return a bar that disappears at the end, or None if stderr is not a terminal or `quiet` is set."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


class Counter:
    """A bar for one count: `with Counter("reading") as counter: counter(done, total)`."""

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        self._name = name
        self._bar = _bar(quiet=quiet)
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            return
        if self._task is None:
            self._task = self._bar.add_task(self._name, total=total)
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> "Counter":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class TrainingProgress:
    """Progress of `train`: a bar while it reads and trains, one line per validation, and messages."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._bar = _bar(quiet=quiet)
        self._reading: TaskID | None = None
        self._training: TaskID | None = None
        self._best: Validated | None = None
        self._last: Validated | None = None

    def __enter__(self) -> "TrainingProgress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: object) -> None:
        match event:
            case ImagesRead(done, total):
                self._read(done, total)
            case ImagesSkipped(skipped, total):
                report_skipped(skipped, total)
            case Message(text):
                shell.say(text)
            case Started():
                self._begin(event)
            case Stepped(step):
                self._step(step)
            case Validated():
                self._validated(event)
            case Finding(severity="error" | "warning"):
                shell.say(f"{event.severity} {event.id}: {event.title}: {event.evidence}")
            case Ended():
                self._ended(event)

    def _read(self, done: int, total: int) -> None:
        if self._bar is not None:
            if self._reading is None:
                self._reading = self._bar.add_task("reading images", total=total)
            self._bar.update(self._reading, completed=done, total=total)

    def _begin(self, event: Started) -> None:
        group = f" in {event.processes} processes" if event.processes > 1 else ""
        shell.say(
            f"training on {event.training} images, validating on all {event.validation} held-out images; "
            f"{event.parameters:,} weights, {event.backend} on {event.device}{group}"
        )
        if self._bar is not None:
            if self._reading is not None:
                self._bar.remove_task(self._reading)
            self._training = self._bar.add_task("training", total=event.steps, completed=event.steps_done)

    def _step(self, step: int) -> None:
        if self._bar is not None and self._training is not None:
            self._bar.update(self._training, completed=step)

    def _validated(self, event: Validated) -> None:
        self._last = event
        if event.improved:
            self._best = event
        if self._bar is not None:
            self._bar.console.print(_line(event), markup=False, highlight=False)

    def _ended(self, event: Ended) -> None:
        shell.say(event.text)
        if self._best is not None:
            shell.say(f"best: {_line(self._best)}")
        if event.state == "done" and self._best is not None and self._best is self._last:
            more_epochs = 2 * int(self._best.record["epoch"])
            shell.say(
                f"the last validation was the best; more training may help: --resume --epochs {more_epochs}"
            )
        command = f"latentkit diagnose {shlex.quote(str(event.run))}"
        if event.warnings:
            shell.say(f"problems found: {', '.join(event.warnings)}; for details: {command}")
        elif event.warnings is not None:
            shell.say(
                f"no problems found in the metrics; to check latents and reconstructions: {command} --images IMAGES"
            )


def _line(event: Validated) -> str:
    """Return a validation as one line; the error is per pixel, so that image sizes can be compared."""
    record, metrics = event.record, event.metrics
    r2 = "-" if metrics.r2 is None else f"{metrics.r2:.3f}"
    return (
        f"epoch {record['epoch']:>3}  loss {metrics.loss:.5g}  error/pixel {metrics.mse:.5f}  KL {metrics.kl:.2f}  R2 {r2}  "
        f"active {metrics.active_units}/{len(metrics.kl_per_dim)}  lr {record['lr']:.2g}  {record['images_per_second']:.0f} images/s"
    )
