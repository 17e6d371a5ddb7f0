"""Colors and shapes that can be told apart, on either page."""

import numpy as np
import pytest

from latentkit.pictures import THEMES
from latentkit.pictures.palette import MAX_CLASSES, SHAPES, contrast, look, readable

# Viénot, Brettel & Mollon (1999): what a dichromat sees of linear RGB.
PROTAN = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
DEUTAN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(color: str) -> np.ndarray:
    v = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.005)  # their own example
    assert contrast("#123456", "#123456") == 1


def test_neighboring_classes_differ_in_color_and_in_shape():
    for first, second in zip(range(MAX_CLASSES - 1), range(1, MAX_CLASSES), strict=True):
        assert look(first).color != look(second).color
        assert look(first).shape != look(second).shape
    assert {look(i).shape for i in range(MAX_CLASSES)} == set(SHAPES)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_class_and_every_word_stands_out_from_the_page(theme):
    assert min(contrast(color, theme.paper) for color in theme.colors) > 2
    for words in (theme.ink, theme.faint, theme.error, theme.warning):
        assert contrast(words, theme.paper) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_names_in_a_class_color_can_be_read(theme):
    for color in theme.colors:
        assert contrast(readable(color, theme.paper, theme.ink), theme.paper) >= 4.5
    assert readable("#000000", "#FFFFFF", "#222222") == "#000000"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN], ids=["all", "protan", "deutan"])
def test_the_color_blind_see_no_two_classes_alike(theme, sight):
    seen = [sight @ linear(color) for color in theme.colors]
    apart = min(np.linalg.norm(one - other) for i, one in enumerate(seen) for other in seen[:i])
    assert apart > 0.1
