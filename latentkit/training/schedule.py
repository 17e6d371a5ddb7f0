"""Beta, the learning rate and early stopping, as pure functions of the losses so far.

The losses are validation losses at the target beta, so that warm-up does not look like a rising loss.
Plateau and patience count validations, and only after warm-up.
"""

from dataclasses import dataclass, replace

from latentkit.training.options import Options

__all__ = ["MIN_DELTA", "Schedule", "after_validation", "beta_at", "start"]

MIN_DELTA = 1e-4
"""Nats by which the loss must fall to count as an improvement; absolute, because a calibrated loss may be negative."""


@dataclass(frozen=True)
class Schedule:
    """The learning rate, and the counters of plateau and patience."""

    lr: float
    warmup: int
    """Steps over which beta rises; never more than the run had when it began."""
    best: float | None = None
    """The lowest validation loss."""
    best_step: int | None = None
    counted_best: float | None = None
    """The lowest since the end of warm-up, against which plateau and patience measure."""
    stale: int = 0
    """Validations since `counted_best`."""
    waiting: int = 0
    """Validations without improvement since the learning rate was last lowered."""
    cooldown: int = 0
    """Validations until `waiting` counts again."""

    def is_over(self, options: Options) -> bool:
        """Return whether to stop early."""
        return self.stale >= options.patience


def start(options: Options, steps: int) -> Schedule:
    """Return the schedule at the beginning of a run; warm-up ends before the last of its steps."""
    return Schedule(options.lr, min(options.warmup, steps - 1))


def beta_at(step: int, beta: float, warmup: int) -> float:
    """Return the weight of the KL at a step (0, 1, ...): it rises linearly, and equals `beta` from step `warmup` on."""
    return beta if step >= warmup else beta * (step + 1) / (warmup + 1)


def after_validation(
    schedule: Schedule, loss: float, step: int, options: Options, *, counted: bool = True
) -> Schedule:
    """Return the schedule after a validation that follows `step` updates.

    The learning rate falls like that of Keras's ReduceLROnPlateau: after `plateau_patience` validations without
    improvement, then not again for `plateau_cooldown` validations. A validation that is not `counted` only updates
    the best loss.
    """
    if schedule.best is None or loss < schedule.best:
        schedule = replace(schedule, best=loss, best_step=step)
    if step <= schedule.warmup or not counted:
        return schedule
    lr, waiting, cooldown = schedule.lr, schedule.waiting, schedule.cooldown
    cooldown = max(0, cooldown - 1)
    if schedule.counted_best is None or loss < schedule.counted_best - MIN_DELTA:
        return replace(schedule, counted_best=loss, stale=0, waiting=0, cooldown=cooldown)
    if not cooldown:
        waiting += 1
    if waiting >= options.plateau_patience and lr > options.min_lr:
        lr, waiting, cooldown = max(lr * options.plateau_factor, options.min_lr), 0, options.plateau_cooldown
    return replace(schedule, lr=lr, stale=schedule.stale + 1, waiting=waiting, cooldown=cooldown)
