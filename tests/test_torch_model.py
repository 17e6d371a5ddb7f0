"""The torch backend beyond the contract: compilation, precision and staging, as far as a CPU shows them."""

import numpy as np
import pytest

from latentkit.architecture import conv, initial_weights, resnet
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import Stager
from latentkit.testing.subject import batch_for, state_of, whole_network

OBJECTIVES = {
    "calibrated": Objective(),
    "bernoulli": Objective(likelihood="bernoulli", free_bits=0.1, clip=1.0),
}


@pytest.fixture
def torch_backend(load_backend):
    import torch

    torch.compiler.reset()  # one process may compile so many sizes and no more
    return load_backend("torch")


def weights(architecture):
    return {f"weights/{name}": value for name, value in initial_weights(architecture, 0).items()}


def losses(model, architecture, sizes=(6, 6, 3, 6)):
    """Return the losses of some steps, one of them with fewer images."""
    return [
        [
            float(each)
            for each in model.step(
                batch_for(architecture, n, step=step), learning_rate=1e-3, beta=1 / (1 + step)
            )
        ]
        for step, n in enumerate(sizes)
    ]


@pytest.mark.slow  # a minute of compiling each; the contract holds the same of a network of two rows
@pytest.mark.parametrize(
    ("recipe", "objective"), [(conv, "calibrated"), (resnet, "bernoulli")], ids=["conv", "resnet, bernoulli"]
)
def test_a_compiled_network_has_the_same_losses(torch_backend, recipe, objective):
    architecture = recipe((16, 16, 3), 4, 8)
    plain, compiled = (
        torch_backend.build(architecture, OBJECTIVES[objective], weights(architecture), compile=compile)
        for compile in (False, True)
    )
    np.testing.assert_allclose(
        losses(compiled, architecture), losses(plain, architecture), rtol=1e-4, atol=0.05
    )


@pytest.mark.slow
def test_a_compiled_network_can_have_low_precision(torch_backend):
    architecture = conv((16, 16, 3), 4, 8)
    plain, both = (
        torch_backend.build(architecture, Objective(), weights(architecture), **how)
        for how in ({}, {"compile": True, "precision": "bfloat16"})
    )
    exact, rough = losses(plain, architecture), losses(both, architecture)
    scale = 16 * 16 * 3
    assert 0 < np.abs(np.subtract(exact, rough)).max() < 0.02 * scale


def test_low_precision_only_applies_to_updates(torch_backend):
    architecture = conv((16, 16, 3), 4, 8)
    plain, rough = (
        torch_backend.build(architecture, Objective(), weights(architecture), precision=precision)
        for precision in ("float32", "bfloat16")
    )
    batch = batch_for(architecture, 5)
    for method, given in (("evaluate", batch), ("encode", batch.images)):
        for found, expected in zip(getattr(rough, method)(given), getattr(plain, method)(given), strict=True):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(rough.decode(batch.noise), plain.decode(batch.noise))
    assert losses(rough, architecture, [5]) != losses(plain, architecture, [5])


def test_rows_of_a_staged_tensor_equal_those_of_an_array(torch_backend):
    import torch

    from latentkit_torch.model import Staged

    architecture, rows = whole_network(), np.array([4, 0, 2])
    batch = batch_for(architecture, 5)
    given, kept = (torch_backend.build(architecture, Objective(), state_of(architecture)) for _ in range(2))
    staged = Staged(torch.from_numpy(batch.images.copy()), torch.from_numpy)
    for model, part in ((given, batch.images[rows]), (kept, staged[rows])):
        model.step(
            batch._replace(images=part, targets=part, noise=batch.noise[:3]), learning_rate=0.01, beta=1.0
        )
    for name, value in given.state().items():
        np.testing.assert_array_equal(kept.state()[name], value)


def test_a_cpu_does_not_stage_images(torch_backend):
    model = torch_backend.build(whole_network(), Objective(), state_of(whole_network()), device="cpu")
    assert isinstance(model, Stager)
    assert model.stage(np.zeros((2, 4, 4, 1), np.uint8)) is None


def test_a_missing_compiler_is_named(torch_backend, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(
        BackendError, match=r"requires a C\+\+ compiler, but .* is not installed; install it, or"
    ):
        torch_backend.build(whole_network(), Objective(), state_of(whole_network()), compile=True)
