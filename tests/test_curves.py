"""Curves of training runs as a figure."""

import io

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures import THEMES, Style, curves
from latentkit.pictures.curves import _figure, _finding_lines
from latentkit.pictures.history import METRICS, PANELS, Event, RunHistory
from latentkit.pictures.render import settings

COLLAPSE = Event(2, "P8", "The posterior has collapsed", "error")


def a_history(name: str = "run", count: int = 8, events=(), gaps: bool = False) -> RunHistory:
    rng = np.random.default_rng(0)
    values = {(side, each.name): rng.uniform(1, 9, count) for each in METRICS.values() for side in each.sides}
    if gaps:
        values["train", "r2"] = values["validation", "r2"] = np.full(count, np.nan)
    return RunHistory(name, np.arange(1.0, count + 1), values, tuple(events), 5.0)


def figure_of(*histories, **style):
    style = Style(**style)
    with settings(style.theme):
        figure = _figure(histories, style)
        figure.draw_without_rendering()
        return figure


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_same_histories_give_the_same_bytes(format, magic):
    first = curves([a_history(events=[COLLAPSE])], Style(format, dpi=50))
    assert first.startswith(magic)
    assert first == curves([a_history(events=[COLLAPSE])], Style(format, dpi=50))
    assert b"Date" not in first


def test_every_metric_has_a_panel_with_its_values():
    history = a_history()
    figure = figure_of(history)
    assert texts(figure)[:6] == ["Loss", "Reconstruction", "KL", "R2", "Active units", "Learning rate"]
    for axes, metric in zip(figure.axes, PANELS, strict=True):
        drawn = [line.get_ydata().tolist() for line in axes.lines]
        for side in metric.sides:
            assert history.values[side, metric.name].tolist() in drawn


def test_several_runs_share_the_axes_and_are_named():
    figure = figure_of(a_history("one"), a_history("_two", 4))
    assert len(figure.axes) == 6
    assert [text.get_text() for text in figure.legends[0].get_texts()[:2]] == ["one", "_two"]
    loss = [line for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    assert len({line.get_color() for line in loss}) == 2
    assert len({line.get_marker() for line in loss}) == 2


def test_a_finding_is_marked_on_every_panel_at_its_epoch_and_described_below():
    figure = figure_of(a_history(events=[COLLAPSE]))
    for axes in figure.axes:
        assert [line.get_xdata() for line in axes.lines if line.get_linestyle() == ":"] == [[2, 2]]
        (mark,) = (text for text in axes.texts if text.get_text() == "P8")
        assert mark.get_color() == THEMES["light"].error
        line = axes.transData.transform((2, 0))[0]
        assert mark.get_window_extent().x0 - 2 < line < mark.get_window_extent().x1
    assert "P8 error, epoch 2: The posterior has collapsed" in texts(figure)


def test_findings_of_several_runs_have_the_name_of_their_run():
    figure = figure_of(a_history("one"), a_history("two", events=[COLLAPSE]))
    assert "two: P8 error, epoch 2: The posterior has collapsed" in texts(figure)


def test_marks_never_overlap_and_more_than_three_at_a_place_are_counted():
    events = [Event(epoch, f"P{n}", "t", "note") for n, epoch in enumerate((1, 1.1, 1.2, 1.3, 4, 6))]
    axes = figure_of(a_history(events=events)).axes[0]
    marks = [text for text in axes.texts if text.get_text().startswith("P")]
    assert [mark.get_text() for mark in marks] == ["P0 P1 P2 +1", "P4", "P5"]
    boxes = [mark.get_window_extent() for mark in marks]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_findings_beyond_the_maximum_are_counted():
    events = [Event(1, "P1", f"finding {n}", "note") for n in range(20)]
    lines = [text for _, text in _finding_lines([a_history(events=events)], THEMES["light"], 9)]
    assert len(lines) == 13
    assert lines[-1] == "and 8 more: `latentkit diagnose` lists all of them"


def test_a_metric_without_values_is_marked_as_not_recorded():
    axes = figure_of(a_history(gaps=True)).axes[3]
    assert "not recorded" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("width", [2.2, 5, 12])
def test_nothing_is_cut_off_at_any_width(width):
    long = Event(
        2, "P8", "A title of a finding that is quite a bit longer than a narrow figure is wide", "error"
    )
    figure = figure_of(a_history("x" * 80, events=[long]), a_history("$x_1$ <b>", 1), width=width)
    assert figure.get_size_inches()[0] == width
    for artist in [*figure.texts, *figure.legends, *(text for axes in figure.axes for text in axes.texts)]:
        box = artist.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1
    assert not any(
        text.get_window_extent().overlaps(figure.legends[0].get_window_extent()) for text in figure.texts
    )


def test_a_width_that_is_too_small_is_refused():
    with pytest.raises(
        PictureError, match=r"1.5 inches wide has no space for curves: use --width 2.2 or more"
    ):
        curves([a_history()], Style(width=1.5))


def test_a_dark_figure_is_dark():
    data = curves([a_history()], Style(theme=THEMES["dark"], dpi=40))
    assert Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0)) == (0x15, 0x18, 0x1D)


def test_more_runs_than_there_are_looks_are_refused():
    with pytest.raises(PictureError, match="36 runs are too many for one figure: name at most 35"):
        curves([a_history(str(n)) for n in range(36)])


def test_texts_of_files_are_escaped():
    hostile = Event(1, "\x1b[2J", "\u202eevil\n$\\frac{$", "error")
    text = " ".join(texts(figure_of(a_history("a\x1b[31mb", events=[hostile]))))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u202eevil\\n$\\frac{$" in text
