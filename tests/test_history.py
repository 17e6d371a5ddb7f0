"""history.jsonl: one line per validation or finding, whole lines only."""

import json
import math

import pytest

from latentkit.errors import FormatError
from latentkit.formats import history
from latentkit.formats.history import Finding, History, read_history


def test_appended_lines_can_be_read_at_once(tmp_path):
    path = tmp_path / "history.jsonl"
    for step in range(3):
        history.append(path, {"step": step, "train": {"loss": 0.1 + step}})
        assert path.read_text().endswith(f'"loss": {0.1 + step}}}}}\n')
    assert [line["step"] for line in read_history(path).lines] == [0, 1, 2]


def test_no_file_is_an_empty_history(tmp_path):
    assert read_history(tmp_path / "history.jsonl").lines == []


def test_values_that_are_not_finite_are_written_as_null(tmp_path):
    path = tmp_path / "history.jsonl"
    history.append(path, {"step": 1, "loss": math.nan, "each": [math.inf, (-math.inf, 2.0)], "text": "nan"})
    line = path.read_text()
    assert json.loads(line, parse_constant=pytest.fail) == {
        "step": 1,
        "loss": None,
        "each": [None, [None, 2.0]],
        "text": "nan",
    }


def test_a_last_line_that_a_crash_truncated_is_ignored(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "tra')
    assert read_history(path).lines == [{"step": 1}]


def test_a_corrupt_line_in_the_middle_is_named(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\nwhat\n{"step": 3}\n')
    with pytest.raises(FormatError) as error:
        read_history(path)
    assert str(error.value) == f"{path}, line 2: not a JSON object with a step; remove the line"


@pytest.mark.parametrize("line", ["3", "[1]", '"text"', "null", '{"epoch": 1}'])
def test_json_that_is_not_a_record_is_named(tmp_path, line):
    path = tmp_path / "history.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n')
    with pytest.raises(FormatError, match="line 2: not a JSON object with a step"):
        history.truncate(path, 1)


def test_truncating_keeps_the_lines_up_to_a_step_unchanged(tmp_path):
    path = tmp_path / "history.jsonl"
    for step in (10, 20, 30):
        history.append(path, {"step": step, "loss": 1 / 3})
    whole = path.read_text()
    history.truncate(path, 20)
    assert path.read_text() == "".join(whole.splitlines(keepends=True)[:2])
    history.append(path, {"step": 30, "loss": 1 / 3})
    assert path.read_text() == whole


def test_truncating_removes_an_incomplete_line(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\n{"st')
    history.truncate(path, 5)
    assert path.read_text() == '{"step": 1}\n'


VALIDATION = {
    "step": 20,
    "epoch": 2,
    "lr": 0.1,
    "beta": 1.0,
    "train": {"loss": 3, "r2": None},
    "validation": {"loss": 4.5},
}
FINDING = {"id": "P8", "title": "The posterior has collapsed", "severity": "error", "evidence": "KL 0.1"}


def test_validations_and_findings_are_told_apart_and_keep_their_order():
    parsed = History([VALIDATION, {"step": 20, "finding": FINDING}, {**VALIDATION, "step": 30}], "h")
    assert [each.step for each in parsed.validations] == [20, 30]
    assert parsed.findings == (Finding(20, **FINDING),)
    assert parsed.validations[0].line is VALIDATION


def test_a_metric_that_is_null_is_absent():
    (validation,) = History([VALIDATION], "h").validations
    assert (validation.train, validation.validation) == ({"loss": 3}, {"loss": 4.5})
    assert (validation.epoch, validation.lr, validation.beta) == (2, 0.1, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": "<script>"}, "h: lr at step 20 is '<script>', not a number; remove the line"),
        ({"train": {"kl": True}}, "h: train.kl at step 20 is 'True', not a number; remove the line"),
        ({"train": [1]}, "h: train at step 20 is not a JSON object; remove the line"),
    ],
)
def test_a_metric_that_is_not_a_number_is_refused_by_name(change, message):
    with pytest.raises(FormatError) as error:
        _ = History([{**VALIDATION, **change}], "h").validations
    assert str(error.value) == message


@pytest.mark.parametrize("finding", ["P8", {}, {**FINDING, "title": 3}, {**FINDING, "severity": "bad"}])
def test_a_finding_of_another_form_is_refused(finding):
    with pytest.raises(FormatError, match="h: the finding at step 5 has no id, no title, or a severity"):
        _ = History([{"step": 5, "finding": finding}], "h").findings
