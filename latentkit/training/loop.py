"""The loop: batches in, events out. It writes nothing, and what it does next depends only on its position.

The order of the images is a function of (seed, epoch), noise and augmentation of (seed, step): a
run that goes on from a position does what an unbroken one would have done.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import TrainingError
from latentkit.group import share
from latentkit.images.augment import denoise
from latentkit.objective import Objective
from latentkit.protocol import Batch, Group, Losses, Model, Stager
from latentkit.randomness import generator
from latentkit.training.data import Data
from latentkit.training.figures import Figures, Sums, evaluate, pool, variance
from latentkit.training.options import Options
from latentkit.training.schedule import Schedule, after_validation, beta_at, start

__all__ = ["Event", "Loop", "Position", "Stepped", "Stopped", "Validated", "batches_per_epoch"]

FETCH = 16
"""Steps between two looks at the losses, so that an accelerator need not wait at each."""


@dataclass
class Position:
    """Where training stands between two steps, beside the model's own state."""

    schedule: Schedule
    step: int = 0
    """Updates done."""
    seconds: float = 0.0
    """Spent in training so far, validation included."""
    sums: Sums = field(default_factory=Sums)
    best: dict[str, Any] = field(default_factory=dict)
    """What run.json says of the best validation so far."""

    def to_json(self) -> dict[str, Any]:
        """What last.safetensors keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Position":
        """What last.safetensors kept."""
        return cls(
            Schedule(**stored["schedule"]),
            stored["step"],
            stored["seconds"],
            Sums(**stored["sums"]),
            stored["best"],
        )

    @classmethod
    def beginning(cls, options: Options, steps: int) -> "Position":
        """Before the first of so many steps."""
        return cls(start(options, steps))


@dataclass(frozen=True)
class Stepped:
    """An update was done, and the validation after it where one was due: the position is between two steps."""

    step: int
    images: int


@dataclass(frozen=True)
class Validated:
    """The whole validation set was looked at."""

    record: dict[str, Any]
    """A line of history.jsonl."""
    figures: Figures
    improved: bool


@dataclass(frozen=True)
class Stopped:
    """There is nothing more to do; always the last event."""

    early: bool
    """Whether patience ended it rather than the last epoch."""


Event = Stepped | Validated | Stopped


def batches_per_epoch(images: int, batch: int) -> int:
    """The last one may be smaller."""
    return math.ceil(images / batch)


class Loop:
    """One training run: goes on from `position` and keeps it up to date, so that it and the model can be saved at
    every `Stepped`, after `settle`. In a group every process runs the same loop, and takes its share of each batch."""

    def __init__(
        self,
        model: Model,
        data: Data,
        options: Options,
        objective: Objective,
        position: Position,
        group: Group | None = None,
    ) -> None:
        self.position = position
        self._group = group
        self._model, self._options, self._objective = model, options, objective
        self._data = _staged(data, model) if options.augment == "none" else data
        self._per_epoch = batches_per_epoch(len(data.training), options.batch)
        self._every = options.validate_every or self._per_epoch
        self._pixels = math.prod(data.training.pixels.shape[1:])
        self._variance, self._validation_variance = variance(data.training), variance(data.validation)
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, np.int64))
        self._pending: list[tuple[Losses, int]] = []
        self._marked = time.perf_counter()

    def events(self, asked_to_stop: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """To the end of the last epoch, or of patience; returns without `Stopped` when `asked_to_stop`.

        Raises TrainingError naming the first step whose loss is not finite.
        """
        position, options = self.position, self._options
        last = options.epochs * self._per_epoch
        self._marked = time.perf_counter()
        while position.step < last and not position.schedule.is_over(options):
            stepped = self._step()
            if position.step % self._every == 0 or position.step == last:
                yield self._validate()
            yield stepped
            if asked_to_stop():
                self.settle()
                return
        yield Stopped(early=position.step < last)

    def _step(self) -> Stepped:
        position, options = self.position, self._options
        rows = self._rows(position.step)
        mine = share(len(rows), self._group)
        batch = _batch(self._data.training.take(rows[mine]), options, position.step, mine, len(rows))
        coming = self._rows(position.step + 1)
        self._data.training.expect(coming[share(len(coming), self._group)])
        beta = beta_at(position.step, options.beta, position.schedule.warmup)
        losses = self._model.step(batch, learning_rate=position.schedule.lr, beta=beta)
        self._pending.append((losses, len(rows)))
        position.step += 1
        if len(self._pending) >= FETCH:
            self.settle()
        return Stepped(position.step, len(rows))

    def _rows(self, step: int) -> NDArray[np.int64]:
        """Which images a step sees."""
        epoch, index = divmod(step, self._per_epoch)
        if self._order[0] != epoch:
            shuffled = generator(self._options.seed, "order", epoch).permutation(len(self._data.training))
            self._order = epoch, shuffled
        return self._order[1][index * self._options.batch : (index + 1) * self._options.batch]

    def settle(self) -> None:
        """Fetch the losses of the steps since the last look, and take the time: now `position` is whole.

        Raises TrainingError naming the first step whose loss is not finite.
        """
        first = self.position.step - len(self._pending) + 1
        for step, (losses, images) in enumerate(self._pending, first):
            if not math.isfinite(float(losses.loss)):
                raise TrainingError(_not_finite("training loss", step))
            self.position.sums.add(losses, images)
        self._pending.clear()
        now = time.perf_counter()
        self.position.seconds += now - self._marked
        self.position.sums.seconds += now - self._marked
        self._marked = now

    def _validate(self) -> Validated:
        """Over the whole set. One that ends a run outside the grid that a longer run would have leaves the plateau,
        the patience and the sums as they are, so that the run can become that longer one."""
        self.settle()
        position, options, sums = self.position, self._options, self.position.sums
        evaluations = evaluate(
            self._model, self._data.validation, options.latent, options.batch, options.seed, self._group
        )
        figures = pool(
            evaluations,
            self._objective,
            pixels=self._pixels,
            pixel_variance=self._validation_variance,
            beta=options.beta,
        )
        if not math.isfinite(figures.loss):
            raise TrainingError(_not_finite("validation loss", position.step))
        record = {
            "epoch": math.ceil(position.step / self._per_epoch),
            "step": position.step,
            "lr": position.schedule.lr,
            "beta": beta_at(position.step - 1, options.beta, position.schedule.warmup),
            "seconds": round(position.seconds, 3),
            "images_per_second": round(sums.images / max(sums.seconds, 1e-9), 1),
            "train": sums.means(self._pixels, self._variance),
            "validation": figures.summary(),
        }
        before, on_grid = position.schedule.best, position.step % self._every == 0
        improved = before is None or figures.loss < before
        if improved:
            position.best = _best(record, figures)
        position.schedule = after_validation(
            position.schedule, figures.loss, position.step, options, counted=on_grid
        )
        trained = Sums() if on_grid else replace(sums)
        self.settle()
        position.sums = trained
        return Validated(record, figures, improved)


def _staged(data: Data, model: Model) -> Data:
    """The same where the model computes, if it wants that; both sides often are rows of the same pixels."""
    if not isinstance(model, Stager):
        return data
    held: dict[int, Any] = {}
    for side in (data.training, data.validation):
        if id(side.pixels) not in held:
            held[id(side.pixels)] = model.stage(side.pixels)
    if any(pixels is None for pixels in held.values()):
        return data
    training, validation = (
        replace(side, pixels=held[id(side.pixels)]) for side in (data.training, data.validation)
    )
    return replace(data, training=training, validation=validation)


def _batch(clean: NDArray[np.uint8], options: Options, step: int, share: slice, whole: int) -> Batch:
    """What a step sees: the images as they are, or moved, with the clean ones as targets.

    They are a share of a whole batch, and so are their noise and movements of what is drawn for it.
    """
    noise = generator(options.seed, "noise", step).standard_normal((whole, options.latent), np.float32)[share]
    if options.augment != "denoise":
        return Batch(clean, clean, noise)
    moving = generator(options.seed, "augment", step)
    moving.uniform(size=(share.start, 4))  # what the images before this share are moved by
    return Batch(denoise(clean, moving), clean, noise)


def _best(record: dict[str, Any], figures: Figures) -> dict[str, Any]:
    """What run.json says of the best weights: their place, and the figures of the whole validation set."""
    place = {key: record[key] for key in ("step", "epoch")}
    return {"best": place | {"loss": figures.loss}, "validation": asdict(figures)}


def _not_finite(what: str, step: int) -> str:
    return (
        f"the {what} is not finite at step {step}: the best weights before it are kept; "
        "start again with --overwrite and a lower --lr, or with --clip 1"
    )
