"""Checks of the interface: names, devices, and states."""

from typing import get_args

import numpy as np

from latentkit import objective as objectives
from latentkit.architecture import parameters
from latentkit.errors import BackendError
from latentkit.objective import Objective, Optimizer
from latentkit.protocol import API, Backend
from latentkit.testing.subject import (
    ContractError,
    batch_for,
    build,
    close,
    require,
    state_of,
    vector_network,
    whole_network,
)

__all__ = [
    "check_api",
    "check_batch_of_one",
    "check_devices",
    "check_join",
    "check_state_is_a_copy",
    "check_state_names",
    "check_unknown_device",
    "check_version",
    "check_weights_round_trip",
]


def check_api(backend: Backend) -> None:
    """The module has the API version of the protocol."""
    require(backend.API == API, f"API is {backend.API!r}, not {API}")


def check_version(backend: Backend) -> None:
    """`version()` names the framework and its version."""
    version = backend.version()
    valid = isinstance(version, str) and any(character.isdigit() for character in version)
    require(valid, f"version() is {version!r}; it must be a name and a number")


def check_devices(backend: Backend) -> None:
    """A model can be built on every listed device."""
    devices = backend.devices()
    require(len(devices) > 0, "devices() is empty; it must list at least one")
    architecture = vector_network()
    for device in devices:
        backend.build(architecture, Objective(), state_of(architecture), device=device)


def check_unknown_device(backend: Backend) -> None:
    """A device that does not exist raises a BackendError that names it."""
    architecture = vector_network()
    try:
        backend.build(architecture, Objective(), state_of(architecture), device="abacus:7")
    except BackendError as error:
        require("abacus:7" in str(error), f"the error does not name the device: {error}")
    else:
        raise ContractError("build(device='abacus:7') did not raise BackendError")


def check_join(backend: Backend) -> None:
    """Without a launcher, or without support for groups, `join` raises a BackendError that says what to do."""
    try:
        backend.join("auto")
    except BackendError as error:
        require(str(error) != "", "the error of join() has no message")
    else:
        raise ContractError("join('auto') did not raise BackendError in a process without a launcher")


def check_state_names(backend: Backend) -> None:
    """A state has the canonical names, shapes and types, and is C-contiguous, for each optimizer."""
    architecture = whole_network()
    for optimizer in get_args(Optimizer):
        state = build(backend, architecture, Objective(optimizer=optimizer)).state()
        prefixes = ("weights", *objectives.slots(optimizer))
        expected = {
            f"{prefix}/{name}": s for prefix in prefixes for name, s in parameters(architecture).items()
        }
        require(
            set(state) == {*expected, "step"},
            f"{optimizer}: keys differ: {sorted(set(state) ^ {*expected, 'step'})}",
        )
        require(state["step"].dtype == np.int64 and state["step"].shape == (), "step must be int64 and 0-d")
        for name, shape in expected.items():
            array = state[name]
            require(array.dtype == np.float32, f"{name} is {array.dtype}, not float32")
            require(array.shape == shape, f"{name} has shape {array.shape}, not {shape}")
            require(array.flags.c_contiguous, f"{name} is not C-contiguous")


def check_weights_round_trip(backend: Backend) -> None:
    """`state` returns the weights that `build` was given, bit for bit."""
    architecture = whole_network()
    given, returned = state_of(architecture), build(backend, architecture).state()
    for name, value in given.items():
        require(np.array_equal(returned[name], value), f"{name} has changed")


def check_state_is_a_copy(backend: Backend) -> None:
    """A step does not change an earlier state, and changing a state does not change the model."""
    architecture = vector_network()
    model, batch = build(backend, architecture), batch_for(architecture)
    model.step(batch, learning_rate=0.1, beta=1.0)
    state = model.state()
    copies = {name: value.copy() for name, value in state.items()}
    model.step(batch, learning_rate=0.1, beta=1.0)
    require(
        all(np.array_equal(state[name], copies[name]) for name in copies),
        "a step changed a state that was taken before it",
    )
    state = model.state()
    for value in state.values():
        value[...] = 0
    require(any(value.any() for value in model.state().values()), "changing a state changed the model")


def check_batch_of_one(backend: Backend) -> None:
    """The posterior of an image does not depend on the rest of its batch, which may have any size."""
    architecture = whole_network()
    model, images = build(backend, architecture), batch_for(architecture, 5).images
    together = model.encode(images).mu
    for index in range(len(images)):
        close(
            f"image {index} alone: mu",
            model.encode(images[index : index + 1]).mu,
            together[index : index + 1],
        )
