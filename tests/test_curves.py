"""Curves of trainings as a figure."""

import io

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures import THEMES, Style, curves
from latentkit.pictures.course import SERIES, Course, Event
from latentkit.pictures.curves import _figure
from latentkit.pictures.findings import told
from latentkit.pictures.render import settings

COLLAPSE = Event(2, "P8", "The posterior has collapsed", "error")


def a_course(name: str = "run", count: int = 8, events=(), gaps: bool = False) -> Course:
    rng = np.random.default_rng(0)
    figures = {(side, series.name): rng.uniform(1, 9, count) for series in SERIES for side in series.sides}
    if gaps:
        figures["train", "r2"] = figures["validation", "r2"] = np.full(count, np.nan)
    return Course(name, np.arange(1.0, count + 1), figures, tuple(events), 5.0)


def figure_of(*courses, **style):
    style = Style(**style)
    with settings(style.theme):
        figure = _figure(courses, style)
        figure.draw_without_rendering()
        return figure


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_same_courses_give_the_same_bytes(format, magic):
    first = curves([a_course(events=[COLLAPSE])], Style(format, dpi=50))
    assert first.startswith(magic)
    assert first == curves([a_course(events=[COLLAPSE])], Style(format, dpi=50))
    assert b"Date" not in first


def test_every_figure_has_its_panel_and_its_values_are_drawn():
    course = a_course()
    figure = figure_of(course)
    assert texts(figure)[:6] == ["Loss", "Reconstruction", "KL", "R2", "Active units", "Learning rate"]
    for axes, series in zip(figure.axes, SERIES, strict=True):
        drawn = [line.get_ydata().tolist() for line in axes.lines]
        for side in series.sides:
            assert course.figures[side, series.name].tolist() in drawn


def test_several_runs_share_the_axes_and_are_named():
    figure = figure_of(a_course("one"), a_course("_two", 4))
    assert len(figure.axes) == 6
    assert [text.get_text() for text in figure.legends[0].get_texts()[:2]] == ["one", "_two"]
    loss = [line for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    assert len({line.get_color() for line in loss}) == 2
    assert len({line.get_marker() for line in loss}) == 2


def test_a_finding_is_marked_on_every_panel_where_it_was_found_and_told_beneath():
    figure = figure_of(a_course(events=[COLLAPSE]))
    for axes in figure.axes:
        assert [line.get_xdata() for line in axes.lines if line.get_linestyle() == ":"] == [[2, 2]]
        (mark,) = (text for text in axes.texts if text.get_text() == "P8")
        assert mark.get_color() == THEMES["light"].error
        line = axes.transData.transform((2, 0))[0]
        assert mark.get_window_extent().x0 - 2 < line < mark.get_window_extent().x1
    assert "P8 error, epoch 2: The posterior has collapsed" in texts(figure)


def test_findings_of_several_runs_bear_the_name_of_theirs():
    figure = figure_of(a_course("one"), a_course("two", events=[COLLAPSE]))
    assert "two: P8 error, epoch 2: The posterior has collapsed" in texts(figure)


def test_marks_never_meet_and_beyond_three_they_are_counted():
    events = [Event(epoch, f"P{n}", "t", "note") for n, epoch in enumerate((1, 1.1, 1.2, 1.3, 4, 6))]
    axes = figure_of(a_course(events=events)).axes[0]
    marks = [text for text in axes.texts if text.get_text().startswith("P")]
    assert [mark.get_text() for mark in marks] == ["P0 P1 P2 +1", "P4", "P5"]
    boxes = [mark.get_window_extent() for mark in marks]
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_of_many_findings_the_rest_is_counted():
    events = [Event(1, "P1", f"finding {n}", "note") for n in range(20)]
    words = [text for _, text in told([a_course(events=events)], ["run"], THEMES["light"])]
    assert len(words) == 13
    assert words[-1] == "and 8 more: `latentkit diagnose` tells them all"


def test_a_figure_that_was_never_recorded_is_said_to_be_missing():
    axes = figure_of(a_course(gaps=True)).axes[3]
    assert "not recorded" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("width", [2.2, 5, 12])
def test_nothing_is_cut_off_at_any_width(width):
    long = Event(
        2, "P8", "A title of a finding that is quite a bit longer than a narrow figure is wide", "error"
    )
    figure = figure_of(a_course("x" * 80, events=[long]), a_course("$x_1$ <b>", 1), width=width)
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


def test_a_width_without_room_is_refused():
    with pytest.raises(PictureError, match=r"1.5 inches wide leaves no room for curves: --width 2.2 or more"):
        curves([a_course()], Style(width=1.5))


def test_a_dark_figure_is_dark():
    data = curves([a_course()], Style(theme=THEMES["dark"], dpi=40))
    assert Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0)) == (0x15, 0x18, 0x1D)


def test_more_runs_than_can_be_told_apart_are_refused():
    with pytest.raises(PictureError, match="36 runs cannot be told apart in one figure: name at most 35"):
        curves([a_course(str(n)) for n in range(36)])


def test_texts_of_files_are_escaped():
    hostile = Event(1, "\x1b[2J", "\u202eevil\n$\\frac{$", "error")
    written = " ".join(texts(figure_of(a_course("a\x1b[31mb", events=[hostile]))))
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert "\\u202eevil\\n$\\frac{$" in written
