"""The training loop depends on the seed and the step alone."""

import json
from dataclasses import replace

import latentkit_numpy
import numpy as np
import pytest

from latentkit.architecture import conv, initial_weights
from latentkit.errors import TrainingError
from latentkit.images.augment import denoise
from latentkit.objective import Objective
from latentkit.randomness import generator
from latentkit.training.data import divide
from latentkit.training.loop import Loop, Position, Stepped, Stopped, Validated
from latentkit.training.metrics import evaluate
from latentkit.training.options import resolve

SMALL = {"size": 8, "latent": 3, "width": 4, "batch": 8, "epochs": 3, "validation": 0.25}


class RecordingModel:
    """A model of the NumPy backend that records its inputs."""

    def __init__(self, state=None, channels: int = 3, latent: int = 3, side: int = 8) -> None:
        architecture = conv((side, side, channels), latent, 4)
        weights = {f"weights/{name}": value for name, value in initial_weights(architecture, 0).items()}
        self.model = latentkit_numpy.build(architecture, Objective(), state or weights)
        self.steps, self.validations = [], 0

    def step(self, batch, *, learning_rate, beta):
        self.steps.append((batch, learning_rate, beta))
        return self.model.step(batch, learning_rate=learning_rate, beta=beta)

    def evaluate(self, batch):
        self.validations += 1
        return self.model.evaluate(batch)

    def state(self):
        return self.model.state()


def start_loop(images, position=None, state=None, **given):
    """Return a loop over these images, and its model."""
    options = resolve(SMALL | given)
    channels, side = images.pixels.shape[3], images.pixels.shape[1]
    model = RecordingModel(state, channels, options.latent, side)
    position = position or Position.beginning(options, 10**6)
    return Loop(
        model, divide(images, options.validation, options.seed), options, Objective(), position
    ), model


def records(events):
    """Return the record of each validation, without the times."""
    found = [event.record for event in events if isinstance(event, Validated)]
    timeless = ("seconds", "images_per_second")
    return [{key: value for key, value in record.items() if key not in timeless} for record in found]


def assert_same(state, other):
    assert state.keys() == other.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(image_set):
    (one, first), (two, second) = (start_loop(image_set(20)) for _ in range(2))
    assert records(one.events()) == records(two.events())
    assert_same(first.state(), second.state())


def test_another_seed_gives_other_weights(image_set):
    (one, first), (two, second) = start_loop(image_set(20)), start_loop(image_set(20), seed=1)
    list(one.events()), list(two.events())
    assert not np.array_equal(
        first.state()["weights/decoder.logits.weight"], second.state()["weights/decoder.logits.weight"]
    )


def test_order_and_noise_are_functions_of_seed_and_step(image_set):
    loop, model = start_loop(image_set(20))
    list(loop.events())
    training = divide(image_set(20), 0.25, 0).training
    assert len(model.steps) == 6
    for step, (batch, _, _) in enumerate(model.steps):
        order = generator(0, "order", step // 2).permutation(15)[(step % 2) * 8 :][:8]
        np.testing.assert_array_equal(batch.images, training.take(order))
        assert batch.targets is batch.images
        noise = generator(0, "noise", step).standard_normal((len(order), 3), np.float32)
        np.testing.assert_array_equal(batch.noise, noise)


def test_every_epoch_sees_each_image_once_in_a_new_order(image_set):
    loop, model = start_loop(image_set(20))
    list(loop.events())
    seen = [[image.tobytes() for image in batch.images] for batch, _, _ in model.steps]
    epochs = [seen[at] + seen[at + 1] for at in (0, 2, 4)]
    assert [len(set(epoch)) for epoch in epochs] == [15, 15, 15]
    assert set(epochs[0]) == set(epochs[1]) == set(epochs[2])
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_images_of_the_next_step_are_prefetched(image_set, monkeypatch):
    ahead = []
    monkeypatch.setattr("latentkit.training.data.prefetch", lambda pixels, rows: ahead.append(pixels[rows]))
    loop, model = start_loop(image_set(40), validate_every=100)
    for event in loop.events():
        if isinstance(event, Validated):
            break
    seen = [batch.targets for batch, _, _ in model.steps]
    assert len(seen) == 12  # of three epochs
    for after, expected in zip(seen[1:], ahead, strict=False):
        np.testing.assert_array_equal(after, expected)


def test_the_images_of_a_validation_are_prefetched(image_set, monkeypatch):
    ahead, seen = [], []
    monkeypatch.setattr("latentkit.training.data.prefetch", lambda pixels, rows: ahead.append(pixels[rows]))
    _, model = start_loop(image_set(40))
    model.evaluate = lambda batch: seen.append(batch.images)
    list(evaluate(model, divide(image_set(40), 0.5, 0).validation, 3, 8, 0))
    assert [len(images) for images in seen] == [8, 8, 4]
    np.testing.assert_array_equal(np.concatenate(seen[1:]), np.concatenate(ahead))


def test_denoise_changes_the_inputs_and_not_the_targets(image_set):
    (plain, expected), (loop, model) = start_loop(image_set(20)), start_loop(image_set(20), augment="denoise")
    list(plain.events()), list(loop.events())
    for step, ((clean, _, _), (moved, _, _)) in enumerate(zip(expected.steps, model.steps, strict=True)):
        np.testing.assert_array_equal(moved.targets, clean.images)
        np.testing.assert_array_equal(moved.images, denoise(clean.images, generator(0, "augment", step)))
        assert not np.array_equal(moved.images, clean.images)


def test_beta_warms_up_step_by_step(image_set):
    loop, model = start_loop(image_set(20), warmup=3, beta=2.0)
    betas = [record["beta"] for record in records(loop.events())]
    assert [beta for _, _, beta in model.steps] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    assert betas == [1.0, 2.0, 2.0]


def test_every_epoch_is_validated_and_the_last_event_is_stopped(image_set):
    loop, _ = start_loop(image_set(20))
    events = list(loop.events())
    kinds = [type(event) for event in events]
    assert kinds == [Stepped, Validated, Stepped] * 3 + [Stopped]
    assert events[-1] == Stopped(early=False)
    assert [event.record["epoch"] for event in events if isinstance(event, Validated)] == [1, 2, 3]


def test_the_end_is_validated_even_off_schedule(image_set):
    loop, _ = start_loop(image_set(20), validate_every=4)
    found = [(record["epoch"], record["step"]) for record in records(loop.events())]
    assert found == [(2, 4), (3, 6)]


def test_training_metrics_are_means_over_the_steps_since_the_last_validation(image_set):
    loop, model = start_loop(image_set(20))
    found = records(loop.events())
    again = RecordingModel()
    losses = [again.step(batch, learning_rate=lr, beta=beta) for batch, lr, beta in model.steps]
    for index, record in enumerate(found):
        first, second = losses[2 * index : 2 * index + 2]
        assert record["train"]["loss"] == pytest.approx((8 * first.loss + 7 * second.loss) / 15, rel=1e-12)


def test_patience_stops_training_early(image_set):
    loop, _ = start_loop(image_set(20), epochs=50, lr=1e-12, patience=2)
    events = list(loop.events())
    assert events[-1] == Stopped(early=True)
    assert loop.position.step == 3 * 2


def test_running_out_of_patience_at_the_last_step_is_not_early(image_set):
    loop, _ = start_loop(image_set(20), epochs=3, lr=1e-12, patience=2)
    assert list(loop.events())[-1] == Stopped(early=False)


def test_a_plateau_lowers_the_learning_rate_of_later_steps(image_set):
    loop, model = start_loop(image_set(20), epochs=4, lr=1e-12, min_lr=0.0, plateau_patience=1)
    list(loop.events())
    assert [rate for _, rate, _ in model.steps] == [1e-12] * 4 + [5e-13] * 2 + [2.5e-13] * 2


# Going on ------------------------------------------------------------------------------------


def halted(images, after: int, **given):
    """Stop a loop after so many steps; return its position, after a JSON round trip, and the state."""
    loop, model = start_loop(images, **given)
    events = list(loop.events(lambda: loop.position.step >= after))
    position = Position.from_json(json.loads(json.dumps(loop.position.to_json())))
    return events, position, model.state()


@pytest.mark.parametrize("after", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("every", [None, 4, 1])
def test_a_resumed_loop_equals_an_uninterrupted_one(image_set, after, every):
    given = {"validate_every": every, "epochs": 4, "warmup": 3, "patience": 3, "augment": "denoise"}
    unbroken, model = start_loop(image_set(20), **given)
    whole = records(unbroken.events())
    events, position, state = halted(image_set(20), after, **given)
    assert not isinstance(events[-1], Stopped)
    loop, resumed = start_loop(image_set(20), position, state, **given)
    assert records(events) + records(loop.events()) == whole
    assert_same(resumed.state(), model.state())
    assert replace(loop.position, seconds=0) == replace(unbroken.position, seconds=0)


@pytest.mark.parametrize("every", [None, 4, 5])
def test_extending_a_run_equals_a_longer_run(image_set, every):
    unbroken, model = start_loop(image_set(20), epochs=5, validate_every=every)
    whole = records(unbroken.events())
    short, before = start_loop(image_set(20), epochs=3, validate_every=every)
    first = records(short.events())
    loop, resumed = start_loop(image_set(20), short.position, before.state(), epochs=5, validate_every=every)
    grid = every or 2
    assert [
        one for one in first + records(loop.events()) if one["step"] % grid == 0 or one["step"] == 10
    ] == whole
    assert_same(resumed.state(), model.state())


def test_an_off_schedule_validation_can_be_the_best_but_is_not_counted(image_set):
    loop, _ = start_loop(image_set(20), epochs=3, validate_every=4)
    on_grid, end = [event.metrics.loss for event in loop.events() if isinstance(event, Validated)]
    assert end < on_grid
    assert loop.position.schedule.counted_best == on_grid
    assert loop.position.schedule.best == loop.position.best["best"]["loss"] == end


def test_a_requested_stop_follows_the_due_validation(image_set):
    events, position, _ = halted(image_set(20), 2)
    assert [type(event) for event in events] == [Stepped, Validated, Stepped]
    assert position.step == 2


def test_the_position_keeps_the_best_validation(image_set):
    loop, _ = start_loop(image_set(20))
    validated = [event for event in loop.events() if isinstance(event, Validated)]
    best = min(validated, key=lambda event: event.metrics.loss)
    assert loop.position.best["best"] == {
        "step": best.record["step"],
        "epoch": best.record["epoch"],
        "loss": best.metrics.loss,
    }
    assert loop.position.best["validation"]["kl_per_dim"] == best.metrics.kl_per_dim
    assert loop.position.schedule.best == best.metrics.loss


# What goes wrong -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy tells of what is meant to happen
def test_a_non_finite_loss_stops_training_and_names_the_first_step(image_set):
    loop, model = start_loop(image_set(20), lr=1e12, epochs=40)
    with pytest.raises(TrainingError) as error:
        list(loop.events())
    again = RecordingModel()
    losses = [float(again.step(b, learning_rate=lr, beta=beta).loss) for b, lr, beta in model.steps]
    first = int(np.flatnonzero(~np.isfinite(losses))[0]) + 1
    assert f"the training loss is not finite at step {first}: " in str(error.value)
    assert "lower --lr" in str(error.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_non_finite_validation_loss_stops_training(image_set):
    loop, model = start_loop(image_set(20))
    update = model.step

    def last_update_breaks(batch, **how):
        losses = update(batch, **how)
        if len(model.steps) == 2:
            model.model._weights["encoder.posterior.bias"][:] = np.nan
        return losses

    model.step = last_update_breaks
    with pytest.raises(TrainingError, match="the validation loss is not finite at step 2: "):
        list(loop.events())


# The smallest sets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "side", "channels", "given"),
    [
        (2, 8, 3, {}),
        (5, 8, 3, {"batch": 1000}),
        (20, 8, 1, {}),
        (20, 8, 3, {"latent": 1}),
        (20, 6, 3, {"batch": 1}),
        (20, 8, 3, {"validate_every": 1000}),
    ],
)
def test_tiny_sets_of_images_can_be_trained_on(image_set, count, side, channels, given):
    loop, _ = start_loop(image_set(count, side=side, channels=channels), **given)
    assert len(records(loop.events())) in (1, 3)


def test_identical_validation_images_have_no_r2(image_set):
    images = image_set(2)
    loop, _ = start_loop(images)
    for record in records(loop.events()):
        assert record["validation"]["r2"] is None
        assert record["train"]["r2"] is None


# Images that are kept where the model computes ----------------------------------------------------


class Staging(RecordingModel):
    """A model that stages images, and counts how often."""

    room = True

    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.staged = []

    def stage(self, images):
        self.staged.append(images)
        return (255 - images).view(Staged) if self.room else None


class Staged(np.ndarray):
    """Images that differ from those of the set."""


@pytest.fixture
def staging(monkeypatch):
    monkeypatch.setitem(globals(), "RecordingModel", Staging)
    return Staging


def test_training_and_validation_share_the_staged_images(image_set, staging):
    images = image_set(20)
    loop, model = start_loop(images, epochs=1)
    seen = []
    model.evaluate = lambda batch: seen.append(batch) or staging.evaluate(model, batch)
    list(loop.events())
    assert len(model.staged) == 1 and model.staged[0] is images.pixels
    data = divide(images, 0.25, 0)
    order = generator(0, "order", 0).permutation(15)[:8]
    np.testing.assert_array_equal(model.steps[0][0].images, 255 - data.training.take(order))
    np.testing.assert_array_equal(seen[0].images, 255 - data.validation.take(slice(0, 8)))
    assert all(isinstance(batch.images, Staged) for batch in (model.steps[0][0], seen[0]))


def test_nothing_is_staged_without_space_or_with_augmentation(image_set, staging, monkeypatch):
    loop, model = start_loop(image_set(20), epochs=1, augment="denoise")
    list(loop.events())
    assert model.staged == []
    monkeypatch.setattr(staging, "room", False)
    loop, model = start_loop(image_set(20), epochs=1)
    list(loop.events())
    assert not any(isinstance(batch.images, Staged) for batch, _, _ in model.steps)


def test_images_of_a_validation_folder_are_staged(image_set, staging):
    options = resolve(SMALL | {"epochs": 1})
    images, held_out = image_set(20), image_set(24, seed=1)
    model, seen = staging(), []
    model.evaluate = lambda batch: seen.append(batch) or staging.evaluate(model, batch)
    loop = Loop(model, divide(images, held_out, 0), options, Objective(), Position.beginning(options, 10**6))
    list(loop.events())
    assert len(model.staged) == 2
    assert model.staged[0] is images.pixels and model.staged[1] is held_out.pixels
    assert all(isinstance(batch.images, Staged) for batch in [model.steps[0][0], *seen])
