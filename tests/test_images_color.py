from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import ImagesError
from latentkit.images import choose_color, describe_mismatch, find, resolve_color

GRAY = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)


def color(path: Path) -> str:
    return resolve_color(find([str(path)]))


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16", "RGB", "P", "RGBA"])
def test_gray_images_of_any_mode_are_gray(tmp_path, mode):
    image = (
        Image.fromarray(GRAY.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(GRAY).convert(mode)
    )
    image.save(tmp_path / "a.png")
    assert color(tmp_path) == "gray"


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_gray_stored_as_color_by_a_lossy_format_is_gray(tmp_path, suffix):
    Image.fromarray(GRAY).convert("RGB").save(tmp_path / f"a.{suffix}", quality=50)
    assert color(tmp_path) == "gray"


def test_one_color_image_among_many_makes_the_set_color(tmp_path):
    for i in range(30):
        Image.fromarray(GRAY).save(tmp_path / f"{i:02d}.png")
    Image.new("RGB", (8, 8), (90, 100, 90)).save(tmp_path / "99.png")
    assert color(tmp_path) == "rgb"


def test_a_color_palette_is_color(tmp_path):
    Image.new("RGB", (8, 8), "red").convert("P").save(tmp_path / "a.png")
    assert color(tmp_path) == "rgb"


def test_files_that_cannot_be_read_do_not_count(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"text")
    assert color(tmp_path) == "gray"


def test_none_readable_is_an_error_that_names_a_few(tmp_path):
    (tmp_path / "b.png").write_bytes(b"text")
    with pytest.raises(
        ImagesError, match=r"none of 1 images can be read \(.*b\.png: not an image of a known format\)"
    ):
        color(tmp_path)


@pytest.mark.parametrize("channels, expected", [(1, "gray"), (3, "gray"), (4, "gray")])
def test_rows_of_an_array_are_checked(tmp_path, channels, expected):
    np.save(tmp_path / "X.npy", np.repeat(GRAY[None, ..., None], channels, axis=3))
    assert color(tmp_path / "X.npy") == expected


def test_a_color_row_is_color(tmp_path):
    rows = np.repeat(GRAY[None, ..., None], 3, axis=3).repeat(20, axis=0)
    rows[-1, 0, 0] = 255, 0, 0
    np.save(tmp_path / "X.npy", rows)
    assert color(tmp_path / "X.npy") == "rgb"


def write(folder: Path, *, gray: int, colored: int, first: str = "z") -> Path:
    """Names of images in color begin with `first`."""
    for i in range(gray):
        Image.fromarray(GRAY).save(folder / f"m{i:02d}.png")
    for i in range(colored):
        Image.new("RGB", (8, 8), (90, 100, 90)).save(folder / f"{first}{i:02d}.png")
    return folder


@pytest.mark.parametrize("first", ["a", "z"])
def test_one_color_image_among_gray_ones_is_named(tmp_path, first):
    choice = choose_color(find([str(write(tmp_path, gray=30, colored=1, first=first))]))
    assert choice.color == "rgb"
    assert choice.note == (
        f"{tmp_path / first}00.png is in color, but 30 of 30 other images looked at are gray; "
        "all are read in color: remove it, or use --color gray"
    )


@pytest.mark.parametrize(("gray", "colored"), [(30, 30), (0, 5), (0, 1)])
def test_a_set_with_many_images_in_color_needs_no_note(tmp_path, gray, colored):
    assert choose_color(find([str(write(tmp_path, gray=gray, colored=colored))])) == ("rgb", None)


def test_images_of_another_color_than_the_run_are_told(tmp_path):
    gray, colored = (tmp_path / name for name in ("gray", "colored"))
    for folder in (gray, colored):
        folder.mkdir()
    images = find([str(write(gray, gray=3, colored=0))]), find([str(write(colored, gray=0, colored=3))])
    assert "are gray, but the run was trained on images in color" in describe_mismatch(images[0], "rgb")
    assert "their color is ignored" in describe_mismatch(images[1], "gray")
    assert describe_mismatch(images[0], "gray") is describe_mismatch(images[1], "rgb") is None


def test_a_few_images_in_color_are_no_mismatch(tmp_path):
    images = find([str(write(tmp_path, gray=3, colored=1))])
    assert describe_mismatch(images, "gray") is describe_mismatch(images, "rgb") is None
