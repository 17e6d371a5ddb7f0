"""A folder that appears complete or not at all, and the other files in it."""

from pathlib import Path

import pytest

from latentkit.errors import ExportError
from latentkit.exporting.folder import replace_folder


def make(path: Path, *, overwrite: bool = False, **files: str) -> None:
    with replace_folder(
        path, marker="config", mark="# ours", owns=lambda name: name in ("a", "b"), overwrite=overwrite
    ) as folder:
        for name, text in {"config": "# ours", **files}.items():
            (folder / name).write_text(text)


def held(path: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in path.iterdir()}


def test_a_new_folder_has_the_files_and_no_temporary_folder_remains(tmp_path):
    make(tmp_path / "p", a="1")
    assert held(tmp_path / "p") == {"config": "# ours", "a": "1"}
    assert list(tmp_path.iterdir()) == [tmp_path / "p"]


def test_a_new_folder_has_the_permissions_of_any_other(tmp_path):
    make(tmp_path / "p")
    (tmp_path / "q").mkdir()
    assert (tmp_path / "p").stat().st_mode == (tmp_path / "q").stat().st_mode


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "p").mkdir()
    make(tmp_path / "p", a="1")
    assert held(tmp_path / "p") == {"config": "# ours", "a": "1"}


def test_our_files_are_replaced_and_other_files_stay(tmp_path):
    make(tmp_path / "p", a="1", b="1")
    (tmp_path / "p" / "events").write_text("theirs")
    make(tmp_path / "p", b="2")
    assert held(tmp_path / "p") == {"config": "# ours", "b": "2", "events": "theirs"}


@pytest.mark.parametrize("files", [{"notes": "mine"}, {"config": "mine"}])
def test_another_folder_is_refused_and_left_unchanged(tmp_path, files):
    (tmp_path / "p").mkdir()
    for name, text in files.items():
        (tmp_path / "p" / name).write_text(text)
    with pytest.raises(ExportError, match="holds other files"):
        make(tmp_path / "p", a="1")
    assert held(tmp_path / "p") == files
    assert list(tmp_path.iterdir()) == [tmp_path / "p"]


def test_another_folder_can_be_overwritten_and_keeps_its_files(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "notes").write_text("mine")
    make(tmp_path / "p", overwrite=True, a="1")
    assert held(tmp_path / "p") == {"notes": "mine", "config": "# ours", "a": "1"}


def test_a_failure_leaves_the_old_folder_unchanged_and_no_temporary_folder(tmp_path):
    make(tmp_path / "p", a="1")
    with (
        pytest.raises(KeyboardInterrupt),
        replace_folder(
            tmp_path / "p", marker="config", mark="# ours", owns=lambda name: True, overwrite=False
        ) as folder,
    ):
        (folder / "a").write_text("2")
        raise KeyboardInterrupt
    assert held(tmp_path / "p") == {"config": "# ours", "a": "1"}
    assert list(tmp_path.iterdir()) == [tmp_path / "p"]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "p")
    make(tmp_path / "link", a="1")
    assert (tmp_path / "link").is_symlink()
    assert held(tmp_path / "p") == {"config": "# ours", "a": "1"}


def test_a_file_of_that_name_and_a_missing_parent_are_errors(tmp_path):
    (tmp_path / "f").write_text("mine")
    with pytest.raises(ExportError, match="f is a file"):
        make(tmp_path / "f", overwrite=True)
    with pytest.raises(ExportError, match="no folder"):
        make(tmp_path / "no" / "p")
    assert (tmp_path / "f").read_text() == "mine"
