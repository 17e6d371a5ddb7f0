"""Tell the NaNs of a table that stand for metrics that were not computed from those of a training that diverged."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from latentkit.diagnosis.readers.columns import interpret

__all__ = ["drop_gaps", "drop_validation_that_never_ran"]

MOST_COMPARED = 40
"""Columns to compare with each other."""


def drop_gaps(lines: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Remove the NaNs that stand for empty cells.

    A training that diverged stays NaN. So a NaN that is followed by numbers is an empty cell, and so are the
    NaNs at the end if there are no more of them in a row than there were before. NaNs are empty cells too where
    two columns are never numbers in one row: the sides, or steps and epochs, have rows of their own.
    """
    result = [dict(line) for line in lines]
    names = list({name: None for line in lines for name in line})
    finite = {
        name: {at for at, line in enumerate(lines) if not math.isnan(line.get(name, math.nan))}
        for name in names
    }
    metrics = [name for name in names if _side(name) is not None and finite[name]][:MOST_COMPARED]
    for name in names:
        present = [at for at, line in enumerate(lines) if name in line]
        empty = set(present[: _filled(present, finite[name])])
        for other in metrics:
            if name in metrics and not finite[name] & finite[other]:
                empty |= finite[other]
        for at in empty - finite[name]:
            result[at].pop(name, None)
    return result


def _filled(present: Sequence[int], finite: set[int]) -> int:
    """Return the number of cells whose NaNs are followed by numbers, or by too few NaNs to be the end of a training."""
    filled = [at for at, row in enumerate(present) if row in finite]
    if not filled:
        return 0
    longest = max(after - before - 1 for before, after in pairwise([-1, *filled]))
    return len(present) if len(present) - 1 - filled[-1] <= longest else filled[-1]


def drop_validation_that_never_ran(
    lines: Sequence[Mapping[str, float]],
) -> tuple[list[dict[str, float]], str | None]:
    """Remove validation columns that were never numbers beside a training that always was, and explain that."""
    result = [dict(line) for line in lines]
    sides: dict[str, list[float]] = {"train": [], "validation": []}
    names: dict[str, None] = {}
    for line in lines:
        for name, value in line.items():
            if (side := _side(name)) is not None:
                sides[side].append(value)
                if side == "validation":
                    names[name] = None
    if not names or not all(map(math.isnan, sides["validation"])):
        return result, None
    if not sides["train"] or not all(map(math.isfinite, sides["train"])):
        return result, None
    if any(
        {_side(name) for name in line} >= {"validation"} and not any(_side(name) == "train" for name in line)
        for line in lines
    ):
        return result, None  # a line of its own is written by a validation that ran
    for line in result:
        for name in names:
            line.pop(name, None)
    return result, (
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} nan in every row while training always has numbers: no validation was run, "
        "and the columns are empty, as Keras's CSVLogger writes them without validation data; if you did pass validation data, it was NaN from the start"
    )


def _side(name: str) -> str | None:
    meaning = interpret(name)
    return None if meaning is None else meaning.side
