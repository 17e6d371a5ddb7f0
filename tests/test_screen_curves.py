"""Curves in characters."""

import re
from dataclasses import replace

import numpy as np
import pytest

from latentkit.pictures import RunHistory, Screen, Style, curves
from latentkit.pictures.history import METRICS, PANELS, Event
from latentkit.text import cell_width


def a_history(name: str = "run", values=(3.0, 2.0, 1.0), events=()) -> RunHistory:
    y = np.array(values, float)
    series = {(side, metric.name): y for metric in METRICS.values() for side in metric.sides}
    return RunHistory(name, np.arange(1.0, len(y) + 1), series, tuple(events), None)


def with_training_above(history: RunHistory) -> RunHistory:
    values = {key: y + 5 * (key[0] == "train") for key, y in history.values.items()}
    return replace(history, values=values)


def drawn(*histories, screen: Screen | None = None) -> str:
    return curves(histories, Style("txt", screen=screen or Screen(100, 30))).decode()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 50), (220, 60)])
def test_the_panels_fit_the_screen(size):
    lines = drawn(a_history(), screen=Screen(*size)).split("\n")
    assert len(lines) <= size[1]
    assert max(map(cell_width, lines)) < size[0]


def test_every_panel_has_the_ends_of_its_axes():
    text = drawn(a_history())
    assert all(metric.title in text for metric in PANELS)
    assert text.count("epoch 3") == 6
    assert len(re.findall(r"\b3│", text)) == 6


def test_a_line_that_falls_begins_at_the_top_and_ends_at_the_bottom():
    rows = [line[8:32] for line in drawn(a_history(values=(9, 1))).split("\n")][1:12]
    heights = [
        min(i for i, row in enumerate(rows) if len(row) > c and row[c] not in " ─1") for c in (0, 10, 22)
    ]
    assert heights == sorted(heights)
    assert heights[0] == 0
    assert heights[-1] > 8


def test_each_run_has_its_own_character_along_its_line_and_in_the_legend():
    text = drawn(a_history("one", (3, 2, 1)), a_history("two", (1, 2, 3)))
    assert "● one   ▲ two   ⠤⠤ validation   ⠄t⠄ training" in text
    assert text.count("●") > 6
    assert text.count("▲") > 6


def test_lines_of_training_are_told_by_a_letter_rather_than_color():
    text = drawn(with_training_above(a_history("one", range(9))))
    assert "● one   ⠤●⠤ validation   ⠄t⠄ training" in text
    panels = [line for line in text.split("\n") if "│" in line]
    assert sum(line.count("t") for line in panels) >= 8  # of four metrics
    assert sum(line.count("●") for line in panels) >= 12


def test_lines_of_training_of_several_runs_are_told_apart():
    text = drawn(*(with_training_above(a_history(name, range(9))) for name in ("one", "two")))
    assert "▲t" in text


def test_a_finding_is_a_letter_on_the_axis_at_its_epoch_and_a_sentence():
    text = drawn(a_history(events=[Event(2, "P8", "The posterior has collapsed", "error")]))
    axis = next(line for line in text.split("\n") if "└" in line)
    panel = axis[axis.index("└") + 1 :].split(" ")[0]
    assert panel.index("E") == pytest.approx((len(panel) - 1) / 2, abs=0.5)
    assert axis.count("E") == 3
    assert "E P8 error, epoch 2: The posterior has collapsed" in text


def test_the_worst_of_many_findings_are_described_and_the_rest_counted():
    events = [*(Event(1, "P20", f"note {n}", "note") for n in range(9)), Event(1, "P8", "collapse", "error")]
    lines = drawn(a_history(events=events)).rstrip("\n").split("\n")
    assert lines[-1] == "  and 4 more findings: latentkit diagnose lists all of them"
    assert lines[-7].startswith("E P8")


def test_gaps_stay_gaps_and_metrics_without_values_are_marked():
    text = drawn(a_history(values=(np.nan, np.nan, np.nan)))
    assert text.count("not recorded") == 6
    assert "nan" not in text
    assert drawn(a_history(values=(1, np.nan, 3)))


def test_one_validation_is_a_point_and_numbers_of_any_size_fit():
    assert drawn(a_history(values=(5,))).count("●") == 8  # two in the legend
    text = drawn(a_history(values=(-1.2345e-300, -999999.7, 1e300)))
    assert max(map(cell_width, text.split("\n"))) < 100
    assert "1e+300│" in text


def test_colors_are_the_only_escape_sequences():
    screen = Screen(100, 30, color=True)
    with_colors = drawn(a_history("a\x1b[2Jb"), screen=screen)
    assert re.sub(r"\x1b\[[\d;]*m", "", with_colors) == drawn(a_history("a\x1b[2Jb"))
    assert "\x1b[38;5;33m" in with_colors
    assert "a\\x1b[2Jb" in with_colors
