"""Text for people: escaped, wrapped, aligned and shortened."""

import pytest

from latentkit import text


@pytest.mark.parametrize(
    ("unsafe", "escaped"),
    [
        ("Ünïcode 写真.png", "Ünïcode 写真.png"),
        ("\x1b[2J.png", "\\x1b[2J.png"),
        ("a\nb\tc\rd\x00\x7f", "a\\nb\\tc\\rd\\x00\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("photo\u202egnp.exe", "photo\\u202egnp.exe"),
        ("\u2066x\u2069\u200f\u2028", "\\u2066x\\u2069\\u200f\\u2028"),
        ("latin-\udcfc.png", "latin-\\udcfc.png"),
    ],
)
def test_what_could_harm_a_terminal_is_escaped(unsafe, escaped):
    assert text.escape(unsafe) == escaped


def test_escaping_twice_changes_nothing():
    once = text.escape("a\\b\x1b\udcfc")
    assert text.escape(once) == once


def test_data_keep_lines_tabs_and_the_bytes_of_file_names():
    assert text.escape_keeping_lines("a\tb\nc\x1b\udcfc\ud800") == "a\tb\nc\\x1b\udcfc\\ud800"


def test_wrapped_lines_fit_and_lose_no_word():
    words = "one two-three four/five " * 20
    lines = text.wrap(words, 30, first="- ", rest="    ")
    assert max(map(len, lines)) <= 30
    assert lines[0].startswith("- one")
    assert all(line.startswith("    ") for line in lines[1:])
    assert " ".join(lines).removeprefix("- ").split() == words.split()


def test_lines_after_the_first_are_indented_as_far():
    assert text.wrap("one two", 8, first="a: ") == ["a: one", "   two"]


def test_a_path_stays_whole_unless_words_may_break():
    assert text.wrap("see a/very/long/path", 8) == ["see", "a/very/long/path"]
    assert max(map(len, text.wrap("see a/very/long/path", 8, break_words=True))) == 8


def test_a_wrapped_text_cannot_make_lines_or_move_the_cursor():
    assert text.wrap("a\nb \x1b[2J\u202e") == ["a b \\x1b[2J\\u202e"]


def test_columns_are_aligned_as_they_are_seen():
    assert text.table([("写真", "1"), ("a\nb", "10"), ("", "2")]) == [
        "  写真   1",
        "  a\\nb  10",
        "         2",
    ]


def test_columns_on_the_left_are_as_many_as_asked():
    assert text.table([("a", "b", "1"), ("aa", "bb", "11")], left=2, indent="") == [
        "a   b    1",
        "aa  bb  11",
    ]


def test_an_empty_table_has_no_lines():
    assert text.table([]) == []


@pytest.mark.parametrize(
    ("width", "short"), [(10, "abcdefghij"), (9, "abc...hij"), (8, "abc...ij"), (3, "...")]
)
def test_the_middle_is_left_out(width, short):
    assert text.shorten("abcdefghij", width) == short


def test_a_text_is_as_wide_as_its_cells():
    assert [text.cell_width(each) for each in ("abc", "写真", "é", "e\u0301")] == [3, 4, 1, 1]
