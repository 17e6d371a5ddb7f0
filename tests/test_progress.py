"""The display of training: which rows are printed, and how they fit."""

import io
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from latentkit.progress import TrainingProgress
from latentkit.training.events import Ended, Started
from latentkit.training.loop import Stepped, Validated
from latentkit.training.metrics import Metrics
from latentkit.training.options import Options
from latentkit.training.validation_table import header, number, row

METRICS = Metrics(-12345.678, -12400.0, 54.4, 0.0123, 0.812, 120, 0.1, (0.5,) * 128, 3.2154)


def started(**more) -> Started:
    options = Options(epochs=100, **more)
    return Started(options, 900, 100, 0, 1500, 1_000_000, "torch", "cpu", 1)


def validated(epoch: int, *, improved: bool = True) -> Validated:
    record = {"epoch": epoch, "step": 15 * epoch, "lr": 0.001, "images_per_second": 1234.5}
    return Validated(record, METRICS, improved, np.zeros((1, 1), np.float32))


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that the test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def rows(capsys):
    """The epochs whose rows are printed, if an epoch takes this many seconds."""

    def rows(seconds: float, epochs: int, per_epoch: int = 1) -> list[str]:
        clock = Clock()
        progress = TrainingProgress(clock=clock)
        progress(started())
        for count in range(epochs * per_epoch):
            clock.seconds += seconds / per_epoch
            progress(Stepped(count, 64))
            progress(validated(count // per_epoch + 1))
        progress(Ended("done", "done", Path("run"), None))
        words = [line.split() for line in capsys.readouterr().err.splitlines()]
        return [line[0] for line in words if line[0].endswith("/100")]

    return rows


def test_a_file_gets_a_row_at_most_every_ten_seconds(rows):
    assert rows(seconds=3, epochs=10) == ["1/100", "5/100", "9/100", "10/100"]


def test_a_file_gets_a_row_for_each_slow_epoch(rows):
    assert rows(seconds=12, epochs=3) == ["1/100", "2/100", "3/100"]


def test_a_file_gets_at_most_a_row_for_each_epoch(rows):
    assert rows(seconds=100, epochs=3, per_epoch=4) == ["1/100", "2/100", "3/100", "3/100"]


def test_a_file_gets_the_only_row_once(rows):
    assert rows(seconds=0.1, epochs=1) == ["1/100"]


def test_the_time_left_is_that_of_the_remaining_steps(capsys):
    clock = Clock()
    progress = TrainingProgress(clock=clock)
    progress(started())
    clock.seconds = 40
    progress(validated(1))
    last = capsys.readouterr().err.splitlines()[-1].split()
    assert last[-2:] == ["1:06:00", "best"]


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("width", [79, 59, 40, 200])
def test_a_row_fits_below_its_header(width, left):
    head, line = header(width, left=left), row(validated(12), 100, 4000, width, left=left)
    assert len(line) <= width
    assert line.endswith("best")
    assert len(line.removesuffix("  best")) == len(head)
    assert head.split()[:2] == ["epoch", "loss"]


def test_a_row_that_is_not_the_best_so_far_has_no_mark():
    assert row(validated(12, improved=False), 100, None, 80, left=True).split() == [
        "12/100",
        "-12345.7",
        "3.215",
        "0.812",
        "54.40",
        "120/128",
        "0.001",
        "-",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(-12345.678, "-12345.7"), (0.5, "0.500000"), (123456.0, "123456"), (-1.5e7, "-1.5e+07")],
)
def test_a_loss_has_six_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("options", "healthy"),
    [({}, True), ({"sigma": 0.1}, True), ({"sigma": 1.0}, False), ({"likelihood": "bernoulli"}, False)],
)
def test_the_first_line_says_when_a_negative_loss_is_healthy(capsys, options, healthy):
    TrainingProgress()(started(**options))
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("lower loss is better")
    assert ("negative loss is healthy" in first) == healthy


def test_the_bar_shows_the_epoch_the_best_so_far_and_the_time_left(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with TrainingProgress() as progress:
        progress(started())
        for epoch in (1, 2):
            progress(Stepped(15 * epoch, 64))
            progress(validated(epoch, improved=epoch == 1))
        time.sleep(0.3)  # it is drawn ten times a second
    assert "epoch 2/100" in terminal.getvalue()
    assert "best -12345.7 (epoch 1)" in terminal.getvalue()
    assert " left" in terminal.getvalue()
