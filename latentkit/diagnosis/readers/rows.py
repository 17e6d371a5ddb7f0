"""Make the rows of a history from the lines of a log, and find the signs of its bound and its KL from the values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from latentkit.diagnosis.facts import HistoryRow
from latentkit.diagnosis.readers.columns import ColumnMeaning

__all__ = ["Values", "make_rows", "negate_kl", "negate_or_keep_elbo"]

NOT_METRICS = ("accuracy", "silhouette", "unnamed")
SIDES = ("train", "validation")


@dataclass
class Values:
    """The values of one row while it is being collected."""

    place: str
    sides: dict[str, dict[str, float]] = field(default_factory=lambda: {"train": {}, "validation": {}})
    outputs: dict[str, float] = field(default_factory=dict)
    beta: float | None = None

    @property
    def empty(self) -> bool:
        """True if there is no metric."""
        return not any(self.sides.values()) and not self.outputs

    def keys(self) -> set[str]:
        """Return the keys of all metrics."""
        return {f"{side}:{name}" for side in SIDES for name in self.sides[side]} | set(self.outputs)

    def update(self, other: "Values") -> None:
        """Replace values by later ones."""
        for side in SIDES:
            self.sides[side].update(other.sides[side])
        self.outputs.update(other.outputs)
        self.beta = self.beta if other.beta is None else other.beta

    def finished(self) -> HistoryRow:
        """Return the row; the loss comes first."""
        train, validation = (
            dict(sorted(self.sides[side].items(), key=lambda item: item[0] != "loss")) for side in SIDES
        )
        return HistoryRow(self.place, train, validation, self.beta, self.outputs)


def make_rows(
    lines: Sequence[Mapping[str, float]], chosen: Mapping[str, ColumnMeaning]
) -> tuple[list[Values], bool]:
    """Make one row per epoch or step if they are logged; later values replace earlier ones.

    Otherwise a row ends where one of its metrics repeats, or where the side that comes first follows the other. Return the rows, and
    whether epochs were counted in that way.
    """
    rows: list[Values] = []
    places: dict[tuple[str, float], Values] = {}
    order: list[float] = []
    restarted = positioned = False
    leading, other = "train", "validation"
    for number, line in enumerate(lines, 1):
        found, position = _read(line, chosen)
        if position is None:
            if all(row.empty for row in rows) and found.sides["validation"] and not found.sides["train"]:
                leading, other = other, leading
            if not rows or rows[-1].keys() & found.keys() or (rows[-1].sides[other] and found.sides[leading]):
                found.place = f"line {number}"
                rows.append(found)
            else:
                rows[-1].update(found)
            continue
        positioned = True
        row = places.get(position)
        if row is not None and row is not rows[-1] and row.keys() & found.keys():
            places.clear()
            restarted, row = True, None
        if row is None:
            found.place = f"{position[0]} {position[1]:g}"
            places[position] = row = found
            rows.append(row)
            order.append(position[1])
        else:
            row.update(found)
    if positioned and not restarted and len(order) == len(rows):
        rows = [rows[at] for at in sorted(range(len(rows)), key=order.__getitem__)]
    rows = [row for row in rows if not row.empty]
    counted = (
        bool(rows) and not positioned and all(row.sides["train"] and row.sides["validation"] for row in rows)
    )
    if counted:
        for number, row in enumerate(rows, 1):
            row.place = f"epoch {number}"
    return rows, counted and len(lines) > len(rows)


def _read(
    line: Mapping[str, float], chosen: Mapping[str, ColumnMeaning]
) -> tuple[Values, tuple[str, float] | None]:
    """Return the values of a line, and its epoch or step."""
    found = Values("")
    positions: dict[str, tuple[int, float]] = {}
    for name, value in line.items():
        column = chosen.get(name)
        if column is None or column.quantity in NOT_METRICS:
            continue
        if column.quantity in ("epoch", "step"):
            if math.isfinite(value) and column.rank < positions.get(column.quantity, (math.inf,))[0]:
                positions[column.quantity] = column.rank, value
        elif column.quantity == "beta":
            found.beta = value
        elif column.quantity == "output":
            found.outputs[name] = value
        elif column.side is not None:
            found.sides[column.side][column.quantity] = value
    return found, next(((unit, positions[unit][1]) for unit in ("epoch", "step") if unit in positions), None)


def negate_or_keep_elbo(rows: Sequence[Values]) -> str | None:
    """Turn a logged bound into a loss, in place, with the sign that its values show. Return how it was read."""
    series = {
        side: [
            row.sides[side]["elbo"] for row in rows if math.isfinite(row.sides[side].get("elbo", math.nan))
        ]
        for side in SIDES
    }
    values = series["train"] or series["validation"]
    positive = bool(values) and min(values) > 0
    falling = positive and values[-1] <= values[0]
    for row in rows:
        for side in SIDES:
            if "elbo" in row.sides[side]:
                value = row.sides[side].pop("elbo")
                row.sides[side].setdefault("loss", value if falling else -value)
    if falling:
        return "the elbo is positive and does not rise: it is read as a loss, the negative of the bound"
    if positive:
        return "the elbo is positive and rises: it is read as a bound that improves; if it is your loss, training diverges"
    return None


def negate_kl(rows: Sequence[Values]) -> bool:
    """Negate, in place, a KL that is never positive: some code logs -KL. Return whether that was so."""
    values = [
        row.sides[side]["kl"]
        for row in rows
        for side in SIDES
        if math.isfinite(row.sides[side].get("kl", math.nan))
    ]
    if not values or max(values) > 0 or min(values) == 0:
        return False
    for row in rows:
        for side in SIDES:
            if "kl" in row.sides[side]:
                row.sides[side]["kl"] *= -1
    return True
