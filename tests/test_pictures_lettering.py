"""Names made fit to be drawn."""

from hypothesis import given, settings
from hypothesis import strategies as st

from latentkit.pictures.lettering import LONGEST, fit, glyphs

LATIN = frozenset(range(32, 127)) | {ord("ü"), ord("…")}


def test_what_can_be_drawn_stays_as_it_is():
    assert fit(["T-shirt", "süß $x$"], LATIN | {ord("ß")}) == ["T-shirt", "süß $x$"]


def test_what_no_font_has_becomes_an_escape_that_tells_classes_apart():
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
    assert fit(["abcdefghijklmnop"], LATIN, longest=10) == ["abcdef…nop"]


def test_long_names_that_differ_where_they_are_cut_still_differ():
    assert fit(["a" * 50 + "x" + "b" * 50, "a" * 50 + "y" + "b" * 50], LATIN, longest=12) == [
        "aaaaaaaa…bbb",
        "aaaaa…bb (2)",
    ]


def test_the_default_font_has_letters_and_no_newline():
    assert ord("ü") in glyphs()
    assert ord("\n") not in glyphs()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters()), max_size=20, unique=True))
def test_any_names_fit_and_differ(names):
    fitted = fit(names, LATIN)
    assert len(set(fitted)) == len(names)
    assert all(len(text) <= LONGEST and all(ord(c) in LATIN for c in text) for text in fitted)
