"""The checkpoint of a run."""

import json

import latentkit_numpy
import numpy as np
import pytest

from latentkit.architecture import initial_weights, mlp, parameters
from latentkit.errors import FormatError
from latentkit.formats.held_out import FILE, HeldOut, read_held_out, write_held_out
from latentkit.formats.tensors import read_tensors, write_tensors
from latentkit.objective import Objective
from latentkit.protocol import Batch
from latentkit.training.checkpoint import INTERVAL, Checkpoint, restore
from latentkit.training.loop import Position
from latentkit.training.metrics import RunningMeans
from latentkit.training.schedule import Schedule

NETWORK = mlp((2, 2, 1), 1, 3)


def model(seed: int = 0):
    weights = initial_weights(NETWORK, seed)
    return latentkit_numpy.build(NETWORK, Objective(), {f"weights/{name}": w for name, w in weights.items()})


def step(one) -> None:
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
    one.step(Batch(images, images, np.ones((2, 1), np.float32)), learning_rate=0.1, beta=1.0)


def weights_of(path):
    return read_tensors(path / "weights.safetensors")[0]


def assert_weights(found, expected):
    assert set(found) == set(parameters(NETWORK))
    for name, value in found.items():
        np.testing.assert_array_equal(value, expected.state()[f"weights/{name}"])


def test_before_the_first_validation_the_best_weights_are_the_current_ones(tmp_path):
    Checkpoint(tmp_path).save(model(), Position(Schedule(1e-3, 0)))
    assert_weights(weights_of(tmp_path), model())
    assert restore(tmp_path)[2] is None


def test_the_best_weights_are_kept_while_training_continues(tmp_path):
    one, checkpoint = model(), Checkpoint(tmp_path)
    checkpoint.keep_best(one)
    step(one)
    checkpoint.save(one, Position(Schedule(1e-3, 0)))
    assert_weights(weights_of(tmp_path), model())
    state, _, best = restore(tmp_path)
    assert not np.array_equal(state["weights/decoder.logits.weight"], best.weights["decoder.logits.weight"])


def test_the_whole_state_is_restored(tmp_path):
    one = model()
    step(one)
    Checkpoint(tmp_path).save(one, Position(Schedule(1e-3, 0)))
    state, _, _ = restore(tmp_path)
    assert state.keys() == one.state().keys()
    for name, value in one.state().items():
        np.testing.assert_array_equal(state[name], value)
    assert state["step"] == 1


def test_the_position_is_restored_exactly(tmp_path):
    position = Position(
        Schedule(1 / 3, 7, best=-1e5 / 3, best_step=4, counted_best=0.1, stale=2, waiting=1, cooldown=1),
        step=5,
        seconds=1 / 7,
        running=RunningMeans(3, 0.1, 0.2, 0.3, 1e300, 0.7),
        best={"best": {"step": 4, "epoch": 1, "loss": -1e5 / 3}},
    )
    Checkpoint(tmp_path).save(model(), position)
    assert restore(tmp_path)[1] == position


def test_the_best_weights_are_restored_and_saved_again(tmp_path):
    one, checkpoint = model(), Checkpoint(tmp_path)
    checkpoint.keep_best(one)
    step(one)
    checkpoint.save(one, Position(Schedule(1e-3, 0)))
    _, position, best = restore(tmp_path)
    Checkpoint(tmp_path, best).save(one, position)
    assert_weights(weights_of(tmp_path), model())


def test_the_held_out_latents_are_restored_and_saved_with_the_best_weights(tmp_path):
    one, checkpoint = model(), Checkpoint(tmp_path)
    held_out = HeldOut(np.ones((3, 1), np.float32), np.ones((2, 2, 1), np.uint8), "a.png")
    checkpoint.keep_best(one, held_out)
    checkpoint.save(one, Position(Schedule(1e-3, 0)))
    first = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    state, position, best = restore(tmp_path)
    assert state.keys() == one.state().keys()
    Checkpoint(tmp_path, best).save(one, position)
    assert (tmp_path / FILE).read_bytes() == first
    restored = read_held_out(tmp_path, (2, 2, 1), 1)
    assert restored.id == "a.png"
    np.testing.assert_array_equal(restored.mu, held_out.mu)
    np.testing.assert_array_equal(restored.pixels, held_out.pixels)


def test_a_run_of_an_older_version_keeps_no_held_out_latents(tmp_path):
    assert read_held_out(tmp_path, (2, 2, 1), 1) is None


@pytest.mark.parametrize(
    "change",
    [
        {"mu": np.ones((3, 2), np.float32)},
        {"mu": np.ones((3, 1))},
        {"mu": np.full((3, 1), np.nan, np.float32)},
        {"mu": np.ones((0, 1), np.float32)},
        {"pixels": np.ones((2, 2, 3), np.uint8)},
        {"pixels": np.ones((2, 2, 1), np.float32)},
        {"id": None},
    ],
)
def test_held_out_latents_that_do_not_fit_are_refused(tmp_path, change):
    held_out = HeldOut(np.ones((3, 1), np.float32), np.ones((2, 2, 1), np.uint8), "a.png")
    write_held_out(tmp_path, held_out._replace(**change))
    with pytest.raises(FormatError, match=r"held_out.safetensors does not fit the run: delete it"):
        read_held_out(tmp_path, (2, 2, 1), 1)


def test_save_best_only_writes_the_best_weights(tmp_path):
    one, checkpoint = model(), Checkpoint(tmp_path)
    checkpoint.save(one, Position(Schedule(1e-3, 0)))
    last = (tmp_path / "last.safetensors").read_bytes()
    step(one)
    checkpoint.keep_best(one)
    checkpoint.save_best()
    assert_weights(weights_of(tmp_path), one)
    assert (tmp_path / "last.safetensors").read_bytes() == last


def test_save_best_writes_nothing_before_the_first_validation(tmp_path):
    Checkpoint(tmp_path).save_best()
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_due_after_the_interval(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path)
    assert not checkpoint.due()
    monkeypatch.setattr("latentkit.training.checkpoint.INTERVAL", 0.0)
    assert checkpoint.due()
    assert 5 <= INTERVAL <= 60


@pytest.mark.parametrize(
    "about", [{}, {"position": {}}, {"position": 3}, {"position": {"schedule": {"x": 1}}}]
)
def test_a_file_without_a_position_is_named(tmp_path, about):
    write_tensors(tmp_path / "last.safetensors", {"step": np.array(1)}, about)
    with pytest.raises(FormatError) as error:
        restore(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'last.safetensors'} has no valid position of the training; train the run again with --overwrite"
    )


def test_the_position_is_stored_as_json(tmp_path):
    Checkpoint(tmp_path).save(model(), Position(Schedule(1e-3, 0), step=3))
    _, about = read_tensors(tmp_path / "last.safetensors")
    assert json.loads(json.dumps(about))["position"]["step"] == 3
