"""A row of the suite, and the lines of the table that it gives."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple


class Row(NamedTuple):
    """Something that can be measured by its name."""

    name: str
    place: str
    """module:function in rows/"""
    seconds: int
    """About how long it takes on two cores."""
    quick: int
    """And with --quick."""


@dataclass(frozen=True)
class Scale:
    """How much to measure, and on what."""

    quick: bool
    folder: Path
    """Of the row's own, empty at first and removed afterwards."""
    photos: Path | None = None
    """A folder of JPEGs; None makes some."""

    def of(self, whole: int, quick: int) -> int:
        """One of the two."""
        return quick if self.quick else whole


class Bar(NamedTuple):
    """Of the ratio where there is a peer, else of our own figure."""

    sign: Literal[">=", "<="]
    value: float

    def holds(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
        return figure >= self.value if self.sign == ">=" else figure <= self.value


@dataclass(frozen=True)
class Line:
    """A line of the table: medians over rounds, and the spread of what the bar is of."""

    what: str
    unit: str
    ours: float
    theirs: float | None
    ratio: float | None
    """Ours over theirs."""
    lowest: float
    highest: float
    bar: Bar | None
    why: str = ""
    """Of a miss: where the time goes."""
    points: Sequence[tuple[int, float]] = ()
    """(n, figure), where the line is of growth."""

    @property
    def passed(self) -> bool | None:
        """None where there is no bar."""
        figure = self.ours if self.ratio is None else self.ratio
        return None if self.bar is None else self.bar.holds(figure)

    def to_json(self) -> dict[str, Any]:
        """As --json prints it."""
        return asdict(self) | {
            "bar": self.bar and f"{self.bar.sign} {self.bar.value:g}",
            "passed": self.passed,
        }


def against(
    what: str, unit: str, pairs: Sequence[tuple[float, float]], bar: Bar | None, *, why: str = ""
) -> Line:
    """A line of (ours, theirs) by rounds."""
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Line(what, unit, ours, theirs, statistics.median(ratios), min(ratios), max(ratios), bar, why)


def alone(
    what: str,
    unit: str,
    figures: Sequence[float],
    bar: Bar | None,
    *,
    why: str = "",
    points: Sequence[tuple[int, float]] = (),
) -> Line:
    """A line without a peer."""
    return Line(
        what, unit, statistics.median(figures), None, None, min(figures), max(figures), bar, why, points
    )
