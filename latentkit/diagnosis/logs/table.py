"""A log as a table of named numbers, and what it says as quantities.

What is missing is absent. What is not understood is kept, to be said.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from latentkit.diagnosis.logs.columns import Column, meaning, words
from latentkit.diagnosis.quantities import Code, Quantities, Row
from latentkit.errors import DiagnosisError

__all__ = ["Table", "number", "quantities"]

MOST_SHOWN = 12


@dataclass
class Table:
    """Lines of a log: each a mapping of names to numbers, in order."""

    kind: str
    """In words: "a Keras progress log"."""
    lines: list[dict[str, float]] = field(default_factory=list)
    steps: int | None = None
    code: Code | None = None
    notes: list[str] = field(default_factory=list)
    """What was not understood, or only in part."""


def number(text: str) -> float | None:
    """A number as people and programs write it, NaN and infinities included; None for anything else."""
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
    """Whether a 0 was printed with a fixed number of digits, so that it may be any small number: "0.0000", not "0", "0.0" or "0.0000e+00"."""
    return re.fullmatch(r"[-+]?0?\.0{2,7}", text.strip()) is not None


def quantities(table: Table, name: str, pixels: int | None = None) -> Quantities:
    """What a table says; DiagnosisError where it says nothing that a rule could read."""
    chosen, columns, unread = _chosen(_names(table.lines))
    rows = _rows(table.lines, chosen)
    figures = [row for row in rows if row.train or row.validation]
    accuracies = _last_of(table.lines, "accuracy")
    if not figures and not accuracies and table.code is None:
        seen = ", ".join(list(_names(table.lines))[:MOST_SHOWN]) or "nothing that looks like `name: number`"
        raise DiagnosisError(
            f"{name}: no loss, reconstruction or KL is found in it (it has {seen}): give a training log, a run's folder, or latents"
        )
    told = [*table.notes]
    if unread:
        more = f" and {len(unread) - MOST_SHOWN} more" if len(unread) > MOST_SHOWN else ""
        told.append(f"not used: {', '.join(unread[:MOST_SHOWN])}{more}")
    if _turn_negative_kl(figures):
        told.append("the KL is logged with its sign turned; its size is used")
    epochs = (
        f"{len(figures)} {'epoch' if len(figures) == 1 else 'epochs'}"
        if _counted_in_epochs(figures)
        else f"{len(figures)} places"
    )
    return Quantities(
        source=f"{name}: {table.kind}, {epochs}",
        rows=tuple(figures),
        columns=tuple(columns),
        unread=tuple(told),
        accuracies=accuracies,
        silhouettes=tuple(_last_of(table.lines, "silhouette")),
        bernoulli_columns=tuple(
            column
            for column in _names(table.lines)
            if re.search(r"bce|binary_?cross_?entropy", column, re.IGNORECASE)
        ),
        steps=table.steps,
        pixels=pixels,
        code=table.code,
    )


def _names(lines: Iterable[Mapping[str, float]]) -> dict[str, None]:
    """Every name, in the order of appearance."""
    return {name: None for line in lines for name in line}


def _chosen(names: Iterable[str]) -> tuple[dict[str, Column], list[tuple[str, str]], list[str]]:
    """The column that stands for each figure (the best-named one), all meanings for a person, and what is not used."""
    known: dict[str, Column] = {}
    unread = []
    for name in names:
        column = meaning(name)
        if column is None:
            unread.append(name)
        else:
            known[name] = column
    best: dict[tuple[str, str | None], str] = {}
    for name, column in known.items():
        place = (column.quantity, column.side)
        if place not in best or column.rank < known[best[place]].rank:
            best[place] = name
    chosen = {name: known[name] for name in best.values()}
    several = ("accuracy", "silhouette")
    told = [
        (name, words(column))
        for name, column in known.items()
        if name in chosen or column.quantity in several
    ]
    unread += [name for name in known if name not in dict(told)]
    return chosen, [(name, what) for name, what in told if what not in ("epoch", "step", "seconds")], unread


def _rows(lines: Sequence[Mapping[str, float]], chosen: Mapping[str, Column]) -> list[Row]:
    """A row an epoch, where epochs are told (what comes later replaces what was told before); else a row a line."""
    merged: list[tuple[str, dict[str, float]]] = []
    place, seen = "", float("-inf")
    for at, line in enumerate(lines, 1):
        named = {
            f"{column.side or ''}:{column.quantity}": line[name]
            for name, column in chosen.items()
            if name in line
        }
        told = [(kind, named[f":{kind}"]) for kind in ("epoch", "step") if f":{kind}" in named]
        if not told:
            merged.append((f"line {at}", named))
            continue
        kind, value = told[0]
        if not merged or kind not in place or value != seen:
            place, seen = f"{kind} {value:g}", value
            merged.append((place, {}))
        merged[-1][1].update(named)
    return [_row(place, figures) for place, figures in merged]


def _row(place: str, figures: Mapping[str, float]) -> Row:
    sides: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
    for key, value in figures.items():
        side, _, quantity = key.partition(":")
        if side and quantity not in ("accuracy", "silhouette"):
            if quantity == "elbo":
                sides[side].setdefault("loss", -value)
            else:
                sides[side][quantity] = value
    return Row(place, sides["train"], sides["validation"], figures.get(":beta"))


def _counted_in_epochs(rows: Sequence[Row]) -> bool:
    return bool(rows) and all(row.place.startswith("epoch") for row in rows)


def _last_of(lines: Iterable[Mapping[str, float]], quantity: str) -> dict[str, float]:
    """The last value of every column of a kind."""
    last: dict[str, float] = {}
    for line in lines:
        for name, value in line.items():
            column = meaning(name)
            if column is not None and column.quantity == quantity:
                last[name] = value
    return last


def _turn_negative_kl(rows: Sequence[Row]) -> bool:
    """Some log -KL. A KL is never negative, so a column that always is has its sign turned, here and now."""
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
                side["kl"] = -side["kl"]  # type: ignore[index]  # made here, as a dict
    return True
