"""A projection in characters."""

import re

import numpy as np
import pytest

from latentkit.pictures import Classes, Panel, Quantity, Screen, Style, caption, scatter
from latentkit.pictures.palette import MAX_CLASSES
from latentkit.pictures.screen.canvas import GLYPHS, look
from latentkit.text import cell_width

SCREEN = Screen(80, 24)


def drawn(points, coloring=None, screen: Screen = SCREEN, method: str = "pca") -> str:
    points = np.asarray(points, float)
    panel = Panel(points, caption(method, len(points), points.shape[1], {"seed": 7}))
    return scatter([panel], coloring, Style("txt", screen=screen)).decode()


def islands(n: int = 90, dims: int = 2):
    at = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0]])[:, :dims]
    codes = np.arange(n) % 3
    points = np.random.default_rng(0).normal(size=(n, dims)) + at[codes]
    return points, Classes("class", ("cat", "dog", "eel"), codes, "none")


def inside(text: str) -> list[str]:
    """Return the lines within the frame."""
    return [line[1:-1] for line in text.split("\n") if line.startswith("│")]


@pytest.mark.parametrize("size", [(80, 24), (100, 50), (40, 20), (200, 60)])
def test_a_plot_fits_the_screen_and_leaves_a_line_for_the_prompt(size):
    lines = drawn(*islands(), Screen(*size)).split("\n")
    assert len(lines) <= size[1]
    assert max(map(cell_width, lines)) < size[0]
    assert len(lines) > size[1] - 4


def test_classes_are_drawn_where_their_points_are_each_with_its_character():
    rows = inside(drawn(*islands()))
    places = {
        glyph: np.mean(
            [(row, column) for row, line in enumerate(rows) for column, c in enumerate(line) if c == glyph],
            axis=0,
        )
        for glyph in GLYPHS[:3]
    }
    cat, dog, eel = places.values()
    assert dog[1] > cat[1] + 15
    assert abs(dog[0] - cat[0]) < 3
    assert eel[0] < cat[0] - 5


def test_the_legend_explains_each_character_and_the_caption_the_projection():
    text = drawn(*islands())
    assert "● cat (30)   ▲ dog (30)   ■ eel (30)" in text
    assert "PCA of 90 images" in text
    assert "→ PCA 1 · ↑ PCA 2 · seed 7" in text


def test_no_two_classes_share_a_character():
    assert len({look(i)[0] for i in range(-1, MAX_CLASSES)}) == MAX_CLASSES + 1
    assert all(cell_width(glyph) == 1 for glyph in GLYPHS)


def test_colors_are_used_only_if_requested():
    assert "\x1b" not in drawn(*islands())
    with_colors = drawn(*islands(), Screen(80, 24, color=True))
    assert {"33", "202", "35"} <= set(re.findall(r"\x1b\[38;5;(\d+)m", with_colors))
    assert re.sub(r"\x1b\[[\d;]*m", "", with_colors) == drawn(*islands())


def test_a_mixture_of_classes_is_shown_as_a_mixture():
    rng = np.random.default_rng(0)
    mixed = Classes("class", ("a", "b"), (np.arange(4000) < 2400).astype(int), "none")
    text = "".join(inside(drawn(rng.uniform(size=(4000, 2)), mixed)))
    assert 0.5 < text.count("▲") / (text.count("▲") + text.count("●")) < 0.7


def test_points_without_a_class_are_dots_and_in_the_legend():
    points, islands_classes = islands(30)
    some = Classes(
        "class", islands_classes.names, np.where(np.arange(30) < 10, -1, islands_classes.codes), "no label"
    )
    text = drawn(points, some)
    assert "· no label (10)" in text
    assert "·" in "".join(inside(text))


def test_without_classes_points_are_braille_dots():
    text = drawn([[0, 0], [1, 1]])
    assert {c for c in "".join(inside(text)) if c != " "} <= set(map(chr, range(0x2801, 0x2900)))


def test_a_quantity_is_shaded_in_the_steps_of_the_legend():
    values = np.linspace(0, 1, 200)
    text = drawn(np.column_stack([values, np.zeros(200)]), Quantity("mse", values))
    row = "".join("".join(inside(text)).split())
    assert row == "".join(sorted(row, key="░▒▓█".index))
    assert set(row) == set("░▒▓█")
    assert "mse:   ░░ 0.01 to 0.255   ▒▒ 0.255 to 0.5   ▓▓ 0.5 to 0.745   ██ 0.745 to 0.99" in text


def test_units_are_equal_along_both_axes_if_distances_are_meaningful():
    square = [[x, y] for x in (0, 1) for y in (0, 1)]
    rows = inside(drawn(square, Classes("c", ("a",), np.zeros(4, int), "none"), Screen(120, 24)))
    across = [column for line in rows for column, c in enumerate(line) if c == "●"]
    down = [row for row, line in enumerate(rows) if "●" in line]
    assert max(across) - min(across) == pytest.approx(2 * (max(down) - min(down)), abs=2)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("dims", [2, 3])
def test_one_or_two_points_are_drawn(n, dims):
    text = "".join(
        inside(drawn(np.arange(n * dims).reshape(n, dims), Classes("c", ("a",), np.zeros(n, int), "none")))
    )
    assert text.count("●") == n


def test_three_dimensions_are_seen_from_the_same_angle_as_in_a_figure():
    axes = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    rows = inside(drawn(axes, Classes("c", tuple("oxyz"), np.arange(4), "none"), method="umap"))
    at = {c: (row, column) for row, line in enumerate(rows) for column, c in enumerate(line) if c != " "}
    o, x, y, z = (at[glyph] for glyph in GLYPHS[:4])
    assert x[0] > o[0] and x[1] > o[1]  # nearer, to the right
    assert y[0] < o[0] and y[1] > o[1]  # farther, to the right
    assert z[0] < o[0] and z[1] == pytest.approx(o[1], abs=1)  # above


def test_nothing_from_a_file_can_move_the_cursor():
    names = ("\x1b[2J", "a\nb", "\u202ex", "猫")
    text = drawn(np.eye(4)[:, :2], Classes("\x1b[31m", names, np.arange(4), "none"))
    assert "\x1b" not in text
    assert "\\x1b[2J (1)" in text
    assert "a\\nb (1)" in text
    assert "猫 (1)" in text
    assert "\x1b" not in drawn(np.eye(2), method="\x1b[2J")
