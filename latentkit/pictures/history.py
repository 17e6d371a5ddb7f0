"""The history of a training run as series to plot: metrics by epoch, and the findings made on the way."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import FormatError, PictureError
from latentkit.formats.history import Finding, History, Validation
from latentkit.run import Run, open_run

__all__ = [
    "METRICS",
    "PANELS",
    "Event",
    "Metric",
    "RunHistory",
    "from_history",
    "from_run",
    "read_histories",
    "read_run_history",
]


@dataclass(frozen=True)
class Metric:
    """A metric of a training run: its name in the history, its title and unit, and the sides that record it."""

    name: str
    title: str
    unit: str
    sides: tuple[str, ...] = ("train", "validation")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("loss", "Loss", "nats per image"),
        Metric("reconstruction", "Reconstruction", "nats per image"),
        Metric("mse", "Squared error", "per pixel"),
        Metric("kl", "KL", "nats per image"),
        Metric("r2", "R2", "0: mean image, 1: perfect"),
        Metric("active_units", "Active units", "latent dimensions", ("validation",)),
        Metric("lr", "Learning rate", "", ("",)),
    )
}
PANELS = tuple(metric for metric in METRICS.values() if metric.name != "mse")
"""Metrics of a figure, a panel each; the squared error would only repeat the reconstruction."""


@dataclass(frozen=True)
class Event:
    """A finding at its epoch. Its texts are those of the file and may be anything."""

    epoch: float
    id: str
    title: str
    severity: str


@dataclass(frozen=True)
class RunHistory:
    """The series of a run.

    `epochs` (V,) are those of its validations and need not be whole numbers; `values` (V,) by (side, name) are NaN
    where missing; `best` is the epoch of the best weights.
    """

    name: str
    epochs: NDArray[np.float64]
    values: Mapping[tuple[str, str], NDArray[np.float64]]
    events: tuple[Event, ...]
    best: float | None


def read_histories(runs: Sequence[str]) -> list[RunHistory]:
    """Read the history of each run folder, named after the folder, or by its path if two folders share a name."""
    names = [Path(run).resolve().name for run in runs]
    return [
        read_run_history(open_run(Path(run)), name if names.count(name) == 1 else run)
        for run, name in zip(runs, names, strict=True)
    ]


def read_run_history(run: Run, name: str) -> RunHistory:
    """Read the history of a run.

    Raises FormatError for a history that is corrupt, and PictureError before the first validation.
    """
    history = from_run(run, name)
    if not len(history.epochs):
        raise PictureError(
            f"{run.path} has no validation yet, so there is no curve to draw: wait for the first one"
        )
    return history


def from_run(run: Run, name: str) -> RunHistory:
    """Return the series of a run, which are empty before its first validation; raises FormatError if corrupt."""
    steps = _steps_per_epoch(run.record, run.path)
    best = run.record.get("best")
    best_step = best.get("step") if isinstance(best, dict) else None
    return from_history(run.history, name, steps, best_step if isinstance(best_step, int) else None)


def from_history(
    history: History, name: str, steps_per_epoch: int, best_step: int | None = None
) -> RunHistory:
    """Return the series of a history; raises FormatError if it is corrupt."""
    validations = history.validations
    return RunHistory(
        name,
        np.array([validation.step for validation in validations], np.float64) / steps_per_epoch,
        {
            (side, metric.name): np.array([_value(each, side, metric.name) for each in validations])
            for metric in METRICS.values()
            for side in metric.sides
        },
        tuple(_event(finding, steps_per_epoch) for finding in history.findings),
        None if best_step is None else best_step / steps_per_epoch,
    )


def _value(validation: Validation, side: str, name: str) -> float:
    if side == "":
        return math.nan if validation.lr is None else validation.lr
    return (validation.train if side == "train" else validation.validation).get(name, math.nan)


def _event(finding: Finding, steps_per_epoch: int) -> Event:
    return Event(finding.step / steps_per_epoch, finding.id, finding.title, finding.severity)


def _steps_per_epoch(record: Mapping[str, Any], run: Path) -> int:
    images, batch = record["images"].get("train"), record["options"].get("batch")
    if not (isinstance(images, int) and isinstance(batch, int) and min(images, batch) > 0):
        raise FormatError(
            f"{run / 'run.json'}: images.train is {images!r} and options.batch is {batch!r}, and both must be "
            "positive integers; restore the file or train the run again"
        )
    return math.ceil(images / batch)
