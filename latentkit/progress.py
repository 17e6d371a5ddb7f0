"""Progress on stderr: bars, drawn by rich, where stderr is a terminal, and messages everywhere.

It receives events and numbers, and does not know who produces them.
"""

import math
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from latentkit import shell
from latentkit.images import Skipped
from latentkit.text import escape, wrap
from latentkit.training.events import Ended, Finding, ImagesRead, ImagesSkipped, Message, Started
from latentkit.training.history_log import Health
from latentkit.training.loop import Stepped, Validated
from latentkit.training.options import Options
from latentkit.training.validation_table import best_note, header, row, sentence

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Counter", "TrainingProgress", "report_skipped"]

UNDERTRAINED = frozenset({"P26"})
"""Problems that more training may solve."""

SECONDS_BETWEEN_ROWS = 10
"""Where stderr is a file."""
FILE_WIDTH = 80
LARGEST_DENSE_SIGMA = 1 / math.sqrt(2 * math.pi)
"""Below this standard deviation a Gaussian has densities above 1, and so negative losses."""


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
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[note]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, expand=True)


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
            self._task = self._bar.add_task(self._name, total=total, note="")
        self._bar.update(self._task, completed=done, total=total, note=f"{done}/{total}")

    def __enter__(self) -> "Counter":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class TrainingProgress:
    """Progress of `train`: a table with a row per validation, messages, and on a terminal a bar with the best so far.

    Where stderr is a file, there is at most a row per epoch and per SECONDS_BETWEEN_ROWS, and always the first and the
    last. `clock` returns seconds.
    """

    def __init__(self, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = _bar(quiet=quiet)
        self._clock = clock
        self._width = FILE_WIDTH if self._bar is None else self._bar.console.width - 1
        self._reading: TaskID | None = None
        self._training: TaskID | None = None
        self._started: Started | None = None
        self._began = 0.0
        self._best: Validated | None = None
        self._last: Validated | None = None
        self._shown: Validated | None = None
        self._shown_at = -math.inf

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
                self._say(text)
            case Started():
                self._begin(event)
            case Stepped(step):
                self._step(step)
            case Validated():
                self._validated(event)
            case Finding(severity="error" | "warning"):
                self._say(f"{event.severity} {event.id}: {event.title}: {event.evidence}")
            case Ended():
                self._ended(event)

    def _say(self, text: str) -> None:
        """Print a message; on a terminal, break it between words."""
        shell.say(text if self._bar is None else "\n".join(wrap(text, self._width, rest="  ")))

    def _say_lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._say(line)

    def _read(self, done: int, total: int) -> None:
        if self._bar is not None:
            if self._reading is None:
                self._reading = self._bar.add_task("reading images", total=total, note="")
            self._bar.update(self._reading, completed=done, total=total, note=f"{done}/{total}")

    def _begin(self, event: Started) -> None:
        group = f" in {event.processes} processes" if event.processes > 1 else ""
        self._say(_meaning_of_loss(event.options))
        self._say(
            f"training on {event.training} images, validating on all {event.validation} held-out images; "
            f"{event.parameters:,} weights, {event.backend} on {event.device}{group}"
        )
        self._started, self._began = event, self._clock()
        if self._bar is not None:
            if self._reading is not None:
                self._bar.remove_task(self._reading)
            note = "" if event.best is None else best_note(event.best["epoch"], event.best["loss"])
            self._training = self._bar.add_task(
                "training", total=event.steps, completed=event.steps_done, note=note
            )

    def _step(self, step: int) -> None:
        if self._bar is not None and self._training is not None:
            self._bar.update(self._training, completed=step)

    def _validated(self, event: Validated) -> None:
        self._last = event
        if event.improved:
            self._best = event
        if self._bar is not None:
            self._show(event)
            if self._training is not None:
                epoch = f"epoch {event.record['epoch']}/{self._epochs()}"
                self._bar.update(self._training, description=epoch)
                if event.improved:
                    note = best_note(event.record["epoch"], event.metrics.loss)
                    self._bar.update(self._training, note=note)
        elif self._row_is_due(event):
            self._show(event)

    def _row_is_due(self, event: Validated) -> bool:
        if self._shown is None:
            return True
        waited = self._clock() - self._shown_at >= SECONDS_BETWEEN_ROWS
        return waited and event.record["epoch"] != self._shown.record["epoch"]

    def _show(self, event: Validated) -> None:
        """Print the row of a validation, below the header if it is the first."""
        left = self._bar is None  # the bar shows it
        lines = [row(event, self._epochs(), self._seconds_left(event.record["step"]), self._width, left=left)]
        if self._shown is None:
            lines.insert(0, header(self._width, left=left))
        self._shown, self._shown_at = event, self._clock()
        if self._bar is None:
            shell.say("\n".join(lines))
        else:
            self._bar.console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)

    def _epochs(self) -> int:
        return 0 if self._started is None else self._started.options.epochs

    def _seconds_left(self, step: int) -> float | None:
        """Return how long the remaining steps take at the speed so far; patience may end the training earlier."""
        if self._started is None or step <= self._started.steps_done:
            return None
        speed = (self._clock() - self._began) / (step - self._started.steps_done)
        return speed * (self._started.steps - step)

    def _ended(self, event: Ended) -> None:
        if self._last is not None and self._last is not self._shown:
            self._show(self._last)
        self._say(event.text)
        if self._best is not None:
            self._say(f"best: {sentence(self._best)}")
        self._say_next(event)

    def _say_next(self, event: Ended) -> None:
        """Say what the checks found, and what to do next."""
        health = event.health
        warnings = () if health is None else health.warnings
        more_may_help = (
            self._best is not None and self._best is self._last and UNDERTRAINED.issuperset(warnings)
        )
        if event.state == "done" and self._best is not None and more_may_help:
            more_epochs = 2 * int(self._best.record["epoch"])
            self._say(
                f"the last validation was the best; more training may help: --resume --epochs {more_epochs}"
            )
        if health is not None:
            self._say_lines(_health(health, f"latentkit diagnose {shlex.quote(str(event.run))}"))


def _health(health: Health, command: str) -> list[str]:
    """Return the lines on the health of a run; `command` gives the details."""
    lines = []
    if health.gone:
        lines.append(f"found while training, and gone at the end: {', '.join(health.gone)}")
    if health.warnings:
        lines.append(f"problems found: {', '.join(health.warnings)}; for details: {command}")
    elif health.too_early is not None:
        lines.append(f"too early to tell whether it is healthy: {health.too_early}")
    else:
        lines.append(
            f"no problems found in the metrics; to check latents and reconstructions: {command} --images IMAGES"
        )
    return lines


def _meaning_of_loss(options: Options) -> str:
    """Return how to read the loss. A Gaussian density exceeds 1 only if its sigma is small enough."""
    text = "lower loss is better"
    if options.likelihood == "gaussian" and (options.sigma is None or options.sigma < LARGEST_DENSE_SIGMA):
        text += "; a negative loss is healthy with a Gaussian likelihood"
    return text
