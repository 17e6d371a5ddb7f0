"""Names that can be drawn, and text that fits its space."""

from hypothesis import given, settings
from hypothesis import strategies as st

from latentkit.pictures.text_metrics import MAX_LENGTH, fit, fit_widths, glyphs, width, wrap

LATIN = frozenset(range(32, 127)) | {ord("ü"), ord("…")}


def test_drawable_names_are_unchanged():
    assert fit(["T-shirt", "süß $x$"], LATIN | {ord("ß")}) == ["T-shirt", "süß $x$"]


def test_characters_that_no_font_has_become_escapes_that_tell_classes_apart():
    assert fit(["猫", "犬"], LATIN) == ["\\u732b", "\\u72ac"]


def test_control_and_direction_characters_become_escapes_even_if_a_font_has_them():
    everything = range(0x110000)
    assert fit(["a\nb", "\x1b[0m", "\u202eabc", "\ud800"], everything) == [
        "a\\nb",
        "\\x1b[0m",
        "\\u202eabc",
        "\\ud800",
    ]


def test_long_names_are_cut_in_the_middle():
    assert fit(["abcdefghijklmnop"], LATIN, max_length=10) == ["abcde…mnop"]


def test_long_names_that_differ_only_where_they_are_cut_still_differ():
    assert fit(["a" * 50 + "x" + "b" * 50, "a" * 50 + "y" + "b" * 50], LATIN, max_length=12) == [
        "aaaaaa…bbbbb",
        "aaaa…bbb (2)",
    ]


def test_the_default_font_has_letters_and_no_newline():
    assert ord("ü") in glyphs()
    assert ord("\n") not in glyphs()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters()), max_size=20, unique=True))
def test_any_names_fit_and_stay_different(names):
    fitted = fit(names, LATIN)
    assert len(set(fitted)) == len(names)
    assert all(len(text) <= MAX_LENGTH and all(ord(c) in LATIN for c in text) for text in fitted)


def test_names_fit_a_width_and_stay_different():
    names = [f"a rather long name of an image {n}.png" for n in range(20)]
    fitted = fit_widths(names, 120, 7)
    assert len(set(fitted)) == 20
    assert all(width(text, 7) <= 120 for text in fitted)


def test_equal_names_stay_equal():
    assert fit_widths(["mse 0.1", "mse 0.2", "mse 0.1"], 200, 7) == ["mse 0.1", "mse 0.2", "mse 0.1"]


def test_text_is_broken_between_words_and_no_word_is_lost():
    lines = wrap("many words of a text that is too long for a line", 150, 8)
    assert len(lines) > 1
    assert " ".join(lines) == "many words of a text that is too long for a line"
    assert all(width(line, 8) <= 150 for line in lines)


def test_a_word_wider_than_a_line_is_broken():
    lines = wrap(f"a {'w' * 60} b", 150, 8)
    assert "".join(lines).replace(" ", "") == f"a{'w' * 60}b"
    assert len(lines) > 3
    assert all(width(line, 8) <= 150 for line in lines)


def test_text_from_files_is_escaped_before_it_is_wrapped():
    assert wrap("a\x1b[31m \u202eb", 400, 8) == ["a\\x1b[31m \\u202eb"]
