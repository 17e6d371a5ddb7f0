"""Checks of the losses and of the figures of each image."""

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
    """The losses of a step equal the reference's."""
    architecture = vector_network()
    batch = batch_for(architecture, 5, clean=clean)
    passed = reference.forward(architecture, objective, weights_in(state_of(architecture)), batch)
    losses = build(backend, architecture, objective).step(batch, learning_rate=0.0, beta=beta)
    for name, found, expected in zip(
        Losses._fields, losses, reference.figures(objective, passed, beta), strict=True
    ):
        close(f"step: {name}", float(found), expected)


def check_gaussian_calibrated(backend: Backend) -> None:
    """sigma^2 is the batch's own mean squared error per pixel."""
    _check_losses(backend, Objective())


def check_gaussian_fixed(backend: Backend) -> None:
    """The sigma that was asked for is used."""
    _check_losses(backend, Objective(sigma=0.3))


def check_bernoulli(backend: Backend) -> None:
    """Cross-entropy in nats, for targets between 0 and 1."""
    _check_losses(backend, Objective(likelihood="bernoulli"))


def check_free_bits(backend: Backend) -> None:
    """Apply to the mean KL of a dimension over the batch, in the loss and not in the reported KL."""
    _check_losses(backend, Objective(sigma=0.3, free_bits=1.2), beta=1.0)


def check_targets(backend: Backend) -> None:
    """The encoder sees the images; the targets are what must be reconstructed."""
    _check_losses(backend, Objective(sigma=0.3), clean=False)


def check_evaluation(backend: Backend) -> None:
    """The figures of each image equal the reference's, for either likelihood."""
    architecture = vector_network()
    batch = batch_for(architecture, 5)
    for objective in (Objective(sigma=0.3), Objective(likelihood="bernoulli")):
        passed = reference.forward(architecture, objective, weights_in(state_of(architecture)), batch)
        found = build(backend, architecture, objective).evaluate(batch)
        for name in Evaluation._fields:
            close(f"evaluate: {name}", getattr(found, name), getattr(passed, name))


def check_evaluation_changes_nothing(backend: Backend) -> None:
    """Nor do encode and decode: the state before and after is the same."""
    architecture = vector_network()
    model, batch = build(backend, architecture), batch_for(architecture)
    model.step(batch, learning_rate=0.1, beta=1.0)
    before = model.state()
    model.evaluate(batch)
    model.encode(batch.images)
    model.decode(batch.noise)
    after = model.state()
    require(all(np.array_equal(before[name], after[name]) for name in before), "evaluating changed the state")
