"""Folders that are splits or wrappers, not classes: recognized by their names, and said."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit.images import find
from latentkit.images.folders import read_folders

CLASSES = ("cat", "dog")


def photos(root: Path, *folders: str, each: int = 2) -> Path:
    for number, folder in enumerate(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for at in range(each):
            rng = np.random.default_rng([number, at])
            Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(root / folder / f"{number}{at}.png")
    return root


def counts(*folders: str) -> dict[str, int]:
    return dict.fromkeys(folders, 5)


SPLITS = [
    ("train", "val", "test"),
    ("Train", "Test"),
    ("Training", "Testing"),
    ("training", "validation"),
    ("train", "valid"),
    ("TRAIN", "DEV", "EVAL"),
    ("train_set", "test_set"),
    ("training-set", "validation-set", "test-set"),
    ("trainset", "valset"),
    ("train2017", "val2017"),
    ("train_images", "test_images"),
    ("seg_train", "seg_test", "seg_pred"),
    ("asl_alphabet_train", "asl_alphabet_test"),
    ("TrainImages", "TestImages"),
    ("1_train", "2_val"),
]


@pytest.mark.parametrize("splits", SPLITS, ids=" ".join)
@pytest.mark.parametrize("wrapper", ["", "archive/", "archive/data_set/"])
def test_splits_in_any_usual_spelling_are_recognized_above_classes(splits, wrapper):
    folders = [f"{wrapper}{split}/{name}" for split in splits for name in CLASSES]
    found = read_folders(counts(*folders))
    assert [found.labels[folder] for folder in folders] == list(CLASSES) * len(splits)
    assert found.side(f"{wrapper}{splits[0]}/cat/1.png") == "train"
    assert found.side(f"{wrapper}{splits[1]}/cat/1.png") in ("validation", "test")
    assert "are read as splits, and classes are the folders below: cat, dog" in found.text
    assert found.text.endswith("To read them as classes, add --folders classes")


@pytest.mark.parametrize(
    "tops",
    [
        ("cat", "dog"),
        ("train", "bus", "car"),  # vehicles
        ("test_tube", "train_track"),
        ("train", "training"),
        ("test", "val"),
        ("valley", "testbed", "trainer"),
        ("val_a", "train_b"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("below", ["", "/old"])
def test_classes_are_not_taken_for_splits(tops, below):
    folders = [f"{top}{below}" for top in tops]
    found = read_folders(counts(*folders))
    assert [found.labels[folder] for folder in folders] == list(tops)
    assert (found.sides, found.text) == ({}, "")


def test_splits_beside_a_class_are_read_as_classes_and_the_doubt_is_said():
    found = read_folders(counts("train/cat", "test/cat", "fish"))
    assert found.labels == {"train/cat": "train", "test/cat": "test", "fish": "fish"}
    assert found.text == (
        "the folders test, train look like splits, but fish does not, so all are read as classes. "
        "To read them as splits, add --folders splits"
    )


@pytest.mark.parametrize("kind", ["classes", "splits"])
def test_the_option_takes_either_reading(kind):
    found = read_folders(counts("train/cat", "val/dog"), kind)
    assert list(found.labels.values()) == (["train", "val"] if kind == "classes" else ["cat", "dog"])
    assert read_folders(counts("a/cat", "b/dog"), "splits").labels == {"a/cat": "cat", "b/dog": "dog"}


def test_splits_without_classes_have_no_labels():
    found = read_folders(counts("train", "test"))
    assert found.labels == {"train": "", "test": ""}
    assert "train 5, test 5 are read as splits, without classes" in found.text


def test_defects_and_their_masks_are_read_as_mvtec_means_them():
    found = read_folders(
        counts(
            "bottle/train/good",
            "bottle/test/good",
            "bottle/test/broken_large",
            "bottle/ground_truth/broken_large",
        )
    )
    assert found.labels["bottle/train/good"] == found.labels["bottle/test/good"] == "good"
    assert found.labels["bottle/test/broken_large"] == "broken_large"
    assert found.side("bottle/ground_truth/broken_large/1.png") == "masks"
    assert "ground_truth is left out" in found.text


def test_a_folder_repeated_within_a_split_is_no_class():
    found = read_folders(counts("train/train/cat", "train/train/dog", "test/test/cat"))
    assert sorted(set(found.labels.values())) == ["cat", "dog"]


@pytest.mark.parametrize("wrapper", ["archive", "archive/dataset", "PetImages", "data/raw/images"])
def test_one_folder_around_the_classes_is_no_class(wrapper):
    found = read_folders(counts(f"{wrapper}/cat", f"{wrapper}/dog/old"))
    assert list(found.labels.values()) == ["cat", "dog"]
    assert found.text == (
        f"the folder {wrapper} is not a class: classes are the folders below it, cat, dog. "
        f"To read {wrapper.split('/')[0]} as the class, add --folders classes"
    )


@pytest.mark.parametrize(("folder", "label"), [("cat", "cat"), ("images", ""), ("Data", "")])
def test_one_folder_of_images_is_a_class_unless_its_name_says_nothing(folder, label):
    assert read_folders(counts(folder)).labels == {folder: label}


def test_a_folder_with_images_of_its_own_is_no_wrapper():
    assert read_folders(counts("cat", "cat/old")).labels == {"cat": "cat", "cat/old": "cat"}
    assert read_folders(counts("", "train/a", "test/a")).labels == {
        "": "",
        "train/a": "train",
        "test/a": "test",
    }


# Files, and a run


@pytest.fixture
def data(tmp_path) -> Path:
    return photos(tmp_path / "data", "train/cat", "train/dog", "val/cat", "val/dog", "test/cat", each=4)


def test_a_folder_a_glob_and_a_list_of_files_are_read_alike(data):
    found = find([str(data)])
    assert {source.label for source in found} == {"cat", "dog"}
    assert find([f"{data}/*/*/*.png"]) == found
    assert find([f"{data}/**/*.png"]).folders == found.folders
    assert [source[:2] for source in find([f"{data}/*"])] == [source[:2] for source in found]


def test_masks_are_no_images(tmp_path):
    root = photos(tmp_path / "bottle", "train/good", "test/broken", "ground_truth/broken")
    assert {source.id.partition("/")[0] for source in find([str(root)])} == {"train", "test"}
    assert len(find([str(root)], "classes")) == 6


def test_flat_splits_that_are_named_are_no_classes(tmp_path):
    root = photos(tmp_path, "train", "test")
    found = find([str(root / "train"), str(root / "test")])
    assert {source.label for source in found} == {""}
    assert found.notes
    assert {source.label for source in find([str(root / "train"), str(root / "test")], "classes")} == {
        "train",
        "test",
    }


def test_scan_says_what_it_took_for_splits(data, latentkit):
    done = latentkit("scan", data)
    assert "classes         cat 12, dog 8" in done.stdout
    assert "the folders train 8, val 8, test 4 are read as splits" in done.stderr
    assert "--validation" not in done.stdout
    done = latentkit("scan", data, "--folders", "classes")
    assert "test 4, train 8, val 8" in done.stdout
    assert "--folders classes" in done.stdout
    assert "read as splits" not in done.stderr


TINY = ("--size", 8, "--latent", 2, "--width", 2, "--batch", 4, "--epochs", 1)


def sides(run: Path) -> dict[str, set[str]]:
    with np.load(run / "images.npz") as arrays:
        pairs = list(zip(arrays["id"].tolist(), arrays["split"].tolist(), strict=True))
    return {
        side: {id.partition("/")[0] for id, own in pairs if own == side} for side in ("train", "validation")
    }


def test_train_validates_on_the_validation_split_and_leaves_out_the_test_split(data, tmp_path, latentkit):
    done = latentkit("train", data, *TINY, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert sides(tmp_path / "run") == {"train": {"train"}, "validation": {"val"}}
    assert (
        "training on the 8 images of the training split, validating on the 8 of the validation split"
        in done.stderr
    )
    done = latentkit("train", data, "--resume", "--epochs", 2, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert sides(tmp_path / "run") == {"train": {"train"}, "validation": {"val"}}


def test_a_run_begun_with_folders_as_classes_resumes_with_its_own_sides(data, tmp_path, latentkit):
    assert latentkit("train", data, *TINY, "--folders", "classes", "-o", tmp_path / "run").returncode == 0
    before = (tmp_path / "run" / "images.npz").read_bytes()
    assert len(sides(tmp_path / "run")["train"]) == 3
    done = latentkit("train", data, "--resume", "--epochs", 2, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "images.npz").read_bytes() == before


def test_a_named_fraction_is_held_out_of_all_images(data, tmp_path, latentkit):
    done = latentkit("train", data, *TINY, "--validation", 0.25, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert sides(tmp_path / "run")["train"] == {"train", "val", "test"}
