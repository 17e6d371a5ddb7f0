"""Colours and shapes that can be told apart, on either page."""

import numpy as np
import pytest

from latentkit.pictures import THEMES
from latentkit.pictures.palette import MOST, SHAPES, contrast, look, readable

# Viénot, Brettel & Mollon (1999): what a dichromat sees of linear RGB.
PROTAN = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
DEUTAN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(colour: str) -> np.ndarray:
    v = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.005)  # their own example
    assert contrast("#123456", "#123456") == 1


def test_neighbouring_classes_differ_in_colour_and_in_shape():
    for first, second in zip(range(MOST - 1), range(1, MOST), strict=True):
        assert look(first).colour != look(second).colour
        assert look(first).shape != look(second).shape
    assert {look(i).shape for i in range(MOST)} == set(SHAPES)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_class_and_every_word_stands_out_from_the_page(theme):
    assert min(contrast(colour, theme.paper) for colour in theme.colours) > 2
    for words in (theme.ink, theme.faint, theme.error, theme.warning):
        assert contrast(words, theme.paper) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_names_in_a_class_colour_can_be_read(theme):
    for colour in theme.colours:
        assert contrast(readable(colour, theme.paper, theme.ink), theme.paper) >= 4.5
    assert readable("#000000", "#FFFFFF", "#222222") == "#000000"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN], ids=["all", "protan", "deutan"])
def test_the_colour_blind_see_no_two_classes_alike(theme, sight):
    seen = [sight @ linear(colour) for colour in theme.colours]
    apart = min(np.linalg.norm(one - other) for i, one in enumerate(seen) for other in seen[:i])
    assert apart > 0.1
