"""Runs that are interrupted, killed or extended, and resumed."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentkit.errors import BackendError, FormatError, TrainingError
from latentkit.formats import history
from latentkit.formats.run import read_record
from latentkit.formats.tensors import read_tensors, write_tensors
from latentkit.images import find
from latentkit.training.checkpoint import restore
from latentkit.training.events import Ended, Message
from latentkit.training.loop import Stepped, Validated
from latentkit.training.train import TrainRequest, train

SMALL = {"size": 8, "latent": 3, "width": 4, "batch": 16, "epochs": 3, "lr": 0.01, "validation": 0.2}


@pytest.fixture
def run(blobs, numpy_backend):
    """Train; `at` maps a step to a function to call after it, `given` are options. Return the events."""

    def run(
        out: Path, *, images=blobs, backend=numpy_backend, resume=False, overwrite=False, at=None, **given
    ):
        events = []

        def listen(event):
            events.append(event)
            if isinstance(event, Stepped) and event.step in (at or {}):
                at[event.step]()

        options = given if resume else SMALL | given
        train(
            TrainRequest(
                find([str(images)]), out, options, backend, resume=resume, overwrite=overwrite, cache=False
            ),
            listen,
        )
        return events

    return run


def interrupt():
    signal.raise_signal(signal.SIGINT)


def crash():
    raise ZeroDivisionError


def timeless(out: Path):
    """Return every line of history without the times."""
    return [
        {key: value for key, value in record.items() if key not in ("seconds", "images_per_second")}
        for record in history.read_history(out / "history.jsonl").lines
    ]


def position(out: Path):
    found = restore(out)[1]
    return replace(found, seconds=0, running=replace(found.running, seconds=0))


def assert_equal_runs(one: Path, other: Path):
    """Compare weights, optimizer, position and best weights bit for bit; history and record except for the times."""
    (arrays, _), (expected, _) = (read_tensors(out / "last.safetensors") for out in (one, other))
    assert arrays.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value, err_msg=name)
    assert position(one) == position(other)
    assert (one / "weights.safetensors").read_bytes() == (other / "weights.safetensors").read_bytes()
    assert (one / "held_out.safetensors").read_bytes() == (other / "held_out.safetensors").read_bytes()
    assert timeless(one) == timeless(other)
    assert read_record(one) == read_record(other)


@pytest.fixture(params=["numpy", "torch"])
def exact(request, load_backend):
    """A deterministic backend: the same steps give the same bits."""
    if request.param != "numpy":
        load_backend(request.param)
    return request.param


@pytest.mark.parametrize(("after", "every"), [(1, None), (5, None), (6, None), (4, 2), (5, 2), (8, 2)])
def test_an_interrupted_run_resumes_to_equal_an_uninterrupted_one(run, tmp_path, exact, after, every):
    options = {"validate_every": every, "backend": exact, "warmup": 3}
    run(tmp_path / "unbroken", **options)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", at={after: interrupt}, **options)
    assert read_record(tmp_path / "run")["state"] == "interrupted"
    assert restore(tmp_path / "run")[1].step == after
    run(tmp_path / "run", resume=True, backend=exact)
    assert_equal_runs(tmp_path / "run", tmp_path / "unbroken")


def test_a_run_can_be_interrupted_repeatedly(run, tmp_path):
    run(tmp_path / "unbroken", augment="denoise")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", at={1: interrupt}, augment="denoise")
    for step in (3, 4, 8):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "run", at={step: interrupt}, resume=True)
    run(tmp_path / "run", resume=True)
    assert_equal_runs(tmp_path / "run", tmp_path / "unbroken")


@pytest.mark.parametrize("after", [2, 3, 7])
@pytest.mark.parametrize("checkpoints", ["none but the first", "at every step"])
def test_a_crashed_run_resumes_from_its_checkpoint(run, tmp_path, monkeypatch, after, checkpoints):
    run(tmp_path / "unbroken")
    if checkpoints == "at every step":
        monkeypatch.setattr("latentkit.training.checkpoint.INTERVAL", 0.0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "run", at={after: crash})
    assert read_record(tmp_path / "run")["state"] == "running"
    assert restore(tmp_path / "run")[1].step == (after if checkpoints == "at every step" else 0)
    events = run(tmp_path / "run", resume=True)
    assert len([event for event in events if isinstance(event, Stepped)]) < 9 or "none" in checkpoints
    assert_equal_runs(tmp_path / "run", tmp_path / "unbroken")


def test_history_after_the_checkpoint_is_not_repeated(run, tmp_path):
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "run", at={7: crash})
    assert [record["step"] for record in timeless(tmp_path / "run")] == [3, 6]
    with (tmp_path / "run" / "history.jsonl").open("a") as file:
        file.write('{"step": 7, "tra')
    run(tmp_path / "run", resume=True)
    assert [record["step"] for record in timeless(tmp_path / "run")] == [3, 6, 9]


def test_the_record_and_the_checkpoint_agree_on_the_best_validation(run, tmp_path):
    run(tmp_path / "run")
    stale = json.loads((tmp_path / "run" / "run.json").read_text())
    stale["best"]["loss"] = -1e9
    (tmp_path / "run" / "run.json").write_text(json.dumps(stale))
    run(tmp_path / "run", resume=True)
    best = min(timeless(tmp_path / "run"), key=lambda record: record["validation"]["loss"])
    assert read_record(tmp_path / "run")["best"] == {
        "step": best["step"],
        "epoch": best["epoch"],
        "loss": best["validation"]["loss"],
    }


@pytest.mark.parametrize("every", [None, 1])
def test_a_run_extended_with_more_epochs_equals_a_longer_run(run, tmp_path, every):
    run(tmp_path / "unbroken", epochs=5, validate_every=every)
    run(tmp_path / "run", epochs=2, validate_every=every)
    run(tmp_path / "run", resume=True, epochs=5)
    assert_equal_runs(tmp_path / "run", tmp_path / "unbroken")


def test_a_final_off_schedule_validation_does_not_change_an_extended_run(run, tmp_path):
    run(tmp_path / "unbroken", epochs=5, validate_every=4)
    run(tmp_path / "run", epochs=3, validate_every=4)
    run(tmp_path / "run", resume=True, epochs=5)
    assert [record["step"] for record in timeless(tmp_path / "run")] == [4, 8, 9, 12, 15]
    assert [record for record in timeless(tmp_path / "run") if record["step"] != 9] == timeless(
        tmp_path / "unbroken"
    )
    (state, _, _), (expected, _, _) = (restore(tmp_path / name) for name in ("run", "unbroken"))
    for name, value in expected.items():
        np.testing.assert_array_equal(state[name], value, err_msg=name)


def test_resuming_a_finished_run_changes_nothing(run, tmp_path):
    def files():
        kept = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
        return kept | {"run.json": json.loads(kept["run.json"])}

    run(tmp_path / "run")
    before = files()
    events = run(tmp_path / "run", resume=True)
    assert files() == before
    assert not any(isinstance(event, Stepped | Validated) for event in events)
    assert isinstance(events[-1], Ended)
    assert events[-1].text == "done"
    assert [event.text for event in events if isinstance(event, Message)] == [
        f"nothing is left to do in {tmp_path / 'run'}: it has been trained for all 3 epochs; "
        "to train longer, add --epochs 6"
    ]


def test_resuming_a_run_that_stopped_early_says_so(run, tmp_path):
    run(tmp_path / "run", lr=1e-9, patience=1, epochs=9)
    events = run(tmp_path / "run", resume=True)
    (message,) = [event.text for event in events if isinstance(event, Message)]
    assert "it stopped early; to train longer, start a new run with --patience 2" in message


def test_resuming_a_run_with_steps_left_says_nothing_of_the_kind(run, tmp_path):
    run(tmp_path / "run")
    events = run(tmp_path / "run", resume=True, epochs=4)
    assert not any(isinstance(event, Message) for event in events)


def test_the_same_options_can_be_repeated(run, tmp_path):
    run(tmp_path / "run", warmup=10**6)
    run(tmp_path / "run", resume=True, warmup=10**6, **SMALL)
    assert read_record(tmp_path / "run")["state"] == "done"


@pytest.mark.parametrize(("here", "there"), [("numpy", "torch"), ("torch", "numpy")])
def test_a_run_can_be_resumed_in_another_backend(run, tmp_path, load_backend, here, there):
    load_backend("torch")
    run(tmp_path / "unbroken", backend=here)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", backend=here, at={5: interrupt})
    run(tmp_path / "run", backend=there, resume=True)
    record, expected = (read_record(tmp_path / name) for name in ("run", "unbroken"))
    assert (record["state"], record["backend"]["name"]) == ("done", there)
    assert record["best"]["step"] == expected["best"]["step"] == 9
    assert record["best"]["loss"] == pytest.approx(expected["best"]["loss"], abs=0.01)


def test_a_run_is_resumed_in_its_own_backend_by_default(run, tmp_path, load_backend):
    load_backend("torch")
    run(tmp_path / "run")
    run(tmp_path / "run", backend=None, resume=True, epochs=4)
    assert read_record(tmp_path / "run")["backend"]["name"] == "numpy"


# What is refused -----------------------------------------------------------------------------


@pytest.fixture
def refused(run, tmp_path):
    """Return the error of a run that cannot be resumed; its files must not have changed."""

    def refused(error=TrainingError, **more) -> str:
        out = tmp_path / "run"
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        with pytest.raises(error) as raised:
            run(out, **{"resume": True, **more})
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        return str(raised.value)

    return refused


def test_a_changed_option_is_rejected_by_name(run, refused, tmp_path):
    run(tmp_path / "run")
    assert refused(latent=9).startswith("--latent is 3 in the run and 9 on the command line, ")
    assert refused(validate_every=9).startswith(
        "--validate-every is None in the run and 9 on the command line, "
    )


def test_changed_images_are_rejected_by_name(run, refused, make_blobs, tmp_path):
    images = make_blobs("images")
    run(tmp_path / "run", images=images)
    one, other = images / "red" / "03.png", images / "blue" / "04.png"
    moved = one.rename(images / "red" / "new.png")
    assert refused(images=images).startswith(
        "images missing since the run began: 1, the first 'red/03.png'; "
    )
    moved.rename(one)
    (images / "green" / "zz.png").write_bytes(one.read_bytes())
    assert refused(images=images).startswith("images new since the run began: 1, the first 'green/zz.png'; ")
    (images / "green" / "zz.png").unlink()
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    assert refused(images=images).startswith(
        "images changed since the run began: 1, the first 'red/03.png'; "
    )
    one.write_bytes(kept)
    run(tmp_path / "run", images=images, resume=True)


def test_a_missing_device_leaves_an_existing_run_alone(run, refused, blobs, tmp_path):
    run(tmp_path / "run", at={})
    request = TrainRequest(find([str(blobs)]), tmp_path / "run", SMALL, "numpy", "cuda:7", cache=False)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for how in ({"overwrite": True}, {"resume": True, "options": {}}):
        with pytest.raises(BackendError, match="numpy has no device 'cuda:7'"):
            train(replace(request, **how), lambda event: None)
        assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_an_impossible_network_leaves_an_existing_run_alone(run, tmp_path):
    run(tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(Exception, match="even"):
        run(tmp_path / "run", overwrite=True, size=7)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_resuming_without_a_checkpoint_says_what_to_do(run, tmp_path):
    run(tmp_path / "run")
    (tmp_path / "run" / "last.safetensors").unlink()
    with pytest.raises(FormatError, match="is not a complete run; train it again with --overwrite"):
        run(tmp_path / "run", resume=True)


def test_resuming_needs_a_run(run, tmp_path):
    with pytest.raises(FormatError, match="is not a run: it has no run"):
        run(tmp_path / "none", resume=True)


# What ends it otherwise ----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy tells of what is meant to happen
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_non_finite_loss_keeps_the_best_weights(run, tmp_path, load_backend, backend):
    if backend != "numpy":
        load_backend(backend)
    run(tmp_path / "run", backend=backend)
    good = (tmp_path / "run" / "weights.safetensors").read_bytes()
    # The same run goes wrong after its last step, where --lr cannot be changed: by way of its own state.
    state, about = read_tensors(tmp_path / "run" / "last.safetensors")
    about["position"]["schedule"]["lr"] = 1e14
    write_tensors(tmp_path / "run" / "last.safetensors", state, about)
    (tmp_path / "run" / "weights.safetensors").unlink()
    with pytest.raises(TrainingError) as error:
        run(tmp_path / "run", backend=backend, resume=True, epochs=9)
    message = "the training loss is not finite at step 11: the best weights before it are saved; "
    assert str(error.value).startswith(message)
    assert read_record(tmp_path / "run")["state"] == "stopped"
    assert read_record(tmp_path / "run")["best"]["step"] == 9
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == good


def test_early_stopping_is_reported_and_recorded_as_done(run, tmp_path):
    events = run(tmp_path / "run", epochs=50, lr=1e-9, patience=2)
    assert events[-1].text == "stopped early: the validation loss no longer improved"
    assert read_record(tmp_path / "run")["state"] == "done"
    assert len(timeless(tmp_path / "run")) == 3


@pytest.mark.filterwarnings("error")
def test_an_ignored_signal_does_not_stop_a_run(run, tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        events = run(tmp_path / "run", at={2: interrupt})
    finally:
        signal.signal(signal.SIGINT, before)
    assert isinstance(events[-1], Ended)
    assert events[-1].text == "done"
    assert len(timeless(tmp_path / "run")) == 3
