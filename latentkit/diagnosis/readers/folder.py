"""Folders of TensorBoard events: which writers are the sides of one run, and which are different runs.

A writer is a folder. `train` and `val`, or `exp_train` and `exp_eval`, are the sides of one run; a folder that repeats
the tag it holds (`loss_train` with the tag `loss`) is a line of `add_scalars`. Different runs are never merged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from latentkit.diagnosis.readers.columns import interpret, side_of, split_words
from latentkit.diagnosis.readers.table import LogTable
from latentkit.diagnosis.readers.tensorboard import Scalar, framework_of, read_scalars

__all__ = ["natural_order", "read_events"]

MOST_LISTED = 8
_HPARAMS = re.compile(r"\d{9,}(?:\.\d+)?")
"""Folders that `add_hparams` makes, named after the time."""
Key = tuple[str, str, int]
"""Parent folder, name without its side, and the number of the file if later files begin anew."""


@dataclass
class _Run:
    steps: dict[int, dict[str, float]] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)

    def add(self, scalar: Scalar, name: str) -> None:
        self.steps.setdefault(scalar.step, {})[name] = scalar.value

    @property
    def metrics(self) -> bool:
        names = {name for values in self.steps.values() for name in values}
        return any((meaning := interpret(name)) is not None and meaning.side is not None for name in names)


def read_events(files: Sequence[Path], root: Path) -> LogTable:
    """Read the event files below `root` into one table, which is refused if they are several runs."""
    table = LogTable("TensorBoard events")
    frameworks = {framework_of(path.name) for path in files}
    table.framework = next(iter(frameworks)) if len(frameworks) == 1 else None
    runs: dict[Key, _Run] = {}
    folders: dict[str, list[Path]] = {}
    for path in files:
        folders.setdefault(path.parent.relative_to(root).as_posix(), []).append(path)
    contents = {folder: _read_folder(paths, folder, table) for folder, paths in folders.items()}
    for folder, parts in contents.items():
        if _HPARAMS.fullmatch(PurePosixPath(folder).name) and len(contents) > 1:
            continue
        for number, scalars in enumerate(parts):
            _add(runs, folder, number, scalars, set(contents))
    runs = {key: run for key, run in runs.items() if run.metrics} or runs
    if len(runs) > 1:
        table.refusal = _refuse(runs, root)
    for run in runs.values():
        table.lines += [{"step": float(step), **run.steps[step]} for step in sorted(run.steps)]
    return table


def _read_folder(paths: Sequence[Path], folder: str, table: LogTable) -> list[list[Scalar]]:
    """Read the files of one folder. A file that continues another belongs to it; one that begins anew is another run."""
    parts: list[list[Scalar]] = []
    for path in sorted(paths, key=lambda path: natural_order(path.name)):
        with path.open("rb") as stream:
            scalars, records = read_scalars(stream)
        if records:
            table.notes.append(
                f"{folder} is truncated or corrupt after {records} records; the rest is ignored"
            )
        previous = _first_steps(parts[-1]) if parts else {}
        first = _first_steps(scalars)
        if any(tag in previous and step <= previous[tag] for tag, step in first.items()) and _repeats(
            parts[-1], scalars
        ):
            parts.append(scalars)
        elif parts:
            parts[-1] = parts[-1] + scalars
        else:
            parts.append(scalars)
    return parts


def _first_steps(scalars: Sequence[Scalar]) -> dict[str, int]:
    first: dict[str, int] = {}
    for scalar in scalars:
        first[scalar.tag] = min(scalar.step, first.get(scalar.tag, scalar.step))
    return first


def _repeats(before: Sequence[Scalar], after: Sequence[Scalar]) -> bool:
    """Return whether a later file logs a metric that an earlier one has too."""
    tags = {scalar.tag for scalar in before} & {scalar.tag for scalar in after}
    return any((meaning := interpret(tag)) is not None and meaning.side is not None for tag in tags)


def _add(
    runs: dict[Key, _Run], folder: str, number: int, scalars: Sequence[Scalar], folders: set[str]
) -> None:
    path = PurePosixPath(folder)
    side, rest = _side_of(path.name)
    for scalar in scalars:
        plain, folder_name = (re.sub(r"[^A-Za-z0-9]+", "_", text) for text in (scalar.tag, path.name))
        line = re.fullmatch(rf"{re.escape(plain)}_(.+)", folder_name)
        if line is not None and folder != ".":
            key, name = _key(path.parent, number), f"{scalar.tag}/{line[1]}"
        elif side is None:
            key, name = _key(path, number), scalar.tag
        else:
            key = (path.parent.as_posix(), rest, number)
            name = scalar.tag if _has_side(scalar.tag) else f"{side}/{scalar.tag}"
            if not rest and path.parent.as_posix() in folders | {"."}:
                key = _key(path.parent, number)
        run = runs.setdefault(key, _Run())
        run.folders[folder] = None
        run.add(scalar, name)


def _key(path: PurePosixPath, number: int) -> Key:
    """Return the key of a run that has a folder of its own, which may itself be named after a side."""
    side, rest = _side_of(path.name)
    return (
        (path.as_posix(), "", number) if side is None or not rest else (path.parent.as_posix(), rest, number)
    )


def _side_of(name: str) -> tuple[str | None, str]:
    """Return the word for a side that the name of a folder has at its beginning or end, and the rest of the name."""
    words = split_words(name)
    for at in (0, -1):
        if words and side_of(words[at]) is not None:
            word = words.pop(at)
            return word, "_".join(words)
    return None, name


def _has_side(tag: str) -> bool:
    return any(map(side_of, split_words(tag)))


def _refuse(runs: Mapping[Key, _Run], root: Path) -> str:
    names = sorted(
        {parent if not rest else " + ".join(run.folders) for (parent, rest, _), run in runs.items()},
        key=natural_order,
    )
    if len(names) < len(runs):
        return (
            f"has event files of {len(runs)} runs in one folder ({', '.join(names)}); "
            "name the event file of one run, or move the others away"
        )
    listed = ", ".join(names[:MOST_LISTED]) + (
        f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    )
    single = [name for name in names if " + " not in name and name != "."]
    advice = (
        f"name one, such as: latentkit diagnose {root / single[-1]}"
        if single
        else "copy the folders of one run and diagnose those"
    )
    return f"has {len(runs)} runs, which are not merged: {listed}; {advice}"


def natural_order(name: str) -> list[tuple[int, int | str]]:
    """Return a key that sorts version_10 after version_9."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.findall(r"\d{1,18}|\D+", name)]
