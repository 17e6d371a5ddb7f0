"""Every backend passes the contract, and every check can fail: a backend with one fault fails exactly that check."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import latentkit_numpy
import numpy as np
import pytest
from latentkit_numpy import model, rows

from latentkit import objective as meaning
from latentkit.architecture import Architecture
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import API, Batch, Evaluation, Losses, Posterior, State
from latentkit.testing import CHECKS, ContractError, interface, losses, reference, updates
from latentkit.testing import rows as rows_checks
from latentkit.testing.report import run_checks

NAMES = [check.__name__ for check in CHECKS]


@pytest.fixture(scope="module", autouse=True)
def remembered_gradients():
    """Compute the reference gradient of each input once: forty fakes need the same ones, by finite differences."""
    compute, known = reference.gradient, {}

    def gradient(architecture, objective, weights, batch, beta, difference=1e-5):
        values = [np.asarray(value) for value in (*weights.values(), *batch)]
        content = [(value.dtype.str, value.shape, value.tobytes()) for value in values]
        key = (repr(architecture), repr(objective), tuple(weights), tuple(content), beta, difference)
        if key not in known:
            known[key] = compute(architecture, objective, weights, batch, beta, difference)
        return {name: value.copy() for name, value in known[key].items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "gradient", gradient)
        yield


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_every_backend_passes_the_contract(check, backend):
    check(backend)


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_the_example_plugin_passes_the_contract(check):
    check(latentkit_numpy)


@pytest.mark.parametrize("engine", ["jax", "torch"])
def test_the_keras_backend_passes_on_other_engines(engine, required_backends):
    if "keras" not in required_backends:
        pytest.skip("keras is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "latentkit", "backends", "check", "keras", "--json"],
        env=os.environ | {"KERAS_BACKEND": engine},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["check"] for one in found] == NAMES
    assert [one for one in found if one["broken"] is not None] == []


def test_keras_rejects_a_group_and_says_what_to_do(load_backend):
    with pytest.raises(BackendError, match=r"the Keras backend runs in a single process.* --backend torch"):
        load_backend("keras").join("auto")


def test_every_check_function_is_listed_once():
    modules = (interface, losses, rows_checks, updates)
    defined = [name for module in modules for name in vars(module) if name.startswith("check_")]
    assert sorted(defined) == sorted(NAMES)


def test_every_check_has_a_docstring():
    assert all((check.__doc__ or "").strip() for check in CHECKS)


# A backend that is broken in one way ----------------------------------------------------------


class Fake:
    """The NumPy backend as an object, so that single parts can be replaced."""

    API = API
    build_model: Callable[..., model.NumpyModel] = staticmethod(model.NumpyModel)

    def version(self) -> str:
        return "fake 1"

    def devices(self) -> list[str]:
        return ["cpu"]

    def join(self, device: str):
        raise BackendError("fake computes in one process; use another")

    def build(self, architecture: Architecture, objective: Objective, state: State, *, device: str = "auto"):
        if device not in ("auto", "cpu"):
            raise BackendError(f"fake has no device {device!r}")
        return self.build_model(architecture, objective, state)


def failing(fake) -> list[str]:
    return [verdict.check for verdict in run_checks(fake) if verdict.broken is not None]


def with_model(**methods) -> Fake:
    """Return a fake whose model has these methods."""
    fake = Fake()
    fake.build_model = type("Broken", (model.NumpyModel,), methods)
    return fake


def with_objective(change: Callable[[Objective], Objective]) -> Fake:
    """Return a fake that replaces the objective."""
    fake = Fake()
    fake.build_model = lambda architecture, objective, state: model.NumpyModel(
        architecture, change(objective), state
    )
    return fake


def test_the_unbroken_fake_passes():
    assert failing(Fake()) == []


def test_a_wrong_api_is_found():
    fake = Fake()
    fake.API = API + 1
    assert failing(fake) == ["check_api"]


def test_a_version_without_a_number_is_found():
    fake = Fake()
    fake.version = lambda: "fake"
    assert failing(fake) == ["check_version"]


def test_an_unusable_device_is_found():
    fake = Fake()
    fake.devices = lambda: ["cpu", "gpu"]
    assert failing(fake) == ["check_devices"]


def test_no_device_is_found():
    fake = Fake()
    fake.devices = list
    assert failing(fake) == ["check_devices"]


def test_accepting_any_device_is_found():
    fake = Fake()
    fake.build = lambda architecture, objective, state, *, device="auto": model.NumpyModel(
        architecture, objective, state
    )
    assert failing(fake) == ["check_unknown_device"]


def test_joining_without_a_launcher_is_found():
    fake = Fake()
    fake.join = lambda device: object()
    assert failing(fake) == ["check_join"]


def test_rejecting_a_group_without_a_message_is_found():
    def join(device):
        raise BackendError

    fake = Fake()
    fake.join = join
    assert failing(fake) == ["check_join"]


def test_another_layout_of_the_state_is_found():
    def state(self):
        return {name: np.array(value, order="F") for name, value in model.NumpyModel.state(self).items()}

    assert failing(with_model(state=state)) == ["check_state_names"]


def test_changed_weights_are_found():
    def state(self):
        kept = model.NumpyModel.state(self)
        return (
            kept if self._steps else {name: v + np.float32(1e-7) if v.ndim else v for name, v in kept.items()}
        )

    assert "check_weights_round_trip" in failing(with_model(state=state))


def test_a_state_that_is_not_a_copy_is_found():
    def state(self):
        live = {f"weights/{name}": value for name, value in self._weights.items()} | self._slots
        return live | {"step": np.array(self._steps, np.int64)}

    found = failing(with_model(state=state))
    assert "check_state_is_a_copy" in found
    # Whatever compares before with after sees the same arrays twice.
    assert set(found) <= {
        "check_state_is_a_copy",
        "check_adam",
        "check_rmsprop",
        "check_clip",
        "check_calibrated_updates",
        "check_resume",
    }


ROWS = {
    "check_conv": ("conv", lambda out, x: out + 1 if x.shape[2] > 2 else out),
    "check_upconv": ("upconv", lambda out, x: np.flip(out, axis=2)),
    "check_dense": ("dense", lambda out, x: out * 1.01),
    "check_norm": ("norm", lambda out, x: out * 1.05),
    "check_silu": ("silu", lambda out, x: np.maximum(x, 0)),
    "check_flatten": ("flatten", lambda out, x: np.transpose(x, (0, 2, 3, 1)).reshape(out.shape)),
    "check_unflatten": ("unflatten", lambda out, x: out.transpose(0, 1, 3, 2)),
    "check_residual": ("residual", lambda out, x: out - x),
}


RELYING = frozenset(NAMES[NAMES.index("check_residual") + 1 :])
"""The checks that train a network, and fail if a row is wrong."""


@pytest.mark.parametrize("check", ROWS)
def test_a_wrong_row_is_found_first(check, monkeypatch):
    kind, distort = ROWS[check]
    real = rows._row

    def broken(row, after, name, weights, slopes, x):
        out, back = real(row, after, name, weights, slopes, x)
        return (distort(out, x).astype(np.float32), back) if row.kind == kind else (out, back)

    monkeypatch.setattr(rows, "_row", broken)
    found = failing(Fake())
    assert found[0] == check
    assert set(found[1:]) <= RELYING


def test_an_unclamped_logvar_is_found(monkeypatch):
    monkeypatch.setattr(model.np, "clip", lambda value, low, high: value)
    with np.errstate(over="ignore", invalid="ignore"):
        assert "check_logvar_is_clamped" in failing(Fake())


def test_a_sigma_that_is_not_that_of_the_batch_is_found():
    fake = with_objective(lambda asked: Objective(**{**vars(asked), "sigma": asked.sigma or 1.0}))
    assert failing(fake) == ["check_gaussian_calibrated", "check_calibrated_updates"]


def test_an_ignored_sigma_is_found():
    fake = with_objective(
        lambda asked: Objective(**{**vars(asked), "sigma": asked.sigma and asked.sigma * 1.1})
    )
    assert "check_gaussian_fixed" in failing(fake)
    assert "check_gaussian_calibrated" not in failing(fake)


def test_a_gaussian_in_place_of_a_bernoulli_is_found():
    fake = with_objective(lambda asked: Objective(**{**vars(asked), "likelihood": "gaussian"}))
    assert failing(fake) == ["check_bernoulli", "check_evaluation"]


def test_ignored_free_bits_are_found():
    fake = with_objective(lambda asked: Objective(**{**vars(asked), "free_bits": 0.0}))
    assert failing(fake) == ["check_free_bits"]


def test_free_bits_per_image_are_found():
    def step(self, batch, *, learning_rate, beta):
        losses = model.NumpyModel.step(self, batch, learning_rate=learning_rate, beta=beta)
        mu, logvar, *_ = self._encode(batch.images)
        free = self._objective.free_bits
        each = np.maximum(meaning.kl(mu, logvar), free).mean(axis=0).sum()
        return losses._replace(loss=losses.reconstruction + beta * each) if free else losses

    assert failing(with_model(step=step)) == ["check_free_bits"]


def test_ignored_targets_are_found():
    def step(self, batch, *, learning_rate, beta):
        return model.NumpyModel.step(
            self, batch._replace(targets=batch.images), learning_rate=learning_rate, beta=beta
        )

    found = failing(with_model(step=step))
    assert "check_targets" in found
    assert set(found) <= {
        "check_targets",
        "check_adam",
        "check_rmsprop",
        "check_clip",
        "check_calibrated_updates",
        "check_residual_updates",
    }


def test_an_evaluation_of_means_is_found():
    def evaluate(self, batch: Batch) -> Evaluation:
        found = model.NumpyModel.evaluate(self, batch)
        return found._replace(squared_error=np.full_like(found.squared_error, found.squared_error.mean()))

    assert failing(with_model(evaluate=evaluate)) == ["check_evaluation"]


def test_an_evaluation_that_changes_the_model_is_found():
    def evaluate(self, batch: Batch) -> Evaluation:
        for weight in self._weights.values():
            weight += 1e-3
        return model.NumpyModel.evaluate(self, batch)

    assert "check_evaluation_changes_nothing" in failing(with_model(evaluate=evaluate))


def test_an_image_that_depends_on_its_batch_is_found():
    def encode(self, images) -> Posterior:
        found = model.NumpyModel.encode(self, images)
        return found if len(images) < 4 else found._replace(mu=found.mu - found.mu.mean(axis=0))

    assert failing(with_model(encode=encode)) == ["check_batch_of_one"]


def test_adam_with_epsilon_elsewhere_is_found(monkeypatch):
    monkeypatch.setattr(meaning, "EPSILON", 1e-3)  # for the reference and the fake alike

    def adam(self, name, g):  # before the bias correction, as Keras has it
        first, second = meaning.ADAM_DECAY
        m, v = self._slots[f"adam.m/{name}"], self._slots[f"adam.v/{name}"]
        m += np.float32(1 - first) * (g - m)
        v += np.float32(1 - second) * (g**2 - v)
        rate = np.sqrt(1 - second**self._steps) / (1 - first**self._steps)
        return np.float32(rate) * m / (np.sqrt(v) + np.float32(meaning.EPSILON))

    assert failing(Fake()) == []
    assert set(failing(with_model(_adam=adam))) == {
        "check_adam",
        "check_clip",
        "check_calibrated_updates",
        "check_residual_updates",
    }


def test_rmsprop_with_the_decay_of_keras_is_found():
    def rmsprop(self, name, g):
        v = self._slots[f"rmsprop.v/{name}"]
        v += np.float32(0.1) * (g**2 - v)
        return g / (np.sqrt(v) + np.float32(meaning.EPSILON))

    assert failing(with_model(_rmsprop=rmsprop)) == ["check_rmsprop"]


def test_an_ignored_clip_is_found():
    fake = with_objective(lambda asked: Objective(**{**vars(asked), "clip": None}))
    assert failing(fake) == ["check_clip"]


def test_a_model_that_forgets_its_slots_is_found():
    fake = Fake()
    fake.build_model = lambda architecture, objective, state: model.NumpyModel(
        architecture, objective, {name: value for name, value in state.items() if name.startswith("weights/")}
    )
    assert failing(fake) == ["check_resume"]


def test_losses_after_the_update_are_found():
    def step(self, batch, *, learning_rate, beta) -> Losses:
        model.NumpyModel.step(self, batch, learning_rate=learning_rate, beta=beta)
        return model.NumpyModel.step(self, batch, learning_rate=0.0, beta=beta)

    assert failing(with_model(step=step)) != []


def test_a_failed_check_reports_both_numbers():
    with pytest.raises(ContractError, match=r"step: loss: .* but the reference has"):
        fake = with_objective(lambda asked: Objective(**{**vars(asked), "sigma": 1.0}))
        dict(zip(NAMES, CHECKS, strict=True))["check_gaussian_fixed"](fake)


# What not every backend has --------------------------------------------------------------------


class Able(Fake):
    """Return a fake whose build accepts precision and compile, and ignores them."""

    def build(self, architecture, objective, state, *, device="auto", precision="float32", compile=False):
        return Fake.build(self, architecture, objective, state, device=device)


class Coarse(model.NumpyModel):
    """Change the gradients in the first slot of Adam."""

    def state(self):
        state = model.NumpyModel.state(self)
        return {name: np.abs(value) if name.startswith("adam.m/") else value for name, value in state.items()}


class Rounding(model.NumpyModel):
    """Evaluate in low precision too."""

    def evaluate(self, batch):
        return Evaluation(*(each.astype(np.float16).astype(np.float32) for each in super().evaluate(batch)))


def test_a_backend_with_all_optional_features_passes():
    assert failing(Able()) == []


@pytest.mark.parametrize("broken", [Coarse, Rounding])
def test_too_low_a_precision_is_found(broken):
    class Rough(Able):
        def build(self, architecture, objective, state, *, precision="float32", **more):
            self.build_model = broken if precision == "bfloat16" else model.NumpyModel
            return super().build(architecture, objective, state, **more)

    assert failing(Rough()) == ["check_precision"]


def test_wrong_compiled_updates_are_found():
    class Hasty(Able):
        def build(self, architecture, objective, state, *, compile=False, **more):
            objective = Objective(sigma=0.1) if compile else objective
            return super().build(architecture, objective, state, **more)

    assert failing(Hasty()) == ["check_compile"]


def test_wrong_rows_of_staged_images_are_found():
    assert failing(with_model(stage=lambda self, images: images.copy())) == []
    assert failing(with_model(stage=lambda self, images: images[::-1])) == ["check_stage"]
