"""Characters and Braille dots."""

import pytest

from latentkit.pictures.screen.canvas import Canvas, cut, cut_middle, flow, paint
from latentkit.text import cell_width


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


def test_dots_of_a_cell_add_up_and_a_character_hides_them():
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


def test_anything_outside_is_clipped():
    canvas = Canvas(2, 1)
    canvas.dot(4, 0)
    canvas.dot(0, 4)
    canvas.dot(-1, -1)
    canvas.put(-1, 0, "x")
    canvas.write(0, 0, "abc")
    assert canvas.lines(color=False) == ["ab"]


def test_colors_change_only_where_needed_and_are_reset_at_the_end():
    assert (
        paint([("a", 33), ("b", 33), (" ", None), ("c", 202)], color=True)
        == "\x1b[38;5;33mab \x1b[38;5;202mc\x1b[0m"
    )
    assert paint([("a", 33), ("c", 202)], color=False) == "ac"


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("猫", 2), ("e\u0301", 1), ("", 0), ("👨\u200d👩\u200d👧\u200d👦", 2)]
)
def test_wide_and_combined_characters_take_as_many_columns_as_a_terminal_gives_them(text, columns):
    assert cell_width(text) == columns


def test_a_wide_character_moves_the_next_one_by_two_columns():
    canvas = Canvas(5, 1)
    canvas.write(0, 0, "猫ab")
    assert canvas.lines(color=False) == ["猫ab"]


def test_text_is_cut_by_columns_rather_than_characters():
    assert cut("猫猫猫", 5) == "猫猫…"
    assert cut("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abcdefgh", 8, "abcdefgh"),
        ("abcdefgh", 5, "ab…gh"),
        ("abcdefgh", 4, "ab…h"),
        ("猫猫猫猫", 6, "猫…猫"),
    ],
)
def test_a_name_is_shortened_in_the_middle(text, columns, shown):
    assert cut_middle(text, columns) == shown


def test_entries_flow_into_lines_of_at_most_the_requested_width():
    lines = flow([[("aaaa", None)], [("bbbb", None)], [("cccc", None)]], 12, color=False)
    assert lines == ["aaaa   bbbb", "cccc"]
