"""A log as a table of named numbers, and its conversion to `Facts`.

Missing values are absent. Names that are not understood are listed in the notes.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from latentkit.diagnosis.facts import Facts, HistoryRow, PastedCode
from latentkit.diagnosis.readers.columns import ColumnMeaning, describe, interpret
from latentkit.errors import DiagnosisError

__all__ = ["LogTable", "nothing_found", "parse_number", "rounded_to_zero", "to_facts"]

MOST_SHOWN = 12
NOT_METRICS = ("accuracy", "silhouette")
"""Known columns that are judged by their names, not by their values."""


@dataclass
class LogTable:
    """The lines of a log in order, each a mapping of names to numbers."""

    kind: str
    """For a person: "a Keras progress log"."""
    lines: list[dict[str, float]] = field(default_factory=list)
    steps: int | None = None
    """Steps per epoch."""
    code: PastedCode | None = None
    notes: list[str] = field(default_factory=list)
    """Messages about values that were ignored or changed while reading."""

    def names(self) -> list[str]:
        """Return every name, in order of appearance."""
        return list({name: None for line in self.lines for name in line})

    def metrics(self) -> list[str]:
        """Return the names that rules can use."""
        return [
            name
            for name in self.names()
            if (column := interpret(name)) is not None
            and column.side is not None
            and column.quantity != "silhouette"
        ]


def parse_number(text: str) -> float | None:
    """Parse a number as people and programs write it, NaN and infinity included; None for anything else."""
    cleaned = text.strip().strip("'\"")
    if not re.fullmatch(
        r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?|[-+]?(?:nan|inf|infinity)",
        cleaned,
        re.IGNORECASE,
    ):
        return None
    try:
        return float(cleaned)
    except ValueError:
        return None


def rounded_to_zero(text: str) -> bool:
    """Return whether a 0 has a fixed number of decimals and may be any small number: "0.0000", not "0", "0.0" or "0.0000e+00"."""
    return re.fullmatch(r"[-+]?0?\.0{2,7}", text.strip()) is not None


def nothing_found(name: str, names: Sequence[str] = ()) -> DiagnosisError:
    """Make the error for a source without metrics, which lists the names that were seen."""
    seen = ", ".join(names[:MOST_SHOWN]) or "nothing that looks like `name: number`"
    return DiagnosisError(
        f"{name} has no loss, reconstruction or KL (it has {seen}); give a training log, a run folder or latents"
    )


def to_facts(table: LogTable, name: str, pixels: int | None = None) -> Facts:
    """Convert a table. Raises DiagnosisError if it has nothing that a rule can use."""
    chosen, columns, ignored = _choose(table.names())
    rows = [row for row in _rows(table.lines, chosen) if row.train or row.validation]
    accuracies = _last_values(table.lines, "accuracy")
    if not rows and not accuracies and table.code is None:
        raise nothing_found(name, table.names())
    notes = [*table.notes]
    if ignored:
        more = f" and {len(ignored) - MOST_SHOWN} more" if len(ignored) > MOST_SHOWN else ""
        notes.append(f"ignored columns: {', '.join(ignored[:MOST_SHOWN])}{more}")
    if _negate_negative_kl(rows):
        notes.append("the KL is logged with the opposite sign; its absolute value is used")
    return Facts(
        source=f"{name}: {table.kind}, {_count(rows)}",
        rows=tuple(rows),
        columns=tuple(columns),
        unread=tuple(notes),
        accuracies=accuracies,
        silhouettes=tuple(_last_values(table.lines, "silhouette")),
        bernoulli_columns=tuple(
            column
            for column in table.names()
            if re.search(r"bce|binary_?cross_?entropy", column, re.IGNORECASE)
        ),
        steps=table.steps,
        pixels=pixels,
        code=table.code,
    )


def _count(rows: Sequence[HistoryRow]) -> str:
    """Count the rows: "2 epochs", or "5 rows" if some have no epoch."""
    unit = "epoch" if rows and all(row.place.startswith("epoch") for row in rows) else "row"
    return f"{len(rows)} {unit}{'' if len(rows) == 1 else 's'}"


def _choose(names: Iterable[str]) -> tuple[dict[str, ColumnMeaning], list[tuple[str, str]], list[str]]:
    """Choose the best-named column for each metric. Return them, (name, meaning) of all that are used, and the names that are ignored."""
    known: dict[str, ColumnMeaning] = {}
    ignored = []
    for name in names:
        column = interpret(name)
        if column is None:
            ignored.append(name)
        else:
            known[name] = column
    best: dict[tuple[str, str | None], str] = {}
    for name, column in known.items():
        key = (column.quantity, column.side)
        if key not in best or column.rank < known[best[key]].rank:
            best[key] = name
    chosen = {name: known[name] for name in best.values()}
    used = {
        name: describe(column)
        for name, column in known.items()
        if name in chosen or column.quantity in NOT_METRICS
    }
    ignored += [name for name in known if name not in used]
    positions = ("epoch", "step", "seconds")
    return chosen, [item for item in used.items() if item[1] not in positions], ignored


def _rows(lines: Sequence[Mapping[str, float]], chosen: Mapping[str, ColumnMeaning]) -> list[HistoryRow]:
    """Make one row per epoch or step if they are logged (later values replace earlier ones), otherwise one per line."""
    merged: list[tuple[str, dict[str, float]]] = []
    place, previous = "", float("-inf")
    for number, line in enumerate(lines, 1):
        values = {
            f"{column.side or ''}:{column.quantity}": line[name]
            for name, column in chosen.items()
            if name in line
        }
        positions = [(unit, values[f":{unit}"]) for unit in ("epoch", "step") if f":{unit}" in values]
        if not positions:
            merged.append((f"line {number}", values))
            continue
        unit, value = positions[0]
        if not merged or unit not in place or value != previous:
            place, previous = f"{unit} {value:g}", value
            merged.append((place, {}))
        merged[-1][1].update(values)
    return [_row(place, values) for place, values in merged]


def _row(place: str, values: Mapping[str, float]) -> HistoryRow:
    sides: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
    for key, value in values.items():
        side, _, quantity = key.partition(":")
        if side and quantity not in NOT_METRICS:
            if quantity == "elbo":
                sides[side].setdefault("loss", -value)
            else:
                sides[side][quantity] = value
    return HistoryRow(place, sides["train"], sides["validation"], values.get(":beta"))


def _last_values(lines: Iterable[Mapping[str, float]], quantity: str) -> dict[str, float]:
    """Return the last value of every column of one quantity."""
    last: dict[str, float] = {}
    for line in lines:
        for name, value in line.items():
            column = interpret(name)
            if column is not None and column.quantity == quantity:
                last[name] = value
    return last


def _negate_negative_kl(rows: Sequence[HistoryRow]) -> bool:
    """Negate, in place, a KL that is never positive: some code logs -KL. Return whether that was so."""
    values = [
        side["kl"]
        for row in rows
        for side in (row.train, row.validation)
        if math.isfinite(side.get("kl", math.nan))
    ]
    if not values or max(values) > 0 or min(values) == 0:
        return False
    for row in rows:
        for side in (row.train, row.validation):
            if "kl" in side:
                side["kl"] = -side["kl"]  # type: ignore[index]  # a dict made by `_row`
    return True
