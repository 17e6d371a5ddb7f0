"""Sheets of images: every pixel a square, all text in its place, reproducible byte for byte."""

import io
import itertools
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures.arrangement import MARGIN, MIN_CELL, arrange
from latentkit.pictures.grid import draw_sheet
from latentkit.pictures.sheet import Cell, Frames, Sheet, rows_of
from latentkit.pictures.text_metrics import DPI, line_height, width

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


class Drawable:
    """A sheet, and frames of it."""

    def __init__(self, *sheets: Sheet) -> None:
        self.sheets = sheets

    def sheet(self) -> Sheet:
        return self.sheets[0]

    def frames(self) -> Frames:
        return Frames(self.sheets, 80)


def image(side: int = 8, channels: int = 3, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)


def sheet(n: int = 6, across: int = 3, caption: tuple[str, ...] = (), **more) -> Sheet:
    cells = [Cell(image(seed=seed), caption) for seed in range(n)]
    return Sheet(rows_of(cells, across), **{"title": "A title", "text": "and a text", **more})


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


def boxes(sheet: Sheet, total_width: int | None = None):
    """Return the size, the images and the texts, each as (left, top, right, bottom)."""
    placed = arrange(sheet, total_width)
    pictures = [(x, y, x + pixels.shape[1], y + pixels.shape[0]) for x, y, pixels in placed.pictures]
    texts = []
    for line in placed.texts:
        full = width(line.text, line.points, line.weight)
        left = line.x - {"left": 0, "center": full / 2, "right": full}[line.align]
        texts.append((left, line.y, left + full, line.y + line_height(line.points)))
    return (placed.width, placed.height), pictures, texts


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_overlaps_anything_else_or_lies_outside(name):
    size, pictures, texts = boxes(SHEETS[name])
    everything = pictures + texts
    assert len(pictures) == sum(cell.image is not None for row in SHEETS[name].cells for cell in row)
    for left, top, right, bottom in pictures:
        assert left >= MARGIN
        assert top >= MARGIN
        assert right <= size[0] - MARGIN
        assert bottom <= size[1] - MARGIN
    for one, other in itertools.combinations(everything, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
    assert all(left >= 0 and right <= size[0] and bottom <= size[1] for left, _, right, bottom in texts)


def test_pixels_of_a_small_image_are_enlarged_to_squares_of_one_color():
    placed = arrange(sheet(1, 1)).pictures[0].pixels
    factor = placed.shape[0] // 8
    assert factor > 1
    np.testing.assert_array_equal(placed[::factor, ::factor], image())
    np.testing.assert_array_equal(placed, image().repeat(factor, axis=0).repeat(factor, axis=1))


def test_the_pixels_of_a_png_are_those_of_the_images():
    data = draw_sheet(Drawable(sheet(4, 2)))
    drawn = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    placed = arrange(sheet(4, 2))
    assert drawn.shape == (placed.height, placed.width, 3)
    for x, y, pixels in placed.pictures:
        np.testing.assert_array_equal(drawn[y : y + pixels.shape[0], x : x + pixels.shape[1]], pixels)


def test_gray_is_drawn_as_gray():
    placed = arrange(Sheet([[Cell(image(channels=1))]], "gray")).pictures[0].pixels
    assert placed.shape[2] == 3
    assert (placed == placed[:, :, :1]).all()


def test_large_images_are_reduced_to_fit():
    placed = arrange(Sheet([[Cell(image(600))] * 9], "large"))
    assert placed.width <= 2000
    assert all(picture.pixels.shape[0] < 600 for picture in placed.pictures)


@pytest.mark.parametrize("inches", [2.0, 4.3, 7.0, 12.0])
def test_a_sheet_has_exactly_the_requested_width(inches):
    data = draw_sheet(Drawable(sheet(6, 3, ("name.png",))), width=inches)
    assert Image.open(io.BytesIO(data)).width == round(inches * DPI)
    _, pictures, _ = boxes(sheet(6, 3), round(inches * DPI))
    assert (max(right for _, _, right, _ in pictures) > 0.5 * inches * DPI) or inches == 12


def test_a_width_that_is_too_small_is_refused_with_one_that_is_enough():
    many = Drawable(sheet(60, 60))
    with pytest.raises(
        PictureError, match=r"60 images do not fit side by side into 2 inches: use --width (\S+) or more"
    ) as error:
        draw_sheet(many, width=2)
    enough = float(str(error.value).split("--width ")[1].split()[0])
    drawn = Image.open(io.BytesIO(draw_sheet(many, width=enough)))
    assert drawn.width == round(enough * DPI)
    with pytest.raises(PictureError):
        draw_sheet(many, width=enough - 60 * 2 / DPI)
    assert MIN_CELL >= 8


def test_a_sheet_that_would_be_too_tall_is_refused():
    with pytest.raises(PictureError, match=r"pixels high, and at most 30000 are allowed: show fewer images"):
        arrange(sheet(400, 1))


@pytest.mark.parametrize("format", ["png", "svg", "pdf", "gif", "webp"])
def test_a_sheet_is_reproducible_byte_for_byte_whatever_the_settings(format):
    first = draw_sheet(Drawable(NAMED, sheet()), format=format)
    with matplotlib.rc_context(
        {"figure.dpi": 33, "savefig.bbox": "tight", "font.size": 40, "text.color": "red"}
    ):
        assert draw_sheet(Drawable(NAMED, sheet()), format=format) == first
        assert matplotlib.rcParams["font.size"] == 40
    assert b"Date" not in first


def test_an_svg_is_well_formed_and_has_no_text_from_names():
    data = draw_sheet(Drawable(HOSTILE_CELLS), format="svg")
    root = ET.fromstring(data)
    assert root.tag.endswith("svg")
    assert {element.tag.rpartition("}")[2] for element in root.iter()} & {"script", "text", "img"} == set()


def test_dark_paper_has_light_text():
    dark, light = (
        np.asarray(
            Image.open(
                io.BytesIO(draw_sheet(Drawable(Sheet([[Cell(image())]], "title")), theme=theme))
            ).convert("L")
        )
        for theme in ("dark", "light")
    )
    assert dark[0, 0] < 50 < 200 < dark[:MARGIN].max()
    assert light[0, 0] == 255 > 100 > light[:MARGIN].min()


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_an_animation_has_every_frame_for_its_time_and_loops_forever(format):
    drawable = Drawable(
        *(Sheet([[Cell(np.full((8, 8, 3), gray, np.uint8))]], "title") for gray in (0, 90, 180))
    )
    opened = Image.open(io.BytesIO(draw_sheet(drawable, format=format)))
    assert (opened.n_frames, opened.info["loop"]) == (3, 0)
    x, y, pixels = arrange(drawable.sheet()).pictures[0]
    for frame, gray in enumerate((0, 90, 180)):
        opened.seek(frame)
        opened.load()
        assert opened.info["duration"] == 80
        middle = opened.convert("RGB").getpixel((x + pixels.shape[1] // 2, y + pixels.shape[0] // 2))
        assert middle == (gray, gray, gray)


def test_text_that_changes_in_an_animation_is_drawn_again():
    named = [Sheet([[Cell(image(), (name,))]], "title") for name in ("first", "second", "second", "first")]
    drawn = Image.open(io.BytesIO(draw_sheet(Drawable(*named), format="webp")))
    frames = []
    for frame in range(drawn.n_frames):
        drawn.seek(frame)
        frames.append(np.asarray(drawn.convert("RGB")))
    first, second, last = (frames[at] for at in (0, 1, -1))
    assert (first != second).any()
    np.testing.assert_array_equal(first, last)


def test_an_animation_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("latentkit.pictures.grid.MAX_PIXELS", 1_000_000)
    with pytest.raises(PictureError, match=r"20 pictures of 532 x \d+ pixels is too large"):
        draw_sheet(Drawable(*[sheet(1, 1)] * 20), format="gif")


def test_an_unknown_format_is_refused():
    with pytest.raises(
        PictureError, match="'bmp' is not a picture format: choose one of png, svg, pdf, gif, webp"
    ):
        draw_sheet(Drawable(sheet()), format="bmp")
