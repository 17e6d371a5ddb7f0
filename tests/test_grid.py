"""Sheets of images as pictures: every pixel a square, every word in its place, the same bytes every time."""

import io
import itertools
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures.arrangement import LEAST, MARGIN, arrange
from latentkit.pictures.grid import draw_sheet
from latentkit.pictures.ruler import DPI, fitted, line_height, width, wrapped
from latentkit.pictures.sheet import Cell, Frames, Sheet, folded

HOSTILE = (
    "$\\frac{$",
    "<img src=x onerror=alert(1)>.png",
    "a\nb\x1b[31m",
    "猫" * 40,
    "عربي",
    "_x",
    "%d{0}",
    "\u202egnp.exe",
)


class Shown:
    """A sheet, and frames of it."""

    def __init__(self, *sheets: Sheet) -> None:
        self.sheets = sheets

    def sheet(self) -> Sheet:
        return self.sheets[0]

    def frames(self) -> Frames:
        return Frames(self.sheets, 80)


def image(side: int = 8, channels: int = 3, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)


def sheet(n: int = 6, across: int = 3, words: tuple[str, ...] = (), **more) -> Sheet:
    cells = [Cell(image(seed=seed), words) for seed in range(n)]
    return Sheet(folded(cells, across), **{"title": "A title", "text": "and a text", **more})


NAMED = sheet(
    8,
    2,
    rows=[(name, "2.00 nats") for name in HOSTILE[:4]],
    columns=HOSTILE[4:6],
    band=2,
)
HOSTILE_CELLS = Sheet(
    [[Cell(image(seed=n), (name, f"mse {n}")) for n, name in enumerate(HOSTILE)]], "t " * 150, "x y " * 200
)
SHEETS = {
    "plain": sheet(),
    "one": sheet(1, 1),
    "a short last row": sheet(5, 3, ("word",)),
    "names everywhere": NAMED,
    "more names than image": sheet(3, 1, rows=[("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")] * 3),
    "hostile cells": HOSTILE_CELLS,
    "a hole": Sheet([[Cell(image()), Cell(None), Cell(image(20))], [Cell(image(300))]], "title"),
    "many columns": sheet(60, 30, ("a long name of an image.png",)),
}


def boxes(sheet: Sheet, asked: int | None = None):
    """The size, the images and the words as (left, top, right, bottom)."""
    placed = arrange(sheet, asked)
    pictures = [(x, y, x + pixels.shape[1], y + pixels.shape[0]) for x, y, pixels in placed.pictures]
    words = []
    for word in placed.words:
        wide = width(word.text, word.points, word.weight)
        left = word.x - {"left": 0, "center": wide / 2, "right": wide}[word.align]
        words.append((left, word.y, left + wide, word.y + line_height(word.points)))
    return (placed.width, placed.height), pictures, words


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_lies_over_anything_else_nor_outside(name):
    size, pictures, words = boxes(SHEETS[name])
    everything = pictures + words
    assert len(pictures) == sum(cell.image is not None for row in SHEETS[name].cells for cell in row)
    for left, top, right, bottom in pictures:
        assert left >= MARGIN
        assert top >= MARGIN
        assert right <= size[0] - MARGIN
        assert bottom <= size[1] - MARGIN
    for one, other in itertools.combinations(everything, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert all(left >= 0 and right <= size[0] and bottom <= size[1] for left, _, right, bottom in words)


def test_a_small_image_is_enlarged_to_squares_of_one_color():
    placed = arrange(sheet(1, 1)).pictures[0].pixels
    factor = placed.shape[0] // 8
    assert factor > 1
    np.testing.assert_array_equal(placed[::factor, ::factor], image())
    np.testing.assert_array_equal(placed, image().repeat(factor, axis=0).repeat(factor, axis=1))


def test_the_pixels_of_a_png_are_those_of_the_images():
    data = draw_sheet(Shown(sheet(4, 2)))
    drawn = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    placed = arrange(sheet(4, 2))
    assert drawn.shape == (placed.height, placed.width, 3)
    for x, y, pixels in placed.pictures:
        np.testing.assert_array_equal(drawn[y : y + pixels.shape[0], x : x + pixels.shape[1]], pixels)


def test_gray_is_drawn_as_gray():
    placed = arrange(Sheet([[Cell(image(channels=1))]], "gray")).pictures[0].pixels
    assert placed.shape[2] == 3
    assert (placed == placed[:, :, :1]).all()


def test_large_images_are_made_to_fit():
    placed = arrange(Sheet([[Cell(image(600))] * 9], "large"))
    assert placed.width <= 2000
    assert all(picture.pixels.shape[0] < 600 for picture in placed.pictures)


@pytest.mark.parametrize("inches", [2.0, 4.3, 7.0, 12.0])
def test_a_width_that_is_asked_for_is_met_exactly(inches):
    data = draw_sheet(Shown(sheet(6, 3, ("name.png",))), width=inches)
    assert Image.open(io.BytesIO(data)).width == round(inches * DPI)
    _, pictures, _ = boxes(sheet(6, 3), round(inches * DPI))
    assert (max(right for _, _, right, _ in pictures) > 0.5 * inches * DPI) or inches == 12


def test_a_width_that_is_too_narrow_is_refused_with_one_that_is_not():
    many = Shown(sheet(60, 60))
    with pytest.raises(
        PictureError, match=r"60 images do not fit side by side into 2 inches: give --width (\S+) or more"
    ) as error:
        draw_sheet(many, width=2)
    enough = float(str(error.value).split("--width ")[1].split()[0])
    drawn = Image.open(io.BytesIO(draw_sheet(many, width=enough)))
    assert drawn.width == round(enough * DPI)
    with pytest.raises(PictureError):
        draw_sheet(many, width=enough - 60 * 2 / DPI)
    assert LEAST >= 8


def test_a_picture_that_gets_too_high_is_refused():
    with pytest.raises(PictureError, match=r"pixels high, and 30000 is the most: show fewer images"):
        arrange(sheet(400, 1))


@pytest.mark.parametrize("format", ["png", "svg", "pdf", "gif", "webp"])
def test_a_picture_repeats_byte_for_byte_whatever_the_settings(format):
    first = draw_sheet(Shown(NAMED, sheet()), format=format)
    with matplotlib.rc_context(
        {"figure.dpi": 33, "savefig.bbox": "tight", "font.size": 40, "text.color": "red"}
    ):
        assert draw_sheet(Shown(NAMED, sheet()), format=format) == first
        assert matplotlib.rcParams["font.size"] == 40
    assert b"Date" not in first


def test_an_svg_is_well_formed_and_has_no_text_from_names():
    data = draw_sheet(Shown(HOSTILE_CELLS), format="svg")
    root = ET.fromstring(data)
    assert root.tag.endswith("svg")
    assert {element.tag.rpartition("}")[2] for element in root.iter()} & {"script", "text", "img"} == set()


def test_dark_paper_is_dark_and_its_words_are_light():
    dark, light = (
        np.asarray(
            Image.open(io.BytesIO(draw_sheet(Shown(Sheet([[Cell(image())]], "title")), theme=theme))).convert(
                "L"
            )
        )
        for theme in ("dark", "light")
    )
    assert dark[0, 0] < 50 < 200 < dark[:MARGIN].max()
    assert light[0, 0] == 255 > 100 > light[:MARGIN].min()


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_an_animation_has_every_frame_its_time_and_no_end(format):
    shown = Shown(*(Sheet([[Cell(np.full((8, 8, 3), gray, np.uint8))]], "title") for gray in (0, 90, 180)))
    opened = Image.open(io.BytesIO(draw_sheet(shown, format=format)))
    assert (opened.n_frames, opened.info["loop"]) == (3, 0)
    x, y, pixels = arrange(shown.sheet()).pictures[0]
    for frame, gray in enumerate((0, 90, 180)):
        opened.seek(frame)
        opened.load()
        assert opened.info["duration"] == 80
        middle = opened.convert("RGB").getpixel((x + pixels.shape[1] // 2, y + pixels.shape[0] // 2))
        assert middle == (gray, gray, gray)


def test_words_that_change_in_an_animation_are_drawn_anew():
    named = [Sheet([[Cell(image(), (word,))]], "title") for word in ("first", "second", "second", "first")]
    drawn = Image.open(io.BytesIO(draw_sheet(Shown(*named), format="webp")))
    frames = []
    for frame in range(drawn.n_frames):
        drawn.seek(frame)
        frames.append(np.asarray(drawn.convert("RGB")))
    first, second, last = (frames[at] for at in (0, 1, -1))
    assert (first != second).any()
    np.testing.assert_array_equal(first, last)


def test_an_animation_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("latentkit.pictures.grid.MOST_PIXELS", 1_000_000)
    with pytest.raises(PictureError, match=r"20 pictures of 532 x \d+ pixels is too large"):
        draw_sheet(Shown(*[sheet(1, 1)] * 20), format="gif")


def test_another_format_is_refused():
    with pytest.raises(PictureError, match="cannot be 'bmp': choose one of png, svg, pdf, gif, webp"):
        draw_sheet(Shown(sheet()), format="bmp")


# Words -----------------------------------------------------------------------------------------


def test_names_fit_their_room_and_stay_different():
    names = [f"a rather long name of an image {n}.png" for n in range(20)]
    fit = fitted(names, 120, 7)
    assert len(set(fit)) == 20
    assert all(width(text, 7) <= 120 for text in fit)


def test_equal_names_stay_equal():
    assert fitted(["mse 0.1", "mse 0.2", "mse 0.1"], 200, 7) == ["mse 0.1", "mse 0.2", "mse 0.1"]


def test_text_is_broken_between_words_and_none_is_lost():
    lines = wrapped("many words of a text that is too long for a line", 150, 8)
    assert len(lines) > 1
    assert " ".join(lines) == "many words of a text that is too long for a line"
    assert all(width(line, 8) <= 150 for line in lines)
