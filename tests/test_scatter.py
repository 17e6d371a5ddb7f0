"""Figures: legible, the same bytes every time, and unharmed by any name a folder can have."""

import io
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures import Classes, Quantity, caption, palette, scatter
from latentkit.pictures.scatter import _figure, _settings

NAMES = ("$x^2$", "_private", "a\nb", "\x1b[31mred", "猫", "عربي", "x" * 300, "%d {0}", "$\\frac{$", "$", "")


def points(n: int, dims: int = 2):
    return np.random.default_rng(0).normal(size=(n, dims))


def classes(n: int, names=("cat", "dog", "eel")) -> Classes:
    return Classes("class", tuple(names), np.arange(n) % len(names), "none")


def under(n: int, dims: int = 2, method: str = "pca", **info):
    return caption(method, n, dims, {"seed": 7, **info})


def figure_of(points, caption, colouring):
    with _settings():
        figure = _figure(points, caption, colouring)
        figure.canvas.draw()
        return figure


def pixels(data: bytes):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)


def has_colour(data: bytes, colour: str) -> bool:
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((pixels(data) == wanted).all(axis=1).any())


@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_repeats_byte_for_byte_and_bears_no_date(format, magic):
    first = scatter(points(40), under(40), classes(40), format=format)
    assert first.startswith(magic)
    assert first == scatter(points(40), under(40), classes(40), format=format)
    assert b"Date" not in first


def test_every_class_has_its_colour():
    data = scatter(points(60), under(60), classes(60))
    assert all(has_colour(data, palette.COLOURS[i]) for i in range(3))
    assert not has_colour(data, palette.COLOURS[3])


def test_who_belongs_to_no_class_is_grey():
    some = Classes("class", ("cat",), np.where(np.arange(30) < 15, 0, -1), "no label")
    assert has_colour(scatter(points(30), under(30), some), palette.NONE.colour)


def test_without_colouring_there_is_no_legend():
    assert not figure_of(points(9), under(9), None).legends


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("count", [1, 3, 30, palette.MOST])
def test_the_legend_stands_inside_the_figure_and_beside_the_axes(dims, count):
    names = [f"class number {i}" for i in range(count)]
    figure = figure_of(points(200, dims), under(200, dims), classes(200, names))
    legend, axes = figure.legends[0].get_window_extent(), figure.axes[0].get_window_extent()
    assert legend.x0 > axes.x1
    assert legend.y0 > 0
    assert legend.x1 < figure.bbox.x1
    assert legend.y1 < figure.bbox.y1
    assert len(figure.legends[0].get_texts()) == count


def test_the_third_axis_label_does_not_reach_the_legend():
    figure = figure_of(points(50, 3), under(50, 3), classes(50))
    assert figure.axes[0].zaxis.label.get_window_extent().x1 < figure.legends[0].get_window_extent().x0


def test_two_classes_never_look_alike():
    assert len({palette.look(i) for i in range(palette.MOST)} | {palette.NONE}) == palette.MOST + 1


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_any_name_can_be_drawn(format):
    scatter(points(44), under(44), classes(44, NAMES), format=format)


def test_names_are_not_taken_for_mathematics_and_underscores_stay():
    figure = figure_of(points(44), under(44), classes(44, NAMES))
    written = [text.get_text() for text in figure.legends[0].get_texts()]
    assert written[:4] == ["$x^2$ (4)", "_private (4)", "a\\nb (4)", "\\x1b[31mred (4)"]


def test_the_caption_tells_method_number_seed_and_fidelity():
    figure = figure_of(points(5), under(5, fidelity={"trustworthiness": {"value": 0.912, "error": 0}}), None)
    written = " ".join(text.get_text() for text in figure.texts)
    assert written == "PCA of 5 images seed 7 · trustworthiness 0.91"


def test_a_quantity_gets_a_colour_bar_whose_ends_leave_outliers_out():
    values = np.concatenate([np.linspace(0, 1, 999), [1e9]])
    figure = figure_of(points(1000), under(1000), Quantity("mse", values))
    assert figure.axes[1].get_ylabel() == "mse"
    assert figure.axes[1].get_ylim()[1] < 1.01


def test_who_has_no_quantity_is_grey():
    values = np.where(np.arange(50) < 20, np.nan, 1.0)
    assert has_colour(scatter(points(50), under(50), Quantity("q", values)), palette.NONE.colour)


def test_many_points_become_an_image_within_the_svg():
    few, many = (scatter(points(n), under(n), format="svg") for n in (50, 20_001))
    assert b"data:image/png" in many
    assert b"data:image/png" not in few
    assert len(many) < 2_000_000
    ET.fromstring(many)


def test_a_unit_is_as_long_on_either_axis_of_pca():
    axes = figure_of(points(100) * [10, 1], under(100), None).axes[0]
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    assert (x1 - x0) / axes.bbox.width == pytest.approx((y1 - y0) / axes.bbox.height)


@pytest.mark.parametrize("dims", [2, 3])
def test_neighbour_methods_have_no_numbers_on_their_axes(dims):
    axes = figure_of(points(100, dims), under(100, dims, "umap"), None).axes[0]
    assert not any(tick.get_text() for tick in axes.get_xticklabels())


def test_no_class_is_drawn_over_the_others():
    n = 20_000
    alike = Classes("class", ("a", "b"), np.repeat([0, 1], n // 2), "none")
    seen = pixels(scatter(np.random.default_rng(0).uniform(size=(n, 2)) * 0.3, under(n), alike)).astype(int)
    blue, red = ((seen[:, c] - seen[:, 2 - c] > 60).sum() for c in (2, 0))
    assert 0.8 < blue / red < 1.25


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("dims", [2, 3])
def test_a_point_or_two_make_afigure_of(n, dims):
    assert scatter(np.ones((n, dims)), under(n, dims), classes(n))


def test_the_users_own_matplotlib_settings_change_nothing():
    plain = scatter(points(20), under(20))
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30}):
        assert scatter(points(20), under(20)) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_an_unknown_format_is_refused():
    with pytest.raises(PictureError, match="'bmp': choose one of png, svg, pdf"):
        scatter(points(3), under(3), format="bmp")


@pytest.mark.parametrize("bad", [np.ones((3, 4)), np.ones((0, 2)), np.full((3, 2), np.nan)])
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(PictureError, match="cannot be drawn"):
        scatter(bad, under(3))
