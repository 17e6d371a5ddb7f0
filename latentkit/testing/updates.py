"""Checks of the updates: each is compared with that of the reference from the same state."""

from typing import get_args

import numpy as np

from latentkit import objective as objectives
from latentkit.architecture import Architecture, parameters
from latentkit.objective import Objective, Optimizer
from latentkit.protocol import Backend, Batch, Stager, State, takes
from latentkit.testing import reference
from latentkit.testing.subject import (
    batch_for,
    build,
    close,
    network,
    require,
    rows,
    state_of,
    vector_network,
    whole_network,
)

__all__ = [
    "check_adam",
    "check_calibrated_updates",
    "check_clip",
    "check_compile",
    "check_precision",
    "check_residual_updates",
    "check_resume",
    "check_rmsprop",
    "check_stage",
]


RATE, BETA = 0.01, 0.7


def _check_updates(
    backend: Backend, objective: Objective, architecture: Architecture | None = None, steps: int = 2
) -> None:
    """Require that each of several steps equals that of the reference from the state of the backend."""
    architecture = architecture or whole_network()
    model = build(backend, architecture, objective)
    for step in range(steps):
        batch, before = batch_for(architecture, step=step, clean=False), model.state()
        expected = reference.update(architecture, objective, before, batch, learning_rate=RATE, beta=BETA)
        model.step(batch, learning_rate=RATE, beta=BETA)
        after = model.state()
        require(int(after["step"]) == step + 1, f"step is {int(after['step'])} after {step + 1} updates")
        for slot in objectives.slots(objective.optimizer):
            keys = [f"{slot}/{name}" for name in parameters(architecture)]
            absolute = 1e-5 * max(float(np.abs(expected[key]).max()) for key in keys)
            for key in keys:
                close(f"step {step + 1}: {key}", after[key], expected[key], relative=1e-3, absolute=absolute)
        _compare_changes(f"step {step + 1}", before, after, expected)


def _compare_changes(where: str, before: State, after: State, expected: State) -> None:
    """Require that the weights change like those of the reference.

    Both optimizers divide by the root of v; where it is almost zero, even the sign of the change is arbitrary.
    """
    roots = {key: np.sqrt(value) for key, value in expected.items() if ".v/" in key}
    smallest = 1e-3 * max(float(root.max()) for root in roots.values())
    for key, root in roots.items():
        weight, significant = f"weights/{key.partition('/')[2]}", root > smallest
        changes = (state[weight] - before[weight].astype(np.float64) for state in (after, expected))
        actual, desired = (np.where(significant, change, 0.0) for change in changes)
        close(f"{where}: change of {weight}", actual, desired, relative=0.01, absolute=RATE * 1e-3)


def check_adam(backend: Backend) -> None:
    """Adam uses PyTorch's formula: bias correction before epsilon."""
    _check_updates(backend, Objective(sigma=0.3))


def check_rmsprop(backend: Backend) -> None:
    """RMSprop uses PyTorch's formula: epsilon outside the root."""
    _check_updates(backend, Objective(sigma=0.3, optimizer="rmsprop"))


def check_clip(backend: Backend) -> None:
    """The gradient is clipped by its norm over all weights together."""
    _check_updates(backend, Objective(sigma=0.3, clip=0.5))


def check_calibrated_updates(backend: Backend) -> None:
    """The gradient uses the calibrated sigma of its own batch."""
    _check_updates(backend, Objective())


def check_residual_updates(backend: Backend) -> None:
    """The gradient passes through both paths of a residual."""
    encoder, decoder = rows(("residual", 1), ("flatten", 0)), rows(("dense", 4), ("unflatten", 1))
    _check_updates(backend, Objective(sigma=0.3), network((2, 2, 1), 2, encoder, decoder), steps=1)


def check_resume(backend: Backend) -> None:
    """A model built from a state continues like the model that the state was taken from, for each optimizer."""
    architecture = vector_network()
    for optimizer in get_args(Optimizer):
        objective = Objective(optimizer=optimizer)
        original = build(backend, architecture, objective)
        original.step(batch_for(architecture), learning_rate=0.1, beta=1.0)
        resumed = backend.build(architecture, objective, original.state())
        for model in (original, resumed):
            model.step(batch_for(architecture, step=1), learning_rate=0.1, beta=1.0)
        left, right = original.state(), resumed.state()
        for name in left:
            close(f"{optimizer}, resumed: {name}", right[name], left[name], relative=1e-6, absolute=1e-7)


def check_precision(backend: Backend) -> None:
    """With precision="bfloat16", if supported, updates are close to those of float32, and all else is float32."""
    if not takes(backend, "precision"):
        return
    architecture, objective, batch = whole_network(), Objective(sigma=0.3), batch_for(whole_network())
    exact = build(backend, architecture, objective)
    rough = backend.build(architecture, objective, state_of(architecture), precision="bfloat16")
    evaluated = rough.evaluate(batch)
    for name, value in exact.evaluate(batch)._asdict().items():
        close(f"evaluated: {name}", getattr(evaluated, name), value, relative=1e-6, absolute=1e-7)
    expected, actual = (model.step(batch, learning_rate=RATE, beta=BETA) for model in (exact, rough))
    for name, value in expected._asdict().items():
        close(f"an update in bfloat16: {name}", float(getattr(actual, name)), float(value), relative=0.02)
    state, exact_state = rough.state(), exact.state()
    require(
        all(value.dtype == np.float32 for key, value in state.items() if key != "step"),
        "a state must be float32",
    )
    slots = [key for key in state if key.startswith("adam.m/")]
    gradient, exact_gradient = (
        np.concatenate([each[key].ravel() for key in slots]) for each in (state, exact_state)
    )
    cosine = float(gradient @ exact_gradient / np.linalg.norm(gradient) / np.linalg.norm(exact_gradient))
    require(
        cosine > 0.99,
        f"the cosine of the gradients in bfloat16 and float32 is {cosine:.3f}; it must be above 0.99",
    )


def check_compile(backend: Backend) -> None:
    """With compile=True, if supported, updates equal those of the reference, for other batch sizes and betas too."""
    if not takes(backend, "compile"):
        return
    architecture, objective = vector_network(), Objective()  # compiles in seconds, not in a minute
    model = backend.build(architecture, objective, state_of(architecture), compile=True)
    for step, (images, beta) in enumerate(((4, BETA), (3, BETA), (4, 0.0))):
        batch, before = batch_for(architecture, images, step=step), model.state()
        expected = reference.update(architecture, objective, before, batch, learning_rate=RATE, beta=beta)
        model.step(batch, learning_rate=RATE, beta=beta)
        _compare_changes(f"compiled, a batch of {images}, beta {beta}", before, model.state(), expected)


def check_stage(backend: Backend) -> None:
    """A model treats rows of staged images, if supported, like rows of the array."""
    architecture, indices = whole_network(), np.array([4, 0, 2])
    plain, stager = (build(backend, architecture) for _ in range(2))
    images, noise = batch_for(architecture, 5).images, batch_for(architecture, 3).noise
    staged = stager.stage(images) if isinstance(stager, Stager) else None
    if staged is None:
        return
    for model, part in ((plain, images[indices]), (stager, staged[indices])):
        model.step(Batch(part, part, noise), learning_rate=RATE, beta=BETA)
    state = stager.state()
    for name, value in plain.state().items():
        close(f"staged images: {name}", state[name], value, relative=1e-5, absolute=1e-6)
