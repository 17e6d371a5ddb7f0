"""Characters and Braille dots."""

import pytest

from latentkit.pictures.screen.canvas import Canvas, cells, cut, flow, paint


def test_each_dot_of_a_cell_is_a_bit_of_its_braille_character():
    dots = {
        (0, 0): "⠁",
        (0, 1): "⠂",
        (0, 2): "⠄",
        (0, 3): "⡀",
        (1, 0): "⠈",
        (1, 1): "⠐",
        (1, 2): "⠠",
        (1, 3): "⢀",
    }
    for (x, y), character in dots.items():
        canvas = Canvas(1, 1)
        canvas.dot(x, y)
        assert canvas.lines(color=False) == [character]


def test_dots_add_up_within_a_cell_and_a_character_hides_them():
    canvas = Canvas(2, 1)
    for y in range(4):
        canvas.dot(0, y)
        canvas.dot(2, y)
    canvas.put(1, 0, "●")
    assert canvas.lines(color=False) == ["⡇●"]


def test_a_line_goes_from_end_to_end_without_a_gap():
    canvas = Canvas(4, 1)
    canvas.line((0, 3), (7, 3))
    assert canvas.lines(color=False) == ["⣀⣀⣀⣀"]


def test_what_lies_outside_is_left_out():
    canvas = Canvas(2, 1)
    canvas.dot(4, 0)
    canvas.dot(0, 4)
    canvas.dot(-1, -1)
    canvas.put(-1, 0, "x")
    canvas.write(0, 0, "abc")
    assert canvas.lines(color=False) == ["ab"]


def test_colors_change_only_where_they_must_and_end():
    assert (
        paint([("a", 33), ("b", 33), (" ", None), ("c", 202)], color=True)
        == "\x1b[38;5;33mab \x1b[38;5;202mc\x1b[0m"
    )
    assert paint([("a", 33), ("c", 202)], color=False) == "ac"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("猫", 2), ("e\u0301", 1), ("", 0)])
def test_a_text_takes_the_columns_that_its_letters_take(text, columns):
    assert cells(text) == columns


def test_wide_letters_push_what_follows_by_two():
    canvas = Canvas(5, 1)
    canvas.write(0, 0, "猫ab")
    assert canvas.lines(color=False) == ["猫ab"]


def test_a_text_is_cut_to_columns_not_to_letters():
    assert cut("猫猫猫", 5) == "猫猫…"
    assert cut("abc", 3) == "abc"


def test_entries_flow_into_lines_that_are_no_wider_than_asked():
    lines = flow([[("aaaa", None)], [("bbbb", None)], [("cccc", None)]], 12, color=False)
    assert lines == ["aaaa   bbbb", "cccc"]
