"""Processes that share a batch compute the same as one with the whole batch."""

import numpy as np
import pytest
from gathering import together

from latentkit.architecture import resnet
from latentkit.errors import BackendError
from latentkit.group import share
from latentkit.objective import Objective
from latentkit.testing.subject import batch_for, state_of, vector_network, whole_network

RESIDUAL = resnet((16, 16, 1), 2, width=8)
OBJECTIVES = {
    "calibrated": Objective(),
    "fixed": Objective(sigma=0.3),
    "bernoulli": Objective(likelihood="bernoulli"),
    "free bits": Objective(free_bits=0.3),
    "clip": Objective(clip=0.5),
    "rmsprop": Objective(sigma=0.3, optimizer="rmsprop"),
}


@pytest.fixture
def torch_backend(load_backend):
    return load_backend("torch")


def trained(backend, architecture, objective, images: int, group=None, steps: int = 2):
    """Return the losses of some steps and the state after them, in one process or one of several."""
    model = backend.build(
        architecture, objective, state_of(architecture), **({} if group is None else {"group": group})
    )
    losses = []
    for step in range(steps):
        whole = batch_for(architecture, images, step=step, clean=False)
        batch = type(whole)(*(column[share(images, group)] for column in whole))
        losses.append([float(each) for each in model.step(batch, learning_rate=0.01, beta=0.7)])
    return losses, model.state()


def assert_equal_in_all(backend, architecture, objective, images: int, size: int, prefix: str = "") -> None:
    """Return the losses of all processes, and the part of their state with this prefix."""
    expected, state = trained(backend, architecture, objective, images)
    found = together(size, lambda group: trained(backend, architecture, objective, images, group))
    for losses, theirs in found:
        np.testing.assert_allclose(losses, expected, rtol=1e-5)
        assert theirs.keys() == state.keys()
        for name, value in state.items():
            if name.startswith(prefix):
                np.testing.assert_allclose(theirs[name], value, rtol=2e-3, atol=2e-5, err_msg=name)
            np.testing.assert_array_equal(theirs[name], found[0][1][name], err_msg=name)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_a_step_in_shares_equals_a_step_of_the_whole_batch(torch_backend, objective):
    assert_equal_in_all(torch_backend, vector_network(), objective, images=5, size=3)


@pytest.mark.parametrize("architecture", [whole_network(), RESIDUAL], ids=["every kind", "residual"])
def test_a_share_can_be_empty(torch_backend, architecture):
    # Of a bias before a norm the gradient is rounding alone, and Adam makes whole steps of it: look at the gradients.
    assert_equal_in_all(torch_backend, architecture, Objective(sigma=1.0), images=2, size=3, prefix="adam.m/")


def test_all_processes_start_from_the_state_of_process_0(torch_backend):
    architecture = whole_network()

    def job(group):
        state = {name: value + group.rank for name, value in state_of(architecture).items()}
        return torch_backend.build(architecture, Objective(), state, group=group).state()

    for state in together(2, job):
        for name, value in state_of(architecture).items():
            np.testing.assert_array_equal(state[name], value)


def test_an_evaluation_does_not_communicate(torch_backend):
    architecture = vector_network()

    def job(group):
        model = torch_backend.build(architecture, Objective(), state_of(architecture), group=group)
        before = group.sums
        found = model.evaluate(batch_for(architecture, 4)) if group.rank == 1 else None
        return found, group.sums - before

    (_, (found, sums)) = together(2, job)
    alone = torch_backend.build(architecture, Objective(), state_of(architecture))
    for column, expected in zip(found, alone.evaluate(batch_for(architecture, 4)), strict=True):
        np.testing.assert_array_equal(column, expected)
    assert sums == 0


GPUS = ["cuda:0", "cuda:1", "cpu"]


@pytest.mark.parametrize(
    ("asked", "known", "local", "here", "chosen"),
    [
        ("auto", ["cpu"], 1, 2, "cpu"),
        ("auto", ["mps", "cpu"], 0, 1, "cpu"),
        ("cpu", GPUS, 1, 4, "cpu"),
        ("auto", GPUS, 1, 2, "cuda:1"),
        ("cuda", GPUS, 0, 2, "cuda:0"),
        ("cuda:1", GPUS, 0, 1, "cuda:1"),
    ],
)
def test_each_process_has_its_own_gpu_or_none(torch_backend, asked, known, local, here, chosen):
    from latentkit_torch.group import device_of

    assert device_of(asked, known, local, here) == chosen


@pytest.mark.parametrize(
    ("asked", "known", "here", "words"),
    [
        (
            "auto",
            GPUS,
            3,
            "3 processes were started on this machine, which has 2 GPUs; .* --nproc-per-node 2, or",
        ),
        ("cuda", ["cpu"], 1, "torch has no GPU here; use --device cpu"),
        ("cuda:1", GPUS, 2, "--device cuda:1 cannot be used by 2 processes"),
        ("abacus:7", ["cpu"], 1, "--device abacus:7 cannot be used by"),
    ],
)
def test_an_impossible_device_for_a_group_is_rejected(torch_backend, asked, known, here, words):
    from latentkit_torch.group import device_of

    with pytest.raises(BackendError, match=words):
        device_of(asked, known, 0, here)
