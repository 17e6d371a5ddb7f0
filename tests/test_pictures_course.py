"""The course of a training, read from its run."""

import json
import math
import shutil

import pytest

from latentkit.errors import FormatError, PictureError
from latentkit.formats import history
from latentkit.pictures import courses
from latentkit.pictures.course import course


@pytest.fixture
def run(trained, tmp_path):
    """A run of one's own."""
    return shutil.copytree(trained, tmp_path / "run")


def rewrite(run, change) -> None:
    lines = history.read(run / "history.jsonl")
    changed = [line for line in map(change, lines) if line is not None]
    (run / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in changed))


def test_figures_stand_at_their_epochs_as_the_history_has_them(trained):
    found = course(trained, "r")
    lines = [line for line in history.read(trained / "history.jsonl") if "validation" in line]
    assert found.epochs.tolist() == [line["epoch"] for line in lines]
    for side, name in (("train", "loss"), ("validation", "kl"), ("validation", "active_units")):
        assert found.figures[side, name].tolist() == [line[side][name] for line in lines]
    assert found.figures["", "lr"].tolist() == [line["lr"] for line in lines]
    record = json.loads((trained / "run.json").read_text())
    assert found.best == record["best"]["epoch"]


def test_validations_within_an_epoch_stand_between_whole_epochs(run):
    record = json.loads((run / "run.json").read_text())
    record["images"]["train"], record["options"]["batch"] = 100, 10
    (run / "run.json").write_text(json.dumps(record))
    lines = history.read(run / "history.jsonl")
    assert course(run, "r").epochs[0] == lines[0]["step"] / 10


def test_findings_are_events_at_their_epoch(run):
    finding = {"id": "P8", "title": "The posterior has collapsed", "severity": "error", "evidence": "x"}
    steps = history.read(run / "history.jsonl")[0]["step"]
    history.append(run / "history.jsonl", {"step": 3 * steps, "finding": finding})
    event = course(run, "r").events[-1]
    assert (event.epoch, event.id, event.title, event.severity) == (3, "P8", finding["title"], "error")


def test_what_was_not_finite_is_a_gap(run):
    rewrite(
        run,
        lambda line: {**line, "validation": {**line["validation"], "r2": None}} if "train" in line else line,
    )
    assert all(math.isnan(value) for value in course(run, "r").figures["validation", "r2"])


def test_a_figure_that_is_no_number_is_refused_by_name(run):
    rewrite(run, lambda line: {**line, "lr": "<script>"} if "train" in line else line)
    with pytest.raises(FormatError, match=r"history.jsonl: lr at step \d+ is '<script>', no number"):
        course(run, "r")


def test_a_finding_of_another_form_is_refused(run):
    history.append(
        run / "history.jsonl", {"step": 1, "finding": {"id": "P8", "title": 3, "severity": "error"}}
    )
    with pytest.raises(FormatError, match="the finding at step 1 lacks id, title or a severity"):
        course(run, "r")


def test_a_run_without_a_validation_has_no_curves_yet(run):
    rewrite(run, lambda line: None)
    with pytest.raises(PictureError, match="run has no validation yet, so there is no curve to draw: wait"):
        course(run, "r")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(FormatError, match="is not a run"):
        courses([str(tmp_path)])


def test_runs_are_called_by_their_folders_and_by_their_paths_where_these_are_alike(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "elsewhere" / "run")
    third = shutil.copytree(run, tmp_path / "third")
    found = courses([str(run), str(other), str(third)])
    assert [each.name for each in found] == [str(run), str(other), "third"]
