"""Beta, learning rate and early stopping, against Keras and a simple implementation."""

from dataclasses import replace

import numpy as np
import pytest

from latentkit.training.options import DEFAULTS
from latentkit.training.schedule import MIN_DELTA, Schedule, after_validation, beta_at, start

STEPS = 200  # of the run, more than any validation here


def losses(seed: int, n: int = 120) -> list[float]:
    """Return losses that fall, stall, repeat and fall again."""
    rng = np.random.default_rng(seed)
    falling = -10 * rng.random() * np.log1p(np.arange(n))
    walk = np.cumsum(rng.choice([0.0, 0.0, -MIN_DELTA / 2, 0.3, -0.3], n))
    return [float(value) for value in falling * rng.choice([0, 0.01, 1]) + walk]


def options(seed: int):
    rng = np.random.default_rng(1000 + seed)
    return replace(
        DEFAULTS,
        lr=float(rng.choice([1e-2, 1e-3])),
        plateau_factor=float(rng.choice([0.1, 0.5, 0.9])),
        plateau_patience=int(rng.integers(1, 6)),
        plateau_cooldown=int(rng.integers(0, 4)),
        min_lr=float(rng.choice([1e-8, 1e-4, 9e-4])),
        patience=int(rng.integers(1, 12)),
    )


def rates(sequence, chosen) -> list[float]:
    """Return the learning rate after each validation."""
    schedule, found = start(chosen, STEPS), []
    for step, loss in enumerate(sequence, 1):
        schedule = after_validation(schedule, loss, step, chosen)
        found.append(schedule.lr)
    return found


def keras_rates(keras, sequence, chosen) -> list[float]:
    """Return the learning rates of keras.callbacks.ReduceLROnPlateau."""
    callback = keras.callbacks.ReduceLROnPlateau(
        "loss",
        factor=chosen.plateau_factor,
        patience=chosen.plateau_patience,
        cooldown=chosen.plateau_cooldown,
        min_lr=chosen.min_lr,
        min_delta=MIN_DELTA,
        mode="min",
    )
    model = keras.Sequential()
    model.optimizer = keras.optimizers.SGD(chosen.lr)
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, loss in enumerate(sequence):
        callback.on_epoch_end(epoch, {"loss": loss})
        found.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate.value)))
    return found


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on TensorFlow
def test_the_learning_rate_equals_that_of_keras(load_backend):
    load_backend("keras")
    import keras

    falls = 0
    for seed in range(25):
        found = rates(losses(seed), options(seed))
        expected = keras_rates(keras, losses(seed), options(seed))
        np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=f"seed {seed}")
        falls += len(set(found)) - 1
    assert falls > 50


@pytest.mark.parametrize("seed", range(25))
def test_the_learning_rate_equals_that_of_a_simple_implementation(seed):
    chosen = options(seed)
    lr, best, wait, cooldown, expected = chosen.lr, np.inf, 0, 0, []
    for loss in losses(seed):
        if cooldown > 0:
            cooldown -= 1
            wait = 0
        if loss < best - MIN_DELTA:
            best, wait = loss, 0
        elif cooldown == 0:
            wait += 1
            if wait >= chosen.plateau_patience and lr > chosen.min_lr:
                lr, wait, cooldown = (
                    max(lr * chosen.plateau_factor, chosen.min_lr),
                    0,
                    chosen.plateau_cooldown,
                )
        expected.append(lr)
    assert rates(losses(seed), chosen) == expected


def test_patience_counts_validations_without_improvement():
    chosen = replace(DEFAULTS, patience=3)
    schedule = start(chosen, STEPS)
    over = []
    for step, loss in enumerate([5.0, 4.0, 4.0, 4.5, 3.9, 4.0, 3.9, 3.9 - MIN_DELTA / 2], 1):
        schedule = after_validation(schedule, loss, step, chosen)
        over.append(schedule.is_over(chosen))
    assert over == [False] * 7 + [True]


def test_a_tiny_improvement_is_the_best_but_does_not_reset_the_counters():
    schedule = after_validation(start(DEFAULTS, STEPS), 1.0, 1, DEFAULTS)
    schedule = after_validation(schedule, 1.0 - MIN_DELTA / 2, 2, DEFAULTS)
    assert (schedule.best, schedule.best_step) == (1.0 - MIN_DELTA / 2, 2)
    assert (schedule.counted_best, schedule.stale) == (1.0, 1)


def test_negative_losses_are_handled_like_positive_ones():
    schedule = after_validation(start(DEFAULTS, STEPS), -1e5, 1, DEFAULTS)
    assert after_validation(schedule, -1e5 - 2 * MIN_DELTA, 2, DEFAULTS).stale == 0
    assert after_validation(schedule, -1e5, 2, DEFAULTS).stale == 1


def test_plateau_and_patience_start_after_warm_up():
    chosen = replace(DEFAULTS, warmup=5, patience=1, plateau_patience=1)
    schedule = start(chosen, STEPS)
    for step in range(1, 6):
        schedule = after_validation(schedule, float(step), step, chosen)
        assert (schedule.stale, schedule.lr, schedule.counted_best) == (0, chosen.lr, None)
    assert (schedule.best, schedule.best_step) == (1.0, 1)
    schedule = after_validation(schedule, 9.0, 6, chosen)
    assert schedule.counted_best == 9.0
    schedule = after_validation(schedule, 9.0, 7, chosen)
    assert schedule.is_over(chosen)
    assert schedule.lr < chosen.lr


def test_an_uncounted_validation_only_updates_the_best():
    before = after_validation(start(DEFAULTS, STEPS), 2.0, 1, DEFAULTS)
    after = after_validation(before, 1.0, 2, DEFAULTS, counted=False)
    assert after == replace(before, best=1.0, best_step=2)


@pytest.mark.parametrize(
    ("warmup", "steps"), [(0, 10), (1, 10), (7, 10), (9, 10), (10, 10), (1000, 10), (5, 1)]
)
@pytest.mark.parametrize("beta", [0.1, 1.0, 4.0])
def test_beta_rises_linearly_and_reaches_the_target_within_the_run(warmup, steps, beta):
    reach = start(replace(DEFAULTS, warmup=warmup), steps).warmup
    assert reach == min(warmup, steps - 1)
    betas = [beta_at(step, beta, reach) for step in range(steps)]
    assert betas[reach:] == [beta] * (steps - reach)
    rise = np.diff([0.0, *betas[: reach + 1]])
    np.testing.assert_allclose(rise, beta / (reach + 1), rtol=1e-12)


def test_beta_zero_stays_zero():
    assert beta_at(0, 0.0, 5) == beta_at(9, 0.0, 5) == 0.0


def test_a_schedule_is_a_value():
    assert start(DEFAULTS, STEPS) == Schedule(lr=DEFAULTS.lr, warmup=0)
