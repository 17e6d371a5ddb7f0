"""A run's folder: what may be made where, and what is read back."""

import json

import numpy as np
import pytest

from latentkit.errors import FormatError, TrainingError
from latentkit.formats.run import (
    FILES,
    RunImages,
    check_available,
    create,
    is_run,
    read_images,
    read_record,
    write_images,
    write_record,
)

RECORD = {"architecture": {}, "objective": {}, "options": {}, "images": {}, "backend": {"name": "numpy"}}
IMAGES = RunImages(
    *(np.array(column) for column in (["a.png", "b.png"], ["0f", "1f"], ["train", "validation"], ["", "ü"]))
)


def refusal(path, *, overwrite) -> str:
    before = sorted(path.rglob("*")) if path.is_dir() else []
    with pytest.raises(TrainingError) as error:
        create(path, overwrite=overwrite)
    assert (sorted(path.rglob("*")) if path.is_dir() else []) == before
    return str(error.value)


def test_a_run_can_be_created_in_a_new_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "new" / "run", tmp_path / "empty"):
        create(path, overwrite=False)
        assert list(path.iterdir()) == []


def test_a_run_is_replaced_only_on_request(tmp_path):
    write_record(tmp_path, RECORD)
    assert refusal(tmp_path, overwrite=False) == (
        f"{tmp_path} is already a run; resume it with --resume, or replace it with --overwrite"
    )


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("name", ["history.jsonl", "run.json", ".hidden"])
def test_a_folder_that_is_not_a_run_is_never_touched(tmp_path, overwrite, name):
    (tmp_path / name).write_text('{"schema": "mine"}')
    assert refusal(tmp_path, overwrite=overwrite) == (
        f"{tmp_path} is a folder with other files in it, not a run; name a new folder"
    )


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_is_never_replaced_by_a_run(tmp_path, overwrite):
    path = tmp_path / "file"
    path.write_text("mine")
    assert refusal(path, overwrite=overwrite) == f"{path} is a file; name a folder for the run"
    assert path.read_text() == "mine"


def test_overwriting_removes_the_files_of_a_run_and_no_others(tmp_path):
    for name in (*FILES, "notes.txt"):
        (tmp_path / name).write_text("x")
    write_record(tmp_path, RECORD)
    check_available(tmp_path, overwrite=True)
    assert len(list(tmp_path.iterdir())) == len(FILES) + 1
    create(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_record_survives_a_round_trip(tmp_path):
    assert not is_run(tmp_path)
    write_record(tmp_path, RECORD | {"validation": {"r2": float("nan")}})
    assert is_run(tmp_path)
    assert read_record(tmp_path) == RECORD | {"validation": {"r2": None}}
    assert json.loads((tmp_path / "run.json").read_text())["schema"] == "latentkit.run/1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            None,
            "{path} is not a run: it has no run.json; make a run with `latentkit train ... -o {path}`",
        ),
        (b"{", "{file} is not the record of a run; restore it or train the run again"),
        (b"[]", "{file} is not the record of a run; restore it or train the run again"),
        (b"{}", "{file} is not the record of a run; restore it or train the run again"),
        (b"\xff\xfe", "{file} is not the record of a run; restore it or train the run again"),
        (
            b'{"schema": "latentkit.run/2"}',
            "{file} is latentkit.run/2, written by a newer latentkit: upgrade this one, which reads latentkit.run/1",
        ),
        (
            b'{"schema": "latentkit.run/0"}',
            "{file} is latentkit.run/0, written by an older latentkit: make it again; this one reads latentkit.run/1",
        ),
        (
            b'{"schema": "other"}',
            "{file} has the unknown schema 'other', not latentkit.run/1: it is damaged, or not of latentkit; make it again",
        ),
        (
            b'{"schema": "latentkit.run/1", "architecture": 3}',
            "{file}: 'architecture' is missing or not a JSON object; restore it or train the run again",
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_record(tmp_path)
    assert str(error.value) == message.format(path=tmp_path, file=tmp_path / "run.json")


def test_images_survive_a_round_trip(tmp_path):
    write_images(tmp_path, IMAGES)
    found = read_images(tmp_path)
    for column in ("ids", "digest", "split", "labels"):
        assert getattr(found, column).tolist() == getattr(IMAGES, column).tolist()


def test_a_missing_file_of_images_is_named(tmp_path):
    with pytest.raises(FormatError) as error:
        read_images(tmp_path)
    assert str(error.value) == f"{tmp_path / 'images.npz'} is missing; train the run again"


@pytest.mark.parametrize(
    ("key", "arrays"),
    [
        ("id", {"digest": ["x"]}),
        ("digest", {"id": ["a"]}),
        ("split", {"id": ["a"], "digest": ["x"], "split": [1]}),
        ("label", {"id": ["a"], "digest": ["x"], "split": ["train"], "label": ["", ""]}),
    ],
)
def test_an_invalid_array_of_images_is_named_by_key(tmp_path, key, arrays):
    np.savez(tmp_path / "images.npz", **{name: np.array(value) for name, value in arrays.items()})
    with pytest.raises(FormatError) as error:
        read_images(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'images.npz'}: {key!r} must be an array of text")
