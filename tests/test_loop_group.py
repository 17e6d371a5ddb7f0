"""The loop in several processes: each takes its share of every batch, with the result of a single process."""

import numpy as np
import pytest
from gathering import together
from test_metrics import model, subset

from latentkit.architecture import initial_weights, mlp
from latentkit.group import any_rank
from latentkit.images.augment import denoise
from latentkit.objective import Objective
from latentkit.protocol import Evaluation
from latentkit.randomness import generator
from latentkit.training.data import divide
from latentkit.training.loop import Loop, Position, Stepped, Validated
from latentkit.training.metrics import evaluate
from latentkit.training.options import resolve

SMALL = {"size": 8, "latent": 3, "batch": 7, "epochs": 3, "validation": 0.3, "validate_every": 1}
PIXELS = 8 * 8 * 3


class Watching:
    """A torch model that records the batches of its steps."""

    def __init__(self, backend, group) -> None:
        architecture = mlp((8, 8, 3), 3, 16)
        weights = {f"weights/{name}": value for name, value in initial_weights(architecture, 0).items()}
        self.model = backend.build(architecture, Objective(), weights, group=group)
        self.evaluate, self.batches = self.model.evaluate, []

    def step(self, batch, **more):
        self.batches.append(batch)
        return self.model.step(batch, **more)


@pytest.fixture
def trained(load_backend, image_set):
    """Return the validations, and the batches of each step, in one process (None) or in one of several."""

    def trained(group, **given):
        options = resolve(SMALL | given)
        watching = Watching(load_backend("torch"), group)
        data = divide(image_set(24), options.validation, options.seed)
        loop = Loop(watching, data, options, Objective(), Position.beginning(options, 100), group)
        records = [event.record for event in loop.events() if isinstance(event, Validated)]
        return records, watching.batches

    return trained


@pytest.mark.parametrize("size", [2, 3])
def test_the_losses_equal_those_of_one_process(trained, size):
    expected, _ = trained(None)
    assert [record["step"] for record in expected] == list(range(1, 10))  # 17 images: batches of 7, 7 and 3
    for records, _ in together(size, trained):
        for mine, theirs in zip(expected, records, strict=True):
            for side in ("train", "validation"):
                for name in ("loss", "reconstruction", "kl"):
                    scale = max(abs(mine[side]["loss"]), PIXELS)
                    assert abs(theirs[side][name] - mine[side][name]) < 1e-5 * scale


def test_a_validation_has_the_same_result_in_all_processes(trained):
    (one, _), (two, _) = together(2, trained)
    timed = ("seconds", "images_per_second")
    for mine, theirs in zip(one, two, strict=True):
        assert {key: mine[key] for key in mine if key not in timed} == {
            key: theirs[key] for key in theirs if key not in timed
        }


@pytest.mark.parametrize("augment", ["none", "denoise"])
def test_shares_make_up_the_batch_of_one_process(trained, augment):
    _, whole = trained(None, augment=augment)
    found = together(3, lambda group: trained(group, augment=augment)[1])
    assert [len(part.images) for part in (each[2] for each in found)] == [1, 1, 1]
    for step, batch in enumerate(whole):
        for index, column in enumerate(batch):
            np.testing.assert_array_equal(np.concatenate([each[step][index] for each in found]), column)


def test_augmentation_draws_four_numbers_per_image(image_set):
    images = image_set(9).pixels
    moving = generator(0, "augment", 5)
    moving.uniform(size=(4, 4))
    np.testing.assert_array_equal(
        denoise(images[4:], moving), denoise(images, generator(0, "augment", 5))[4:]
    )


@pytest.mark.parametrize("size", [2, 5])
def test_a_group_evaluates_a_set_to_the_same_bits(image_set, size):
    images = subset(image_set(11).pixels)
    expected = Evaluation(*map(np.concatenate, zip(*evaluate(model(), images, 3, 4, seed=5), strict=True)))
    for (found,) in together(size, lambda group: list(evaluate(model(), images, 3, 4, 5, group))):
        for column, value in zip(found, expected, strict=True):
            np.testing.assert_array_equal(column, value)


def test_a_group_divides_an_evaluation(image_set):
    images = subset(image_set(24).pixels)

    def job(group):
        mine = model()
        seen = []

        class Counting:
            def evaluate(self, batch):
                seen.append(len(batch.images))
                return mine.evaluate(batch)

        list(evaluate(Counting(), images, 3, 4, 5, group))
        return sum(seen)

    assert together(3, job) == [8, 8, 8]


def test_a_stop_requested_in_one_process_stops_all_after_the_same_step(load_backend, image_set):
    def job(group):
        options = resolve(SMALL | {"epochs": 50})
        watching = Watching(load_backend("torch"), group)
        data = divide(image_set(24), options.validation, options.seed)
        loop = Loop(watching, data, options, Objective(), Position.beginning(options, 100), group)
        asked = group.rank == 1
        steps = [
            event.step
            for event in loop.events(lambda: any_rank(group, asked and loop.position.step >= 4))
            if isinstance(event, Stepped)
        ]
        return steps[-1], loop.position.running.images

    assert [step for step, _ in together(2, job)] == [4, 4]
