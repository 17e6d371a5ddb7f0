"""Convert the table of a log to `Facts`: choose a column for each metric, and pair training and validation into rows.

Names that are not understood are listed in the notes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from latentkit.diagnosis.facts import Facts, Side
from latentkit.diagnosis.readers.columns import ColumnMeaning, describe, interpret
from latentkit.diagnosis.readers.gaps import drop_gaps, drop_validation_that_never_ran
from latentkit.diagnosis.readers.rows import Values, make_rows, negate_kl, negate_or_keep_elbo
from latentkit.diagnosis.readers.table import RUNS, LogTable, several_runs
from latentkit.errors import DiagnosisError

__all__ = ["nothing_found", "to_facts"]

MOST_SHOWN = 12
NOT_METRICS = ("accuracy", "silhouette")
"""Known columns that are judged by their names, not by their values."""
POSITIONS = ("epoch", "step", "seconds", "index")
UNDERSTOOD = (
    "lines such as `epoch 1 loss: 3.5 val_loss: 3.6`, progress bars, CSV or JSON with columns such as loss, val_loss and kl, "
    "TensorBoard events, and latents"
)


def nothing_found(
    name: str, names: Sequence[str] = (), first_line: str = "", notes: Sequence[str] = ()
) -> DiagnosisError:
    """Make the error for a source without metrics, which says what was seen and what is understood."""
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    seen = (", ".join(names[:MOST_SHOWN]) + more) or "nothing that looks like `name: number`"
    more = "".join(f"; {note}" for note in notes[:3])
    first = f"; its first line is {first_line.strip()[:80]!r}" if first_line.strip() else ""
    return DiagnosisError(
        f"{name} has no loss, reconstruction or KL (it has {seen}){more}{first}; give a training log, a run folder or latents: "
        f"{UNDERSTOOD} are read"
    )


def to_facts(table: LogTable, name: str, pixels: int | None = None, first_line: str = "") -> Facts:
    """Convert a table. Raises DiagnosisError if it has nothing that a rule can use, or mixes several runs."""
    if table.refusal is not None:
        raise DiagnosisError(f"{name} {table.refusal}")
    for key in table.names():
        runs = (
            list(dict.fromkeys(f"{line[key]:g}" for line in table.lines if key in line))
            if key.lower() in RUNS
            else []
        )
        if len(runs) > 1:
            raise DiagnosisError(f"{name} {several_runs([f'{key} {run}' for run in runs])}")
    notes = [*table.notes]
    lines = _name_value_column(table.lines, name)
    unvalidated = None
    if table.nan_is_empty:
        lines = drop_gaps(lines)
        lines, unvalidated = drop_validation_that_never_ran(lines)
    counts = Counter(key for line in lines for key in line)
    chosen, columns, ignored = _choose(counts)
    rows, counted = make_rows(lines, chosen)
    accuracies = _last_values(lines, "accuracy")
    if not rows and not accuracies and table.code is None:
        raise nothing_found(name, list(counts), first_line, table.notes)
    if counted:
        notes.append("no epoch is printed: a new one is counted where the training metrics repeat")
    if ignored:
        more = f" and {len(ignored) - MOST_SHOWN} more" if len(ignored) > MOST_SHOWN else ""
        notes.append(f"ignored columns: {', '.join(ignored[:MOST_SHOWN])}{more}")
    if (reading := negate_or_keep_elbo(rows)) is not None:
        notes.append(reading)
    if negate_kl(rows):
        notes.append("the KL is logged with the opposite sign; its absolute value is used")
    return Facts(
        source=f"{name}: {table.kind}, {_count(rows)}",
        rows=tuple(row.finished() for row in rows),
        framework=table.framework,
        unvalidated=unvalidated,
        names=_names(chosen),
        columns=tuple(columns),
        unread=tuple(notes),
        accuracies=accuracies,
        silhouettes=tuple(_last_values(lines, "silhouette")),
        bernoulli_columns=tuple(
            column for column in counts if re.search(r"bce|binary_?cross_?entropy", column, re.IGNORECASE)
        ),
        score_columns=tuple(
            column
            for column in counts
            if re.search(r"dice|iou|jaccard|ssim|cosine|tversky", column, re.IGNORECASE)
        ),
        steps=table.steps,
        pixels=pixels,
        code=table.code,
    )


def _name_value_column(lines: Sequence[Mapping[str, float]], file: str) -> Sequence[Mapping[str, float]]:
    """Name the column "Value" of a TensorBoard or MLflow download after the tag, which is in the name of the file."""
    names = {name.strip().lower() for line in lines for name in line}
    if not names or not {"value"} < names <= {"wall time", "step", "value", "timestamp", "epoch"}:
        return lines
    stem = PurePath(file).stem
    before, _, tag = stem.rpartition("tag-")
    side = next(
        (word for word in (interpret(part) for part in re.split(r"[_\W]+", before)) if word is not None), None
    )
    tag = tag if side is None or side.side is None else f"{side.side}_{tag}"
    return [
        {(tag if name.strip().lower() == "value" else name): value for name, value in line.items()}
        for line in lines
    ]


def _count(rows: Sequence[Values]) -> str:
    """Count the rows: "2 epochs", or "5 rows" if some have no epoch."""
    unit = "epoch" if rows and all(row.place.startswith("epoch") for row in rows) else "row"
    return f"{len(rows)} {unit}{'' if len(rows) == 1 else 's'}"


def _names(chosen: Mapping[str, ColumnMeaning]) -> dict[tuple[Side, str], str]:
    return {
        (column.side, column.quantity): name
        for name, column in chosen.items()
        if column.side is not None and column.quantity != "output"
    }


def _choose(
    counts: Mapping[str, int],
) -> tuple[dict[str, ColumnMeaning], list[tuple[str, str]], list[str]]:
    """Choose the best-named column for each metric. Return them, (name, meaning) of all that are used, and the names that are ignored."""
    known = {name: column for name in counts if (column := interpret(name)) is not None}
    ignored = [name for name in counts if name not in known]
    best: dict[tuple[str, str | None], str] = {}
    for name, column in known.items():
        key = (column.quantity, column.side)
        rank = _rank(name, known, counts)
        if column.quantity != "output" and (key not in best or rank < _rank(best[key], known, counts)):
            best[key] = name
    chosen = {name: known[name] for name in best.values()}
    chosen |= {
        name: column for name, column in known.items() if column.quantity in ("output", "epoch", "step")
    }
    chosen = _promote(chosen)
    used = {
        name: describe(chosen.get(name, column))
        for name, column in known.items()
        if name in chosen or column.quantity in NOT_METRICS
    }
    ignored += [
        name for name, column in known.items() if name not in used and column.quantity not in POSITIONS
    ]
    positions = {name for name, column in known.items() if column.quantity in POSITIONS}
    return chosen, [item for item in used.items() if item[0] not in positions], ignored


def _rank(name: str, known: Mapping[str, ColumnMeaning], counts: Mapping[str, int]) -> tuple[bool, int]:
    """Rank a column among those of the same metric. A number that is printed once is no series if another is."""
    column = known[name]
    others = max(counts[other] for other in known if known[other][:2] == column[:2])
    return counts[name] == 1 and others > 1, column.rank


def _promote(chosen: Mapping[str, ColumnMeaning]) -> dict[str, ColumnMeaning]:
    """Take the only loss of a log for its loss whatever it is called, and bare sides ("train: 0.9 val: 1.1") for losses."""
    result = dict(chosen)
    quantities = {column.quantity for column in chosen.values()}
    whole = {"loss", "elbo", "reconstruction", "mse", "kl"} & quantities
    bare = {name: column for name, column in chosen.items() if column.quantity == "unnamed"}
    for name in bare:
        if whole or len(bare) < 2:
            del result[name]
        else:
            result[name] = result[name]._replace(quantity="loss")
    for side in ("train", "validation"):
        outputs = [name for name, column in chosen.items() if column[:2] == ("output", side)]
        if not whole and not bare and len(outputs) == 1:
            result[outputs[0]] = result[outputs[0]]._replace(quantity="loss")
    return result


def _last_values(lines: Iterable[Mapping[str, float]], quantity: str) -> dict[str, float]:
    """Return the last value of every column of one quantity."""
    last: dict[str, float] = {}
    for line in lines:
        for name, value in line.items():
            column = interpret(name)
            if column is not None and column.quantity == quantity:
                last[name] = value
    return last
