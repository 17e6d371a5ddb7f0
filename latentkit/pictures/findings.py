"""Findings of a training run: lines across its curves, and sentences below them or on a screen."""

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from latentkit.formats.history import SEVERITIES
from latentkit.pictures.history import Event, RunHistory
from latentkit.pictures.palette import Theme
from latentkit.pictures.text_metrics import fit

__all__ = ["Sentence", "color_of", "mark_findings", "sentences"]

LETTER = 0.062
"""Inches that a letter of a mark takes."""


class Sentence(NamedTuple):
    """A finding in words, such as `P8 error, epoch 2: The posterior has collapsed`, and its severity."""

    severity: str
    text: str


def sentences(
    histories: Sequence[RunHistory], *, drawable: Container[int] | None = None, max_length: int = 160
) -> list[Sentence]:
    """Return every finding in words, run by run; with several runs each begins with the name of its run."""
    names = fit([history.name for history in histories], drawable)
    result = []
    for history, name in zip(histories, names, strict=True):
        prefix = f"{name}: " if len(histories) > 1 else ""
        for event in history.events:
            text = f"{prefix}{event.id} {event.severity}, epoch {event.epoch:.4g}: {event.title}"
            result.append(Sentence(event.severity, fit([text], drawable, max_length)[0]))
    return result


def color_of(severity: str, theme: Theme) -> str:
    """Return the color of findings of this severity."""
    return {"error": theme.error, "warning": theme.warning}.get(severity, theme.faint)


def mark_findings(axes: Any, histories: Sequence[RunHistory], theme: Theme, width: float) -> None:
    """Draw a line at each finding and its id above it, on axes of this width in inches.

    Ids that would overlap share a place.
    """
    events = sorted(
        (event for history in histories for event in history.events), key=lambda event: event.epoch
    )
    for event in events:
        color = color_of(event.severity, theme)
        axes.axvline(event.epoch, color=color, linewidth=0.8, linestyle=":", zorder=1)
    left, right = axes.get_xlim()
    places: list[tuple[float, list[Event]]] = []
    for event in events:
        x = (event.epoch - left) / (right - left) * width
        if places and x - places[-1][0] < LETTER * (len(_ids(places[-1][1])) + 1):
            places[-1][1].append(event)
        else:
            places.append((x, [event]))
    for x, group in places:
        worst = min((event.severity for event in group), key=SEVERITIES.index)
        text = _ids(group)
        start = max(0.0, min(x - LETTER * 0.5, width - LETTER * len(text)))
        font = {"fontsize": 6.5, "color": color_of(worst, theme), "va": "bottom", "zorder": 4}
        axes.text(start / width, 1.02, text, transform=axes.transAxes, **font)


def _ids(events: Sequence[Event]) -> str:
    """Return the distinct ids, or the first three and the number of others."""
    ids = list(dict.fromkeys(event.id for event in events))
    more = f" +{len(ids) - 3}" if len(ids) > 3 else ""
    return " ".join(fit(ids[:3], max_length=6)) + more
