import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import ImagesError
from latentkit.images import find, read_names
from latentkit.images.arrays import ArrayFile


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path, "PNG")
    return path


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """photos/{cats,dogs}/{1,2}.png"""
    for name in ("cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png"):
        photo(tmp_path / "photos" / name)
    return tmp_path / "photos"


def ids(arguments: list[Path | str]) -> list[str]:
    return [source.id for source in find([str(argument) for argument in arguments])]


def labels(arguments: list[Path | str]) -> list[str]:
    return [source.label for source in find([str(argument) for argument in arguments])]


ALL = ["cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png"]


@pytest.mark.parametrize("given", ["photos", "photos/", "./photos", ".//photos/./", "photos/cats/..", "."])
def test_a_path_is_the_folder_as_given_plus_the_name(classes, monkeypatch, given):
    monkeypatch.chdir(classes.parent)
    found = find([given])
    assert len(found) == len(ALL)
    assert [source.path for source in found] == [str(Path(given) / source.id) for source in found]


def test_ids_are_paths_below_the_folder_in_order(classes):
    assert ids([classes]) == ALL


def test_labels_are_the_first_folder_below_the_root(classes):
    photo(classes / "dogs" / "old" / "3.png")
    assert labels([classes]) == ["cats", "cats", "dogs", "dogs", "dogs"]


def test_a_flat_folder_has_no_labels(classes):
    assert [source[:2] for source in find([str(classes / "cats")])] == [("1.png", ""), ("2.png", "")]


def test_sources_open_the_files_they_name(classes):
    assert [Path(source.path) for source in find([str(classes)])] == [classes / name for name in ALL]


def test_class_folders_side_by_side_give_the_ids_and_labels_of_their_parent(classes):
    assert find([str(classes / "dogs"), str(classes / "cats")]) == find([str(classes)])


def test_a_list_of_every_file_gives_the_ids_and_labels_of_the_folder(classes):
    assert find([str(classes / name) for name in ALL]) == find([str(classes)])


def test_an_unexpanded_glob_gives_the_ids_and_labels_of_the_folder(classes):
    assert find([f"{classes}/*/*.png"]) == find([f"{classes}/*"]) == find([str(classes)])


def test_a_recursive_glob_finds_the_content_of_the_folder(classes):
    assert ids([f"{classes}/**/*.png"]) == ALL


def test_a_glob_skips_files_that_are_not_images(classes):
    (classes / "cats" / "LICENSE").write_text("free")
    assert ids([f"{classes}/cats/*"]) == ["1.png", "2.png"]


def test_a_file_with_brackets_in_its_name_is_that_file(tmp_path):
    photo(tmp_path / "a[1].png")
    photo(tmp_path / "a1.png")
    assert ids([tmp_path / "a[1].png"]) == ["a[1].png"]


def test_folders_of_classes_are_separate_roots(tmp_path):
    for name in ("train/cats/1.png", "train/dogs/2.png", "test/cats/1.png"):
        photo(tmp_path / name)
    found = find([str(tmp_path / "train"), str(tmp_path / "test")])
    assert [source[:2] for source in found] == [
        ("test/cats/1.png", "cats"),
        ("train/cats/1.png", "cats"),
        ("train/dogs/2.png", "dogs"),
    ]


def test_one_file_is_called_by_its_name(classes):
    assert ids([classes / "cats" / "1.png"]) == ["1.png"]


def test_an_image_that_is_named_twice_is_found_once(classes):
    twice = [str(classes), f"{classes}/cats/../cats/1.png", f"{classes}/dogs"]
    assert [source.id for source in find(twice)] == [f"photos/{name}" for name in ALL]


def test_relative_and_absolute_arguments_give_the_same_ids(classes, monkeypatch):
    monkeypatch.chdir(classes)
    assert ids(["."]) == ids([classes]) == ids(["../photos/"])


def test_hidden_files_and_system_files_are_not_images(classes):
    for name in ("._1.png", ".3.png", "Thumbs.db", "desktop.ini", ".hidden/1.png", "__MACOSX/cats/1.png"):
        photo(classes / name)
    assert ids([classes]) == ALL


def test_a_system_file_is_not_an_image_even_if_it_is_named(classes):
    photo(classes / "cats" / "._1.png")
    assert ids([classes / "cats" / "1.png", classes / "cats" / "._1.png"]) == ["1.png"]


def test_only_system_files_is_an_error_that_names_one(tmp_path):
    with pytest.raises(ImagesError, match=r"nothing given is an image: .*\._1\.png is a system file"):
        find([str(photo(tmp_path / "._1.png"))])


def test_a_named_file_is_included_whatever_its_suffix(tmp_path):
    (tmp_path / "notes.txt").write_text("not an image")
    assert ids([tmp_path / "notes.txt"]) == ["notes.txt"]


def test_other_files_in_a_folder_are_ignored(classes):
    (classes / "LICENSE").write_text("free")
    (classes / "README.md").write_text("read")
    assert ids([classes]) == ALL


def test_the_suffix_may_be_in_capitals(tmp_path):
    photo(tmp_path / "A.JPEG")
    assert ids([tmp_path]) == ["A.JPEG"]


def test_a_file_without_suffix_is_recognized_by_its_first_bytes(tmp_path):
    photo(tmp_path / "scan")
    (tmp_path / "BMinutes").write_text("BM: the minutes of the meeting")
    assert ids([tmp_path]) == ["scan"]


def test_a_folder_may_be_named_like_an_image(tmp_path):
    photo(tmp_path / "x.jpg" / "1.png")
    assert ids([tmp_path]) == ["x.jpg/1.png"]


def test_a_dangling_link_is_found_so_that_it_is_reported(tmp_path):
    photo(tmp_path / "1.png")
    (tmp_path / "2.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "3.png").symlink_to(tmp_path / "3.png")
    assert ids([tmp_path]) == ["1.png", "2.png", "3.png"]


def test_a_loop_of_links_ends(classes):
    (classes / "cats" / "again").symlink_to(classes)
    (classes / "dogs" / "cats").symlink_to(classes / "cats")
    assert ids([classes]) == ALL


def test_a_folder_that_is_a_link_is_followed(classes, tmp_path):
    photo(tmp_path / "elsewhere" / "3.png")
    (classes / "birds").symlink_to(tmp_path / "elsewhere")
    assert ids([classes]) == ["birds/3.png", *ALL]


def test_a_name_that_is_not_utf8_has_an_id_that_can_be_written(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(path)).write_bytes(photo(tmp_path / "other" / "a.png").read_bytes())
    (source, _) = find([str(tmp_path)])
    assert source.id == "caf\\xe9.png"
    assert source.id.encode("utf-8")
    assert Path(source.path).is_file()


def test_two_images_with_the_same_id_are_refused_by_both_names(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "X.npy", np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(ImagesError, match=r"id X/000000: .*a/X\.npy row 0 and .*b/X\.npy row 0; rename one"):
        find([f"{tmp_path}/a/X.npy", f"{tmp_path}/b/X.npy"])


def test_rows_of_an_array_are_sources_without_labels(tmp_path):
    np.save(tmp_path / "X.npy", np.zeros((12, 4, 4), np.uint8))
    found = find([f"{tmp_path}/X.npy"])
    assert found[11] == ("X/000011", "", 11, ArrayFile(f"{tmp_path}/X.npy"))
    assert found[11].location == f"{tmp_path}/X.npy row 11"
    assert found[11].path is None


def test_rows_of_an_npz_have_ids_with_its_key(tmp_path):
    np.savez(tmp_path / "D.npz", x=np.zeros((2, 4, 4), np.uint8), y=np.zeros((1, 4, 4), np.uint8))
    assert ids([f"{tmp_path}/D.npz:y", f"{tmp_path}/D.npz:x"]) == ["x/000000", "x/000001", "y/000000"]


def test_no_arguments_are_an_error():
    with pytest.raises(ImagesError, match="no images were named: give folders"):
        find([])


def test_a_folder_without_images_is_an_error_that_lists_the_suffixes(tmp_path):
    with pytest.raises(
        ImagesError, match=r"no images in .*: it must contain files that end in \.jpg, .*\.webp"
    ):
        find([str(tmp_path)])


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ImagesError, match=r"there is no file or folder .*gone\.png: check the name"):
        find([f"{tmp_path}/gone.png"])


def test_a_dash_explains_how_to_read_names_from_stdin():
    with pytest.raises(ImagesError, match="--files-from -"):
        find(["-"])


def test_a_glob_that_matches_nothing_is_an_error(tmp_path):
    with pytest.raises(ImagesError, match=r"no image matches .*\*\.png, only 0 other files"):
        find([f"{tmp_path}/*.png"])


def test_names_are_separated_by_newlines():
    assert read_names(io.BytesIO(b"\xef\xbb\xbfa b.png\r\n\nc.png"), "\n") == ["a b.png", "c.png"]


def test_names_are_separated_by_zero_bytes():
    assert read_names(io.BytesIO(b"a\nb.png\0c.png\0"), "\0") == ["a\nb.png", "c.png"]


def test_names_that_are_not_utf8_can_be_opened(tmp_path):
    (name,) = read_names(io.BytesIO(os.fsencode(tmp_path) + b"/\xff.png\n"), "\n")
    photo(tmp_path / "a.png").rename(name)
    assert ids([name]) == ["\\xff.png"]


def test_zero_bytes_in_a_list_of_lines_are_an_error():
    with pytest.raises(ImagesError, match="read it with --files0-from"):
        read_names(io.BytesIO(b"a.png\0b.png\0"), "\n")
