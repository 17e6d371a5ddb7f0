"""A log as a table of named numbers. Missing values are absent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from latentkit.diagnosis.facts import Framework, PastedCode
from latentkit.diagnosis.readers.columns import interpret, side_of, split_words

__all__ = ["RUNS", "SIDE_COLUMNS", "LogTable", "parse_number", "rounded_to_zero", "several_runs", "with_side"]


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
    framework: Framework | None = None
    """The framework that wrote the log; None if its format does not tell."""
    nan_is_empty: bool = False
    """True if a NaN may stand for a metric that was not computed."""
    refusal: str | None = None
    """Why this table must not be judged, to follow its name in a message: it mixes several runs."""

    def names(self) -> list[str]:
        """Return every name, in order of appearance."""
        return list({name: None for line in self.lines for name in line})

    def metrics(self) -> list[str]:
        """Return the names that rules can use."""
        known = [(name, column) for name in self.names() if (column := interpret(name)) is not None]
        bare = {column.side for _, column in known if column.quantity == "unnamed"}
        return [
            name
            for name, column in known
            if column.side is not None
            and column.quantity != "silhouette"
            and (column.quantity != "unnamed" or len(bare) == 2)
        ]


RUNS = ("run", "run_id", "run id", "run_uuid", "run name", "run_name", "seed", "trial", "fold", "experiment")
"""Columns that tell runs apart."""
SIDE_COLUMNS = ("phase", "mode", "split", "set", "stage", "subset", "side", "dataset", "partition")
"""Columns whose text says which side a line is of."""


def with_side(values: dict[str, float], side: str | None) -> dict[str, float]:
    """Return values whose metrics are named for a side, unless they have one."""
    if side is None or side_of(side.strip().lower()) is None:
        return values
    result = {}
    for name, value in values.items():
        meaning = interpret(name)
        own = meaning is None or meaning.side is None or any(map(side_of, split_words(name)))
        result[name if own else f"{side.strip().lower()}/{name}"] = value
    return result


def several_runs(runs: Sequence[str]) -> str:
    """Return the refusal of a table of several runs."""
    more = f" and {len(runs) - 6} more" if len(runs) > 6 else ""
    return f"has {len(runs)} runs ({', '.join(runs[:6])}{more}); export one run by itself and diagnose that"


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
