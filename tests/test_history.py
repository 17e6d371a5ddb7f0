"""history.jsonl: a line a validation, whole lines only."""

import json
import math

import pytest

from latentkit.errors import FormatError
from latentkit.formats import history


def test_what_is_appended_is_read_and_is_there_at_once(tmp_path):
    path = tmp_path / "history.jsonl"
    for step in range(3):
        history.append(path, {"step": step, "train": {"loss": 0.1 + step}})
        assert path.read_text().endswith(f'"loss": {0.1 + step}}}}}\n')
    assert [record["step"] for record in history.read(path)] == [0, 1, 2]


def test_no_file_is_an_empty_history(tmp_path):
    assert history.read(tmp_path / "history.jsonl") == []


def test_what_is_not_finite_is_written_as_null(tmp_path):
    path = tmp_path / "history.jsonl"
    history.append(path, {"step": 1, "loss": math.nan, "each": [math.inf, (-math.inf, 2.0)], "text": "nan"})
    line = path.read_text()
    assert json.loads(line, parse_constant=pytest.fail) == {
        "step": 1,
        "loss": None,
        "each": [None, [None, 2.0]],
        "text": "nan",
    }


def test_a_last_line_that_a_crash_cut_off_is_left_out(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "tra')
    assert history.read(path) == [{"step": 1}]


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\nwhat\n{"step": 3}\n')
    with pytest.raises(FormatError) as error:
        history.read(path)
    assert str(error.value) == f"{path}, line 2: not a JSON object with a step; remove the line"


@pytest.mark.parametrize("line", ["3", "[1]", '"text"', "null", '{"epoch": 1}'])
def test_json_that_is_no_record_is_named(tmp_path, line):
    path = tmp_path / "history.jsonl"
    path.write_text(f'{{"step": 1}}\n{line}\n')
    with pytest.raises(FormatError, match="line 2: not a JSON object with a step"):
        history.cut_back(path, 1)


def test_cutting_back_keeps_the_lines_up_to_a_step_as_they_are(tmp_path):
    path = tmp_path / "history.jsonl"
    for step in (10, 20, 30):
        history.append(path, {"step": step, "loss": 1 / 3})
    whole = path.read_text()
    history.cut_back(path, 20)
    assert path.read_text() == "".join(whole.splitlines(keepends=True)[:2])
    history.append(path, {"step": 30, "loss": 1 / 3})
    assert path.read_text() == whole


def test_cutting_back_takes_away_what_a_crash_cut_off(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"step": 1}\n{"st')
    history.cut_back(path, 5)
    assert path.read_text() == '{"step": 1}\n'
