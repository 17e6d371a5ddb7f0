"""What was found in a training, marked on its curves where it was found, and told in words."""

from collections.abc import Sequence
from typing import Any

from latentkit.pictures import lettering
from latentkit.pictures.course import Course, Event
from latentkit.pictures.style import Theme

__all__ = ["color_of", "mark", "sentence", "told"]

TOLD = 12
"""The most findings that are told of."""
LETTER = 0.062
"""Inches that a letter of a mark takes."""
LONGEST = 160


def color_of(event: Event, theme: Theme) -> str:
    """By severity."""
    return {"error": theme.error, "warning": theme.warning}.get(event.severity, theme.faint)


def sentence(event: Event, run: str | None) -> str:
    """`P8 error, epoch 2: The posterior has collapsed`, after the run's name where there are several."""
    whose = "" if run is None else f"{run}: "
    return f"{whose}{event.id} {event.severity}, epoch {event.epoch:.4g}: {event.title}"


def told(courses: Sequence[Course], names: Sequence[str], theme: Theme) -> list[tuple[str, str]]:
    """(color, sentence) of each finding, run by run; beyond TOLD only how many more there are."""
    found = [
        (color_of(event, theme), sentence(event, name if len(courses) > 1 else None))
        for course, name in zip(courses, lettering.fit(names, lettering.glyphs()), strict=True)
        for event in course.events
    ]
    more = len(found) - TOLD
    if more > 0:
        found = [*found[:TOLD], (theme.faint, f"and {more} more: `latentkit diagnose` tells them all")]
    return [(color, lettering.fit([text], lettering.glyphs(), LONGEST)[0]) for color, text in found]


def mark(axes: Any, courses: Sequence[Course], theme: Theme, inside: float) -> None:
    """A line at each finding across axes so many inches wide, and its id above; ids that would meet share a place."""
    events = sorted((event for course in courses for event in course.events), key=lambda event: event.epoch)
    for event in events:
        axes.axvline(event.epoch, color=color_of(event, theme), linewidth=0.8, linestyle=":", zorder=1)
    left, right = axes.get_xlim()
    places: list[tuple[float, list[Event]]] = []
    for event in events:
        x = (event.epoch - left) / (right - left) * inside
        if places and x - places[-1][0] < LETTER * (len(_ids(places[-1][1])) + 1):
            places[-1][1].append(event)
        else:
            places.append((x, [event]))
    for x, together in places:
        worst = min(together, key=lambda event: ("error", "warning", "note").index(event.severity))
        text = _ids(together)
        start = max(0.0, min(x - LETTER * 0.5, inside - LETTER * len(text)))
        color = color_of(worst, theme)
        axes.text(
            start / inside,
            1.02,
            text,
            fontsize=6.5,
            color=color,
            va="bottom",
            transform=axes.transAxes,
            zorder=4,
        )


def _ids(events: Sequence[Event]) -> str:
    """The different ids, or the first of them and how many more."""
    ids = list(dict.fromkeys(event.id for event in events))
    shown = " ".join(lettering.fit(ids[:3], lettering.glyphs(), 6))
    return shown + (f" +{len(ids) - 3}" if len(ids) > 3 else "")
