"""The curves of a run as SVG that follows the page's theme: training beside validation, findings where they fired."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from latentkit.diagnosis import format_number
from latentkit.page.markup import Markup, tag

__all__ = ["training"]

WIDTH, HEIGHT = 300, 160
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 22
PANELS = {
    "loss": "loss",
    "mse": "squared error per pixel",
    "kl": "KL, nats",
    "r2": "R2",
    "active_units": "active units",
    "lr": "learning rate",
}
SIDES = ("train", "validation")


class Mark(NamedTuple):
    """A finding where it fired."""

    step: int
    id: str
    title: str


Curve = Sequence[tuple[int, float | None]]


def training(history: Sequence[Mapping[str, Any]]) -> Markup | None:
    """A panel for each quantity that the run recorded; None if it recorded no validation."""
    lines = [line for line in history if isinstance(line.get("validation"), Mapping)]
    if not lines:
        return None
    marks = [
        Mark(line["step"], str(line["finding"].get("id", "")), str(line["finding"].get("title", "")))
        for line in history
        if isinstance(line.get("finding"), Mapping) and line["finding"].get("severity") != "note"
    ]
    panels = []
    for key, title in PANELS.items():
        curves = _curves(lines, key)
        if any(value is not None for curve in curves.values() for _, value in curve):
            panels.append(_panel(title, curves, marks, _epochs(lines)))
    key = tag("p", *(_sample(side) for side in SIDES), class_="key")
    return tag("section", tag("h2", "Training"), key, tag("div", *panels, class_="curves"))


def _curves(lines: Sequence[Mapping[str, Any]], key: str) -> dict[str, Curve]:
    if key == "lr":
        return {"validation": [(line["step"], _number(line.get("lr"))) for line in lines]}
    found = {
        side: [(line["step"], _number((line.get(side) or {}).get(key))) for line in lines] for side in SIDES
    }
    return {side: curve for side, curve in found.items() if any(value is not None for _, value in curve)}


def _number(value: Any) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def _epochs(lines: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    first, last = (line.get("epoch", line["step"]) for line in (lines[0], lines[-1]))
    return (f"epoch {first}", f"{last}" if last != first else "")


def _sample(side: str) -> Markup:
    line = tag(
        "svg",
        tag("path", d="M0,5H18", class_=side, stroke_width="3"),
        width="18",
        height="10",
        aria_hidden="true",
    )
    return tag("span", line, side)


def _panel(title: str, curves: Mapping[str, Curve], marks: Sequence[Mark], ends: tuple[str, str]) -> Markup:
    steps = [step for curve in curves.values() for step, _ in curve]
    values = [value for curve in curves.values() for _, value in curve if value is not None]
    low, high = min(values), max(values)
    scale = (low, (low + high) / 2, high) if high > low else (low,)
    if high == low:
        low, high = low - abs(low) / 10 - 1e-12, high + abs(high) / 10 + 1e-12
    first, span = min(steps), max(max(steps) - min(steps), 1)

    def x(step: int) -> float:
        return LEFT + 4 + (step - first) / span * (WIDTH - LEFT - RIGHT - 8)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for value in scale:
        at = f"{y(value):.1f}"
        parts.append(tag("line", x1=str(LEFT), x2=str(WIDTH - RIGHT), y1=at, y2=at, class_="grid"))
        parts.append(
            tag(
                "text",
                format_number(float(f"{value:.3g}")),
                x=str(LEFT - 6),
                y=f"{y(value) + 4:.1f}",
                text_anchor="end",
            )
        )
    for mark in marks:
        at = f"{x(mark.step):.1f}"
        line = tag("line", x1=at, x2=at, y1=str(TOP), y2=str(HEIGHT - BOTTOM), class_="mark")
        parts.append(tag("g", tag("title", f"{mark.id} {mark.title}"), line))
    for side, curve in curves.items():
        parts += _drawn(side, [(x(step), None if value is None else y(value)) for step, value in curve])
    parts.append(tag("text", ends[0], x=str(LEFT), y=str(HEIGHT - 6)))
    parts.append(tag("text", ends[1], x=str(WIDTH - RIGHT), y=str(HEIGHT - 6), text_anchor="end"))
    drawing = tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=title)
    return tag("figure", tag("figcaption", title), drawing)


def _drawn(side: str, points: Sequence[tuple[float, float | None]]) -> list[Markup]:
    """A line through the values that are known, and a dot for each where they are few."""
    known = [(x, y) for x, y in points if y is not None]
    steps = "".join(
        f"{'M' if start is None or y0 is None else 'L'}{x:.1f},{y:.1f}" for start, y0, x, y in _joined(points)
    )
    dots = (
        [tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.2", class_=side) for x, y in known]
        if len(known) <= 30
        else []
    )
    return [tag("path", d=steps, class_=side), *dots]


def _joined(
    points: Sequence[tuple[float, float | None]],
) -> list[tuple[float | None, float | None, float, float]]:
    """Each known point with the one before it, None where there is none or its value is not known."""
    before: list[tuple[float | None, float | None]] = [(None, None), *points]
    return [(x0, y0, x, y) for (x0, y0), (x, y) in zip(before, points, strict=False) if y is not None]
