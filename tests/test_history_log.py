"""Findings about a run while it trains: reported once, and told as gone when they no longer hold."""

import numpy as np
import pytest

from latentkit import shell
from latentkit.formats.history import read_history
from latentkit.formats.run import RunImages
from latentkit.progress import TrainingProgress
from latentkit.training.events import Ended
from latentkit.training.history_log import Health, HistoryLog

IMAGES = RunImages(*(np.array(["a"]) for _ in range(4)))
COLLAPSE = {"id": "P8", "title": "collapsed", "severity": "error", "evidence": "KL 0"}
BALANCE = {"id": "P9", "title": "balance", "severity": "warning", "evidence": "beta 1e4"}
NOTE = {"id": "P14", "title": "unused", "severity": "note", "evidence": "3 of 4"}


def log(path, *answers) -> HistoryLog:
    remaining = iter(answers)
    return HistoryLog(path / "history.jsonl", IMAGES, lambda images: lambda record, lines: next(remaining))


def test_a_finding_is_reported_when_it_is_new(tmp_path):
    checked = log(tmp_path, ([COLLAPSE, NOTE], None), ([COLLAPSE, BALANCE], None))
    assert [each.id for each in checked.check({}, 1)] == ["P8", "P14"]
    assert [each.id for each in checked.check({}, 2)] == ["P9"]
    assert [(each.step, each.id) for each in read_history(tmp_path / "history.jsonl").findings] == [
        (1, "P8"),
        (1, "P14"),
        (2, "P9"),
    ]


def test_an_alarm_that_no_longer_holds_is_gone_also_after_a_resume(tmp_path):
    log(tmp_path, ([COLLAPSE, NOTE], "too few")).check({}, 1)
    checked = log(tmp_path, ([BALANCE], None), ([COLLAPSE], None))
    checked.check({}, 2)
    assert checked.health() == Health(("P9",), ("P8",), None)
    checked.check({}, 3)
    assert checked.health() == Health(("P8",), ("P9",), None)


def test_nothing_is_said_of_a_run_that_is_not_checked(tmp_path):
    unchecked = HistoryLog(tmp_path / "history.jsonl", IMAGES, None)
    assert unchecked.check({}, 1) == []
    assert unchecked.health() is None


@pytest.mark.parametrize(
    ("health", "lines"),
    [
        (
            Health((), ("P8",), None),
            ["found while training, and gone at the end: P8", "no problems found in the metrics; "],
        ),
        (Health(("P9",), (), "2 validations"), ["problems found: P9; for details: latentkit diagnose run"]),
        (Health((), (), "2 validations"), ["too early to tell whether it is healthy: 2 validations"]),
        (None, []),
    ],
)
def test_training_ends_with_what_holds_and_what_is_gone(tmp_path, capsys, health, lines):
    shell.quiet(False)
    TrainingProgress()(Ended("done", "done", tmp_path.__class__("run"), health))
    words = capsys.readouterr().err.splitlines()
    assert words[0] == "done"
    assert len(words) == len(lines) + 1
    assert all(word.startswith(line) for word, line in zip(words[1:], lines, strict=True))
