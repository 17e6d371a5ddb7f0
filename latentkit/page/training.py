"""The curves of a training run as SVG that follows the page's theme; findings are marked at their epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from latentkit.diagnosis import format_number
from latentkit.page.markup import Markup, tag
from latentkit.pictures.history import METRICS, Event, Metric, RunHistory

__all__ = ["training"]

WIDTH, HEIGHT = 300, 160
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 22
INSET = 4
"""Space between the sides of a panel and the first and last points."""
SHOWN = ("loss", "mse", "kl", "r2", "active_units", "lr")
SIDES = ("train", "validation")
FEW = 30
"""Number of points up to which each has a dot."""

Floats = NDArray[np.float64]


def training(history: RunHistory) -> Markup | None:
    """Return a panel for each metric that the run recorded; None before its first validation."""
    if not len(history.epochs):
        return None
    marks = [event for event in history.events if event.severity != "note"]
    panels = []
    for metric in (METRICS[name] for name in SHOWN):
        curves = _curves(history, metric)
        if curves:
            panels.append(_panel(metric, history.epochs, curves, marks))
    key = tag("p", *(_sample(side) for side in SIDES), class_="key")
    return tag("section", tag("h2", "Training"), key, tag("div", *panels, class_="curves"))


def _curves(history: RunHistory, metric: Metric) -> dict[str, Floats]:
    """Return the values of each side that has any; metrics without a side are drawn like validation."""
    values = {side or "validation": history.values[side, metric.name] for side in metric.sides}
    return {side: curve for side, curve in values.items() if np.isfinite(curve).any()}


def _sample(side: str) -> Markup:
    path = tag("path", d="M0,5H18", class_=side, stroke_width="3")
    return tag("span", tag("svg", path, width="18", height="10", aria_hidden="true"), side)


def _panel(metric: Metric, epochs: Floats, curves: Mapping[str, Floats], marks: Sequence[Event]) -> Markup:
    values = np.concatenate(list(curves.values()))
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    ticks = (low, (low + high) / 2, high) if high > low else (low,)
    if high == low:
        low, high = low - abs(low) / 10 - 1e-12, high + abs(high) / 10 + 1e-12
    first, last = float(epochs.min()), float(epochs.max())

    def x(epoch: float) -> float:
        share = (epoch - first) / (last - first) if last > first else 0.0
        return LEFT + INSET + share * (WIDTH - LEFT - RIGHT - 2 * INSET)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [part for value in ticks for part in _tick(value, y(value))]
    for event in marks:
        at = f"{x(event.epoch):.1f}"
        line = tag("line", x1=at, x2=at, y1=str(TOP), y2=str(HEIGHT - BOTTOM), class_="mark")
        parts.append(tag("g", tag("title", f"{event.id} {event.title}"), line))
    for side, curve in curves.items():
        points = [
            (x(epoch), y(value) if np.isfinite(value) else None)
            for epoch, value in zip(epochs.tolist(), curve.tolist(), strict=True)
        ]
        parts += _line(side, points)
    parts.append(tag("text", f"epoch {first:.4g}", x=str(LEFT), y=str(HEIGHT - 6)))
    if last > first:
        parts.append(tag("text", f"{last:.4g}", x=str(WIDTH - RIGHT), y=str(HEIGHT - 6), text_anchor="end"))
    drawing = tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=metric.title)
    return tag("figure", tag("figcaption", _title(metric)), drawing)


def _title(metric: Metric) -> str:
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title


def _tick(value: float, y: float) -> list[Markup]:
    """Return a grid line and its number."""
    at = f"{y:.1f}"
    number = format_number(float(f"{value:.3g}"))
    return [
        tag("line", x1=str(LEFT), x2=str(WIDTH - RIGHT), y1=at, y2=at, class_="grid"),
        tag("text", number, x=str(LEFT - 6), y=f"{y + 4:.1f}", text_anchor="end"),
    ]


def _line(side: str, points: Sequence[tuple[float, float | None]]) -> list[Markup]:
    """Return a line that is broken where values are missing, and a dot for each value if they are few."""
    steps, command = [], "M"
    for x, y in points:
        if y is not None:
            steps.append(f"{command}{x:.1f},{y:.1f}")
        command = "M" if y is None else "L"
    dots = [
        tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.2", class_=side) for x, y in points if y is not None
    ]
    return [tag("path", d="".join(steps), class_=side), *(dots if len(dots) <= FEW else [])]
