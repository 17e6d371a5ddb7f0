"""Checks of the losses, of a batch and of each image."""

import numpy as np

from latentkit.objective import Objective
from latentkit.protocol import Backend, Evaluation, Losses
from latentkit.testing import reference
from latentkit.testing.subject import batch_for, build, close, require, state_of, vector_network, weights_in

__all__ = [
    "check_bernoulli",
    "check_evaluation",
    "check_evaluation_changes_nothing",
    "check_free_bits",
    "check_gaussian_calibrated",
    "check_gaussian_fixed",
    "check_targets",
]


def _check_losses(backend: Backend, objective: Objective, beta: float = 0.7, *, clean: bool = True) -> None:
    """Require that the losses of a step equal those of the reference."""
    architecture = vector_network()
    batch = batch_for(architecture, 5, clean=clean)
    forward = reference.forward(architecture, objective, weights_in(state_of(architecture)), batch)
    losses = build(backend, architecture, objective).step(batch, learning_rate=0.0, beta=beta)
    for name, actual, expected in zip(
        Losses._fields, losses, reference.losses(objective, forward, beta), strict=True
    ):
        close(f"step: {name}", float(actual), expected)


def check_gaussian_calibrated(backend: Backend) -> None:
    """Calibrated sigma^2 is the mean squared error per pixel of the batch."""
    _check_losses(backend, Objective())


def check_gaussian_fixed(backend: Backend) -> None:
    """A fixed sigma is used as it is."""
    _check_losses(backend, Objective(sigma=0.3))


def check_bernoulli(backend: Backend) -> None:
    """The Bernoulli likelihood is the cross-entropy in nats, for any target between 0 and 1."""
    _check_losses(backend, Objective(likelihood="bernoulli"))


def check_free_bits(backend: Backend) -> None:
    """Free bits apply to the mean KL of a dimension over the batch, in the loss but not in the reported KL."""
    _check_losses(backend, Objective(sigma=0.3, free_bits=1.2), beta=1.0)


def check_targets(backend: Backend) -> None:
    """The encoder gets the images, and the reconstruction is compared with the targets."""
    _check_losses(backend, Objective(sigma=0.3), clean=False)


def check_evaluation(backend: Backend) -> None:
    """The losses of each image equal those of the reference, for each likelihood."""
    architecture = vector_network()
    batch = batch_for(architecture, 5)
    for objective in (Objective(sigma=0.3), Objective(likelihood="bernoulli")):
        forward = reference.forward(architecture, objective, weights_in(state_of(architecture)), batch)
        actual = build(backend, architecture, objective).evaluate(batch)
        for name in Evaluation._fields:
            close(f"evaluate: {name}", getattr(actual, name), getattr(forward, name))


def check_evaluation_changes_nothing(backend: Backend) -> None:
    """`evaluate`, `encode` and `decode` do not change the state."""
    architecture = vector_network()
    model, batch = build(backend, architecture), batch_for(architecture)
    model.step(batch, learning_rate=0.1, beta=1.0)
    before = model.state()
    model.evaluate(batch)
    model.encode(batch.images)
    model.decode(batch.noise)
    after = model.state()
    require(
        all(np.array_equal(before[name], after[name]) for name in before),
        "evaluate, encode or decode changed the state",
    )
