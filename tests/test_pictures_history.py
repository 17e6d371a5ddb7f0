"""The history of a training run, read from its folder."""

import json
import math
import shutil

import pytest

from latentkit.errors import FormatError, PictureError
from latentkit.formats.history import append, read_history
from latentkit.pictures import RunHistory, read_histories


@pytest.fixture
def run(trained, tmp_path):
    """A copy of a run, which a test may change."""
    return shutil.copytree(trained, tmp_path / "run")


def read_one(run) -> RunHistory:
    return read_histories([str(run)])[0]


def lines_of(run) -> list:
    return list(read_history(run / "history.jsonl").lines)


def rewrite(run, change) -> None:
    changed = [line for line in map(change, lines_of(run)) if line is not None]
    (run / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in changed))


def test_values_are_those_of_the_history_at_their_epochs(trained):
    history = read_one(trained)
    lines = [line for line in lines_of(trained) if "validation" in line]
    assert history.epochs.tolist() == [line["epoch"] for line in lines]
    for side, name in (("train", "loss"), ("validation", "kl"), ("validation", "active_units")):
        assert history.values[side, name].tolist() == [line[side][name] for line in lines]
    assert history.values["", "lr"].tolist() == [line["lr"] for line in lines]
    record = json.loads((trained / "run.json").read_text())
    assert history.best == record["best"]["epoch"]


def test_validations_within_an_epoch_are_between_whole_epochs(run):
    record = json.loads((run / "run.json").read_text())
    record["images"]["train"], record["options"]["batch"] = 100, 10
    (run / "run.json").write_text(json.dumps(record))
    assert read_one(run).epochs[0] == lines_of(run)[0]["step"] / 10


def test_a_record_without_the_number_of_images_is_refused(run):
    record = json.loads((run / "run.json").read_text())
    record["images"]["train"] = None
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(FormatError, match=r"run.json: images.train is None and options.batch is \d+"):
        read_one(run)


def test_findings_are_events_at_their_epoch(run):
    finding = {"id": "P8", "title": "The posterior has collapsed", "severity": "error", "evidence": "x"}
    steps = lines_of(run)[0]["step"]
    append(run / "history.jsonl", {"step": 3 * steps, "finding": finding})
    event = read_one(run).events[-1]
    assert (event.epoch, event.id, event.title, event.severity) == (3, "P8", finding["title"], "error")


def test_a_value_that_was_not_finite_is_a_gap(run):
    rewrite(
        run,
        lambda line: {**line, "validation": {**line["validation"], "r2": None}} if "train" in line else line,
    )
    assert all(math.isnan(value) for value in read_one(run).values["validation", "r2"])


def test_a_value_that_is_not_a_number_is_refused_by_name(run):
    rewrite(run, lambda line: {**line, "lr": "<script>"} if "train" in line else line)
    with pytest.raises(FormatError, match=r"history.jsonl: lr at step \d+ is '<script>', not a number"):
        read_one(run)


def test_a_finding_without_its_title_is_refused(run):
    append(run / "history.jsonl", {"step": 1, "finding": {"id": "P8", "title": 3, "severity": "error"}})
    with pytest.raises(FormatError, match="the finding at step 1 has no id, no title, or a severity"):
        read_one(run)


def test_a_run_without_a_validation_has_no_curves_yet(run):
    rewrite(run, lambda line: None)
    with pytest.raises(PictureError, match="run has no validation yet, so there is no curve to draw: wait"):
        read_one(run)


def test_a_folder_that_is_not_a_run_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is not a run"):
        read_one(tmp_path)


def test_runs_are_named_after_their_folders_or_by_path_if_two_share_a_name(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "elsewhere" / "run")
    third = shutil.copytree(run, tmp_path / "third")
    histories = read_histories([str(run), str(other), str(third)])
    assert [each.name for each in histories] == [str(run), str(other), "third"]
