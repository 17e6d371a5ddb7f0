"""The course of a training, as the history of its run tells it: figures by epoch, and what was found when."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError, PictureError
from latentkit.formats import history
from latentkit.formats.run import read_record

__all__ = ["SERIES", "Course", "Event", "Series", "course", "courses"]

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Series:
    """One figure of a training: its name in the history, its title, its unit, and the side that has no such figure."""

    name: str
    title: str
    unit: str
    sides: tuple[str, ...] = ("train", "validation")


SERIES = (
    Series("loss", "Loss", "nats per image"),
    Series("reconstruction", "Reconstruction", "nats per image"),
    Series("kl", "KL", "nats per image"),
    Series("r2", "R2", "0 mean image, 1 perfect"),
    Series("active_units", "Active units", "latent dimensions", ("validation",)),
    Series("lr", "Learning rate", "", ("",)),
)


@dataclass(frozen=True)
class Event:
    """A finding: when it was made, in epochs, and what it is. Its texts are as the file has them."""

    epoch: float
    id: str
    title: str
    severity: str


@dataclass(frozen=True)
class Course:
    """A run's name; epochs (V,) of its validations, which need not be whole; figures (V,) by (side, name), NaN where
    there is none; its findings in their order; and the epoch of its best weights."""

    name: str
    epochs: NDArray[np.float64]
    figures: Mapping[tuple[str, str], NDArray[np.float64]]
    events: tuple[Event, ...]
    best: float | None


def courses(runs: Sequence[str]) -> list[Course]:
    """The course of each run, under names that differ: those of the folders, or the whole paths."""
    names = [Path(run).resolve().name for run in runs]
    return [
        course(Path(run), name if names.count(name) == 1 else run)
        for run, name in zip(runs, names, strict=True)
    ]


def course(run: Path, name: str) -> Course:
    """The course of a run. Raises FormatError for a folder that is no run or a figure that is no number, and
    PictureError where there is no validation yet."""
    record = read_record(run)
    path = run / "history.jsonl"
    lines = history.read(path)
    validations = [line for line in lines if "validation" in line]
    if not validations:
        raise PictureError(f"{run} has no validation yet, so there is no curve to draw: wait for its first")
    steps = _steps_per_epoch(record, run)
    figures = {
        (side, series.name): np.array([_number(path, line, side, series.name) for line in validations])
        for series in SERIES
        for side in series.sides
    }
    events = tuple(_event(path, line, steps) for line in lines if "finding" in line)
    best = record.get("best")
    at = best.get("step") if isinstance(best, dict) else None
    epochs = np.array([line["step"] for line in validations]) / steps
    return Course(name, epochs, figures, events, at / steps if isinstance(at, int) else None)


def _steps_per_epoch(record: Mapping[str, Any], run: Path) -> int:
    images, batch = record["images"].get("train"), record["options"].get("batch")
    if not (isinstance(images, int) and isinstance(batch, int) and min(images, batch) > 0):
        raise FormatError(
            f"{run / 'run.json'}: images.train is {images!r} and options.batch {batch!r}; restore it or train the run anew"
        )
    return math.ceil(images / batch)


def _number(path: Path, line: Mapping[str, Any], side: str, name: str) -> float:
    place = line.get(side) if side else line
    value = place.get(name) if isinstance(place, dict) else None
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        key = f"{side}.{name}" if side else name
        raise FormatError(
            f"{path}: {key} at step {line['step']} is {str(value)[:40]!r}, no number; remove the line"
        )
    return float(value)


def _event(path: Path, line: Mapping[str, Any], steps: int) -> Event:
    finding = line["finding"]
    texts = [finding.get(key) if isinstance(finding, dict) else None for key in ("id", "title", "severity")]
    if not all(isinstance(text, str) for text in texts) or texts[2] not in SEVERITIES:
        raise FormatError(
            f"{path}: the finding at step {line['step']} lacks id, title or a severity of {', '.join(SEVERITIES)}; "
            "remove the line"
        )
    return Event(line["step"] / steps, *map(str, texts))
