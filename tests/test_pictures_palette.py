"""Distinguishable colors and shapes, in both themes."""

import numpy as np
import pytest

from latentkit.errors import PictureError
from latentkit.pictures import THEMES
from latentkit.pictures.palette import MAX_CLASSES, PALETTES, SHAPES, contrast, look, readable, with_palette

# Viénot, Brettel & Mollon (1999): linear RGB as a dichromat sees it.
PROTAN = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
DEUTAN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def linear(color: str) -> np.ndarray:
    v = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def test_contrast_is_as_wcag_defines_it():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == pytest.approx(4.54, abs=0.005)  # the example of the standard
    assert contrast("#123456", "#123456") == 1


def test_consecutive_classes_differ_in_color_and_in_shape():
    for first, second in zip(range(MAX_CLASSES - 1), range(1, MAX_CLASSES), strict=True):
        assert look(first).color != look(second).color
        assert look(first).shape != look(second).shape
    assert {look(i).shape for i in range(MAX_CLASSES)} == set(SHAPES)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_classes_and_text_stand_out_from_the_paper(theme):
    assert min(contrast(color, theme.paper) for color in theme.colors) > 2
    for text in (theme.ink, theme.faint, theme.error, theme.warning):
        assert contrast(text, theme.paper) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_names_in_class_colors_are_legible(theme):
    for color in theme.colors:
        assert contrast(readable(color, theme.paper, theme.ink), theme.paper) >= 4.5
    assert readable("#000000", "#FFFFFF", "#222222") == "#000000"


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN], ids=["all", "protan", "deutan"])
def test_no_two_class_colors_look_alike_to_color_blind_readers(theme, sight):
    seen = [sight @ linear(color) for color in theme.colors]
    distance = min(np.linalg.norm(one - other) for i, one in enumerate(seen) for other in seen[:i])
    assert distance > 0.1


@pytest.mark.parametrize("count", [1, 3, 5, 6, 7, 10])
def test_looks_are_distinct_for_any_number_of_colors(count):
    colors = tuple(f"#0000{i:02}" for i in range(count))
    looks = {look(i, colors) for i in range(count * len(SHAPES))}
    assert len(looks) == count * len(SHAPES)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", PALETTES)
def test_the_colors_of_a_palette_stand_out_from_the_paper(theme, name):
    assert all(contrast(color, theme.paper) > 1.7 for color in with_palette(theme, name).colors)


def test_the_usual_palette_changes_nothing_and_colors_can_be_listed():
    theme = THEMES["dark"]
    assert with_palette(theme, "Okabe-Ito") == theme
    assert with_palette(theme, "#0072b2, #D55E00").colors == ("#0072B2", "#D55E00")
    with pytest.raises(
        PictureError, match="'RED' is neither a palette nor a color: use okabe-ito, tol, gray"
    ):
        with_palette(theme, "#0072B2,red")
