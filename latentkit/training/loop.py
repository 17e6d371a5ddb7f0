"""The training loop: it takes batches and yields events. It writes nothing.

What it does next depends only on its position. The order of the images is a function of (seed, epoch), noise and
augmentation are functions of (seed, step), so a resumed run equals an uninterrupted one.
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
from latentkit.training.metrics import Metrics, RunningMeans, evaluate, pool, variance
from latentkit.training.options import Options
from latentkit.training.schedule import Schedule, after_validation, beta_at, start

__all__ = ["Event", "Loop", "Position", "Stepped", "Stopped", "Validated", "batches_per_epoch"]

SYNC_EVERY = 16
"""Steps between two reads of the losses: an accelerator would have to wait at each of them."""


@dataclass
class Position:
    """The state of training between two steps, apart from the state of the model."""

    schedule: Schedule
    step: int = 0
    """Number of updates so far."""
    seconds: float = 0.0
    """Time spent in training so far, including validation."""
    running: RunningMeans = field(default_factory=RunningMeans)
    best: dict[str, Any] = field(default_factory=dict)
    """The entries of run.json about the best validation so far."""

    def to_json(self) -> dict[str, Any]:
        """Return what last.safetensors stores."""
        stored = asdict(self)
        stored["sums"] = stored.pop("running")
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Position":
        """Return the position that last.safetensors stores."""
        return cls(
            Schedule(**stored["schedule"]),
            stored["step"],
            stored["seconds"],
            RunningMeans(**stored["sums"]),
            stored["best"],
        )

    @classmethod
    def beginning(cls, options: Options, steps: int) -> "Position":
        """Return the position before the first step."""
        return cls(start(options, steps))


@dataclass(frozen=True)
class Stepped:
    """An update is done, and the validation after it if one was due; the position is between two steps."""

    step: int
    images: int


@dataclass(frozen=True)
class Validated:
    """The whole validation set was evaluated."""

    record: dict[str, Any]
    """A line of history.jsonl."""
    metrics: Metrics
    improved: bool
    mu: NDArray[np.float32]
    """(N, latent): the posterior mean of each validation image."""


@dataclass(frozen=True)
class Stopped:
    """Training is complete; always the last event."""

    early: bool
    """Whether patience ended it before the last epoch."""


Event = Stepped | Validated | Stopped


def batches_per_epoch(images: int, batch: int) -> int:
    """Return the number of batches in an epoch; the last one may be smaller."""
    return math.ceil(images / batch)


class Loop:
    """Trains a model from `position` on, and keeps that up to date.

    Model and position can be saved at every `Stepped`, after `sync`. In a group, every process runs the same loop, and
    takes its share of each batch.
    """

    def __init__(
        self,
        model: Model,
        data: Data,
        options: Options,
        objective: Objective,
        position: Position,
        group: Group | None = None,
    ) -> None:
        self.model, self.position = model, position
        self._group = group
        self._options, self._objective = options, objective
        self._data = _staged(data, model) if options.augment == "none" else data
        self._per_epoch = batches_per_epoch(len(data.training), options.batch)
        self._every = options.validate_every or self._per_epoch
        self._pixels = math.prod(data.training.pixels.shape[1:])
        self._variance, self._validation_variance = variance(data.training), variance(data.validation)
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, np.int64))
        self._pending: list[tuple[Losses, int]] = []
        self._marked = time.perf_counter()

    def events(self, stop_requested: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Train to the end of the last epoch, or until patience runs out; return without `Stopped` if `stop_requested`.

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
            if stop_requested():
                self.sync()
                return
        yield Stopped(early=position.step < last)

    def _step(self) -> Stepped:
        position, options = self.position, self._options
        rows = self._rows(position.step)
        mine = share(len(rows), self._group)
        batch = _batch(self._data.training.take(rows[mine]), options, position.step, mine, len(rows))
        following = self._rows(position.step + 1)
        self._data.training.prefetch(following[share(len(following), self._group)])
        beta = beta_at(position.step, options.beta, position.schedule.warmup)
        losses = self.model.step(batch, learning_rate=position.schedule.lr, beta=beta)
        self._pending.append((losses, len(rows)))
        position.step += 1
        if len(self._pending) >= SYNC_EVERY:
            self.sync()
        return Stepped(position.step, len(rows))

    def _rows(self, step: int) -> NDArray[np.int64]:
        """Return which images a step sees."""
        epoch, index = divmod(step, self._per_epoch)
        if self._order[0] != epoch:
            shuffled = generator(self._options.seed, "order", epoch).permutation(len(self._data.training))
            self._order = epoch, shuffled
        return self._order[1][index * self._options.batch : (index + 1) * self._options.batch]

    def sync(self) -> None:
        """Read the losses of the steps since the last call, and the time, so that `position` is up to date.

        Raises TrainingError naming the first step whose loss is not finite.
        """
        first = self.position.step - len(self._pending) + 1
        for step, (losses, images) in enumerate(self._pending, first):
            if not math.isfinite(float(losses.loss)):
                raise TrainingError(_not_finite("training loss", step))
            self.position.running.add(losses, images)
        self._pending.clear()
        now = time.perf_counter()
        self.position.seconds += now - self._marked
        self.position.running.seconds += now - self._marked
        self._marked = now

    def _validate(self) -> Validated:
        """Evaluate the whole validation set.

        A final, off-schedule validation does not update the plateau or patience counters, nor the running means, so
        that the run can be extended.
        """
        self.sync()
        position, options, running = self.position, self._options, self.position.running
        evaluations = list(
            evaluate(
                self.model, self._data.validation, options.latent, options.batch, options.seed, self._group
            )
        )
        metrics = pool(
            evaluations,
            self._objective,
            pixels=self._pixels,
            pixel_variance=self._validation_variance,
            beta=options.beta,
        )
        if not math.isfinite(metrics.loss):
            raise TrainingError(_not_finite("validation loss", position.step))
        record = {
            "epoch": math.ceil(position.step / self._per_epoch),
            "step": position.step,
            "lr": position.schedule.lr,
            "beta": beta_at(position.step - 1, options.beta, position.schedule.warmup),
            "seconds": round(position.seconds, 3),
            "images_per_second": round(running.images / max(running.seconds, 1e-9), 1),
            "train": running.summary(self._pixels, self._variance),
            "validation": metrics.summary(),
        }
        before, on_schedule = position.schedule.best, position.step % self._every == 0
        improved = before is None or metrics.loss < before
        if improved:
            position.best = _best(record, metrics)
        position.schedule = after_validation(
            position.schedule, metrics.loss, position.step, options, counted=on_schedule
        )
        after = RunningMeans() if on_schedule else replace(running)
        self.sync()
        position.running = after
        mu = np.concatenate([evaluation.mu for evaluation in evaluations])
        return Validated(record, metrics, improved, mu)


def _staged(data: Data, model: Model) -> Data:
    """Move the images to where the model computes, if it supports that; both sides often share their pixels."""
    if not isinstance(model, Stager):
        return data
    staged: dict[int, Any] = {}
    for side in (data.training, data.validation):
        if id(side.pixels) not in staged:
            staged[id(side.pixels)] = model.stage(side.pixels)
    if any(pixels is None for pixels in staged.values()):
        return data
    training, validation = (
        replace(side, pixels=staged[id(side.pixels)]) for side in (data.training, data.validation)
    )
    return replace(data, training=training, validation=validation)


def _batch(clean: NDArray[np.uint8], options: Options, step: int, share: slice, total: int) -> Batch:
    """Return the batch of a step: the clean images are its targets, and its inputs unless they are augmented.

    `clean` is a share of a batch of `total` images; noise and augmentation are drawn for all of them.
    """
    noise = generator(options.seed, "noise", step).standard_normal((total, options.latent), np.float32)[share]
    if options.augment != "denoise":
        return Batch(clean, clean, noise)
    augmentation = generator(options.seed, "augment", step)
    augmentation.uniform(size=(share.start, 4))  # skip the numbers of the images before this share
    return Batch(denoise(clean, augmentation), clean, noise)


def _best(record: dict[str, Any], metrics: Metrics) -> dict[str, Any]:
    """Return the entries of run.json about the best weights: their step, and their validation metrics."""
    place = {key: record[key] for key in ("step", "epoch")}
    return {"best": place | {"loss": metrics.loss}, "validation": asdict(metrics)}


def _not_finite(name: str, step: int) -> str:
    return (
        f"the {name} is not finite at step {step}: the best weights before it are saved; "
        "train again with --overwrite and a lower --lr, or with --clip 1"
    )
