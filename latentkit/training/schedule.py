"""What changes as training goes on: beta, the learning rate, and when to stop. Pure functions of the past.

Losses compared here are validation losses at the target beta, so that warm-up does not look like
getting worse; plateau and patience count validations, and only after warm-up.
"""

from dataclasses import dataclass, replace

from latentkit.training.options import Options

__all__ = ["MIN_DELTA", "Schedule", "after_validation", "beta_at", "start"]

MIN_DELTA = 1e-4
"""Nats by which a loss must fall to count as better; absolute, as a calibrated loss is healthily negative."""


@dataclass(frozen=True)
class Schedule:
    """Where the learning rate, the plateau and the patience stand."""

    lr: float
    warmup: int
    """Steps over which beta rises; never longer than the run was when it began."""
    best: float | None = None
    """The lowest validation loss."""
    best_step: int | None = None
    counted_best: float | None = None
    """The lowest since warm-up ended, which plateau and patience measure against."""
    stale: int = 0
    """Validations since then without a better one."""
    waiting: int = 0
    """The same, since the learning rate last fell."""
    cooldown: int = 0

    def is_over(self, options: Options) -> bool:
        """Whether patience is used up."""
        return self.stale >= options.patience


def start(options: Options, steps: int) -> Schedule:
    """The schedule before the first of so many steps; the last of them is at the target beta at the latest."""
    return Schedule(options.lr, min(options.warmup, steps - 1))


def beta_at(step: int, beta: float, warmup: int) -> float:
    """The weight of the KL in step 0, 1, ...: linear, and exactly the target `beta` from step `warmup` on."""
    return beta if step >= warmup else beta * (step + 1) / (warmup + 1)


def after_validation(
    schedule: Schedule, loss: float, step: int, options: Options, *, counted: bool = True
) -> Schedule:
    """The schedule after a validation that followed `step` updates; plateau and patience heed those `counted`.

    The learning rate falls as Keras's ReduceLROnPlateau has it: after `plateau_patience` validations
    without a better one, then not again for `plateau_cooldown` validations.
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
