"""Validations as rows of a table: of the metrics, as many columns as the width allows."""

from collections.abc import Callable
from typing import NamedTuple

from latentkit.training.loop import Validated

__all__ = ["best_note", "duration", "header", "number", "row", "sentence"]

GAP = "  "
BEST = "best"
"""The mark of a validation that is better than all before it."""


class _Entry(NamedTuple):
    event: Validated
    epochs: int
    seconds_left: float | None


class _Column(NamedTuple):
    width: int
    text: Callable[[_Entry], str]


def number(value: float) -> str:
    """Return a loss in six digits."""
    text = f"{value:#.6g}" if abs(value) < 1e6 else f"{value:.4g}"
    return text.rstrip(".")


def _r2(entry: _Entry) -> str:
    r2 = entry.event.metrics.r2
    return "-" if r2 is None else f"{r2:.3f}" if r2 > -10 else f"{r2:.2g}"


def _kl(entry: _Entry) -> str:
    kl = entry.event.metrics.kl
    return f"{kl:.2f}" if kl < 9999 else f"{kl:.2g}"


def _active(entry: _Entry) -> str:
    metrics = entry.event.metrics
    return f"{metrics.active_units}/{len(metrics.kl_per_dim)}"


COLUMNS = {
    "epoch": _Column(7, lambda entry: f"{entry.event.record['epoch']}/{entry.epochs}"),
    "loss": _Column(10, lambda entry: number(entry.event.metrics.loss)),
    "bits/dim": _Column(8, lambda entry: f"{entry.event.metrics.bits_per_dim:.3f}"),
    "R2": _Column(6, _r2),
    "KL": _Column(7, _kl),
    "active": _Column(7, _active),
    "lr": _Column(7, lambda entry: f"{entry.event.record['lr']:.2g}"),
    "left": _Column(7, lambda entry: "-" if entry.seconds_left is None else duration(entry.seconds_left)),
    "images/s": _Column(8, lambda entry: f"{entry.event.record['images_per_second']:.0f}"),
}
"""In the order of a row."""
PRIORITY = ("epoch", "loss", "bits/dim", "R2", "left", "KL", "active", "lr", "images/s")
"""The columns that a narrow table omits first are last."""


def header(width: int, *, left: bool) -> str:
    """Return the names of the columns; `left` tells whether the table has the time left."""
    return GAP.join(f"{name:>{COLUMNS[name].width}}" for name in _columns(width, left=left))


def row(event: Validated, epochs: int, seconds_left: float | None, width: int, *, left: bool) -> str:
    """Return the row of a validation, in at most `width` columns unless that is too few for the loss."""
    entry = _Entry(event, epochs, seconds_left)
    cells = [f"{COLUMNS[name].text(entry):>{COLUMNS[name].width}}" for name in _columns(width, left=left)]
    return GAP.join([*cells, *([BEST] if event.improved else [])])


def sentence(event: Validated) -> str:
    """Return a validation as a sentence."""
    metrics = event.metrics
    r2 = "" if metrics.r2 is None else f", R2 {metrics.r2:.3f}"
    return (
        f"epoch {event.record['epoch']}, loss {number(metrics.loss)}, {metrics.bits_per_dim:.3f} bits/dim{r2}, "
        f"error/pixel {metrics.mse:.5f}"
    )


def best_note(epoch: int, loss: float) -> str:
    """Return the best validation so far in a few words."""
    return f"best {number(loss)} (epoch {epoch})"


def duration(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _columns(width: int, *, left: bool) -> list[str]:
    """Return the names of the columns that fit, in the order of a row."""
    free = width + len(GAP) - len(GAP + BEST)
    names: list[str] = []
    for name in PRIORITY:
        needed = COLUMNS[name].width + len(GAP)
        if name == "left" and not left:
            continue
        if needed > free and len(names) >= 2:
            break
        names.append(name)
        free -= needed
    return [name for name in COLUMNS if name in names]
