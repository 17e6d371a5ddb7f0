"""The checks: each takes a backend and raises ContractError saying what differs from the reference.

Each holds one promise, on networks so small that the others cannot disturb it: a kind of row is
checked without the other kinds wherever that can be, and next to trivial ones where it cannot.
"""

import math
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from latentkit import objective as meaning
from latentkit.architecture import Architecture, Kind, Layer, parameters
from latentkit.errors import BackendError
from latentkit.objective import Objective, Optimizer
from latentkit.protocol import API, Backend, Batch, Evaluation, Losses, Model, State
from latentkit.randomness import generator
from latentkit.testing import reference

__all__ = ["CHECKS", "ContractError"]


class ContractError(AssertionError):
    """A promise that the backend does not keep."""


def _require(kept: bool, promise: str) -> None:
    if not kept:
        raise ContractError(promise)


def _close(
    what: str, found: ArrayLike, expected: ArrayLike, *, relative: float = 1e-4, absolute: float = 1e-5
) -> None:
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    _require(found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}")
    off = np.abs(found - expected) - (absolute + relative * np.abs(expected))
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(off, nan=np.inf))), off.shape)
    _require(
        bool((off <= 0).all()), f"{what}: {found[worst]:.7g} where the reference has {expected[worst]:.7g}"
    )


def _rows(*rows: tuple[Kind, int]) -> tuple[Layer, ...]:
    """Rows with names of their own."""
    return tuple(Layer(kind, f"{kind}{size}.{id_}", size) for id_, (kind, size) in enumerate(rows))


def _network(
    image: tuple[int, int, int], latent: int, encoder: Sequence[Layer], decoder: Sequence[Layer]
) -> Architecture:
    decoder = tuple(Layer(kind, f"d.{name}", size) for kind, name, size in decoder)
    return Architecture(image, latent, tuple(encoder), decoder)


def _vector_network() -> Architecture:
    """Two dense rows and no more: (1, 1, 6) images, 3 latents."""
    return _network((1, 1, 6), 3, _rows(("flatten", 0), ("dense", 6)), _rows(("dense", 6), ("unflatten", 6)))


def _whole_network() -> Architecture:
    """Every kind but residual, 100 to 200 weights: (4, 4, 1) images, 2 latents."""
    encoder = _rows(("conv", 2), ("norm", 1), ("silu", 0), ("flatten", 0), ("dense", 4))
    decoder = _rows(("dense", 8), ("unflatten", 2), ("norm", 2), ("silu", 0), ("upconv", 1))
    return _network((4, 4, 1), 2, encoder, decoder)


def _state(architecture: Architecture, scale: float = 0.5) -> State:
    """Random weights, norms and biases included, so that nothing hides behind a 0 or a 1."""
    return {
        f"weights/{name}": generator(7, name).standard_normal(shape, np.float32) * np.float32(scale)
        for name, shape in parameters(architecture).items()
    }


def _weights(state: State) -> dict[str, NDArray[np.float32]]:
    return {
        name.removeprefix("weights/"): value for name, value in state.items() if name.startswith("weights/")
    }


def _batch(architecture: Architecture, n: int = 3, *, step: int = 0, clean: bool = True) -> Batch:
    images = generator(7, "images", step).integers(0, 256, (n, *architecture.image), np.uint8)
    targets = images if clean else generator(7, "targets", step).integers(0, 256, images.shape, np.uint8)
    return Batch(
        images, targets, generator(7, "noise", step).standard_normal((n, architecture.latent), np.float32)
    )


def _build(
    backend: Backend, architecture: Architecture, objective: Objective | None = None, scale: float = 0.5
) -> Model:
    return backend.build(architecture, objective or Objective(), _state(architecture, scale))


def _check_rows(backend: Backend, architecture: Architecture) -> None:
    """Encode and decode equal the reference's."""
    model, weights, batch = (
        _build(backend, architecture),
        _weights(_state(architecture)),
        _batch(architecture),
    )
    mu, logvar = reference.encode(architecture, weights, batch.images)
    posterior = model.encode(batch.images)
    _close("encode: mu", posterior.mu, mu)
    _close("encode: logvar", posterior.logvar, logvar)
    _close("decode", model.decode(batch.noise), reference.decode(architecture, weights, batch.noise))


def check_api(backend: Backend) -> None:
    """The module states the version of the contract it is written for."""
    _require(backend.API == API, f"API is {backend.API!r}, not {API}")


def check_version(backend: Backend) -> None:
    """`version()` names the framework and its version."""
    named = backend.version()
    _require(
        isinstance(named, str) and any(c.isdigit() for c in named), f"version() is {named!r}: name and number"
    )


def check_devices(backend: Backend) -> None:
    """Every device that is listed can be built on."""
    devices = backend.devices()
    _require(len(devices) > 0, "devices() is empty; at least one is needed")
    architecture = _vector_network()
    for device in devices:
        backend.build(architecture, Objective(), _state(architecture), device=device)


def check_unknown_device(backend: Backend) -> None:
    """A device that is not there is refused by a BackendError that names it."""
    architecture = _vector_network()
    try:
        backend.build(architecture, Objective(), _state(architecture), device="abacus:7")
    except BackendError as error:
        _require("abacus:7" in str(error), f"the error does not name the device: {error}")
    else:
        raise ContractError("build(device='abacus:7') did not raise BackendError")


def check_state_names(backend: Backend) -> None:
    """A state has the canonical names, shapes and types, C-contiguous, for either optimiser."""
    architecture = _whole_network()
    for optimizer in get_args(Optimizer):
        state = _build(backend, architecture, Objective(optimizer=optimizer)).state()
        prefixes = ("weights", *meaning.slots(optimizer))
        expected = {
            f"{prefix}/{name}": s for prefix in prefixes for name, s in parameters(architecture).items()
        }
        _require(
            set(state) == {*expected, "step"},
            f"{optimizer}: keys differ: {sorted(set(state) ^ {*expected, 'step'})}",
        )
        _require(state["step"].dtype == np.int64 and state["step"].shape == (), "step must be int64 and 0-d")
        for name, shape in expected.items():
            array = state[name]
            _require(array.dtype == np.float32, f"{name} is {array.dtype}, not float32")
            _require(array.shape == shape, f"{name} has shape {array.shape}, not {shape}")
            _require(array.flags.c_contiguous, f"{name} is not C-contiguous")


def check_weights_round_trip(backend: Backend) -> None:
    """The weights that went in come out, bit for bit."""
    architecture = _whole_network()
    given, kept = _state(architecture), _build(backend, architecture).state()
    for name, value in given.items():
        _require(np.array_equal(kept[name], value), f"{name} came back changed")


def check_state_is_a_copy(backend: Backend) -> None:
    """A later step does not change a state taken before it, nor does writing to it change the model."""
    architecture = _vector_network()
    model, batch = _build(backend, architecture), _batch(architecture)
    model.step(batch, learning_rate=0.1, beta=1.0)
    taken = model.state()
    kept = {name: value.copy() for name, value in taken.items()}
    model.step(batch, learning_rate=0.1, beta=1.0)
    _require(
        all(np.array_equal(taken[name], kept[name]) for name in kept),
        "a step changed a state taken before it",
    )
    now = model.state()
    for value in now.values():
        value[...] = 0
    _require(any(value.any() for value in model.state().values()), "writing to a state changed the model")


def check_conv(backend: Backend) -> None:
    """4x4, stride 2, one pixel of zeros around."""
    encoder = _rows(("conv", 3), ("conv", 4), ("flatten", 0))
    _check_rows(
        backend, _network((4, 4, 2), 2, encoder, _rows(("unflatten", 2), ("upconv", 2), ("upconv", 2)))
    )


def check_upconv(backend: Backend) -> None:
    """Nearest-neighbour x2, then 3x3 with one pixel of zeros around."""
    architecture = _network(
        (2, 2, 2), 3, _rows(("conv", 6), ("flatten", 0)), _rows(("unflatten", 3), ("upconv", 2))
    )
    latents = _batch(architecture).noise
    expected = reference.decode(architecture, _weights(_state(architecture)), latents)
    _close("decode", _build(backend, architecture).decode(latents), expected)


def check_dense(backend: Backend) -> None:
    """x W' + b, weights laid out (out, in)."""
    _check_rows(backend, _vector_network())


def check_norm(backend: Backend) -> None:
    """GroupNorm over the channels of a group and all pixels, epsilon 1e-5, then scale and shift per channel."""
    encoder = _rows(("norm", 2), ("conv", 4), ("flatten", 0))
    architecture = _network((2, 2, 4), 2, encoder, _rows(("unflatten", 2), ("upconv", 4)))
    weights = _weights(_state(architecture))
    images = _batch(architecture).images // 64 + 100  # of small variance, where the epsilon shows
    mu, _ = reference.encode(architecture, weights, images)
    _close("encode: mu", _build(backend, architecture).encode(images).mu, mu, relative=1e-3, absolute=1e-4)


def check_silu(backend: Backend) -> None:
    """x * sigmoid(x), for either sign."""
    decoder = _rows(("silu", 0), ("unflatten", 3))
    architecture = _network((1, 1, 3), 3, _rows(("flatten", 0), ("dense", 6)), decoder)
    latents = np.linspace(-6, 6, 30, dtype=np.float32).reshape(10, 3)
    _close(
        "decode", _build(backend, architecture).decode(latents), reference.decode(architecture, {}, latents)
    )


def check_flatten(backend: Backend) -> None:
    """In the order channel, row, column."""
    architecture = _network((2, 2, 3), 6, _rows(("flatten", 0)), _rows(("dense", 12), ("unflatten", 3)))
    images = _batch(architecture).images
    mu, logvar = reference.encode(architecture, {}, images)
    found = _build(backend, architecture).encode(images)
    _close("encode: mu", found.mu, mu)
    _close("encode: logvar", found.logvar, logvar)


def check_unflatten(backend: Backend) -> None:
    """To channels of square images, in the order channel, row, column."""
    architecture = _network((2, 2, 3), 12, _rows(("conv", 24), ("flatten", 0)), _rows(("unflatten", 3)))
    latents = _batch(architecture).noise
    _close(
        "decode", _build(backend, architecture).decode(latents), reference.decode(architecture, {}, latents)
    )


def check_residual(backend: Backend) -> None:
    """x + conv2(silu(norm2(conv1(silu(norm1(x))))))."""
    encoder = _rows(("residual", 2), ("conv", 4), ("flatten", 0))
    architecture = _network((2, 2, 4), 2, encoder, _rows(("unflatten", 2), ("upconv", 4)))
    images = _batch(architecture).images
    mu, _ = reference.encode(architecture, _weights(_state(architecture)), images)
    _close("encode: mu", _build(backend, architecture).encode(images).mu, mu, relative=1e-3, absolute=1e-4)


def check_logvar_is_clamped(backend: Backend) -> None:
    """To the bounds of the objective, in encode and in evaluate."""
    architecture, bounds = _vector_network(), meaning.LOGVAR
    model, batch = _build(backend, architecture, scale=1000), _batch(architecture, 8)
    for where, logvar in (
        ("encode", model.encode(batch.images).logvar),
        ("evaluate", model.evaluate(batch).logvar),
    ):
        lowest, highest = float(logvar.min()), float(logvar.max())
        _require((lowest, highest) == bounds, f"{where}: logvar lies in {lowest} to {highest}, not {bounds}")


def _check_losses(backend: Backend, objective: Objective, beta: float = 0.7, *, clean: bool = True) -> None:
    """The losses of a step equal the reference's."""
    architecture = _vector_network()
    batch = _batch(architecture, 5, clean=clean)
    passed = reference.forward(architecture, objective, _weights(_state(architecture)), batch)
    losses = _build(backend, architecture, objective).step(batch, learning_rate=0.0, beta=beta)
    for name, found, expected in zip(
        Losses._fields, losses, reference.figures(objective, passed, beta), strict=True
    ):
        _close(f"step: {name}", float(found), expected)


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
    architecture = _vector_network()
    batch = _batch(architecture, 5)
    for objective in (Objective(sigma=0.3), Objective(likelihood="bernoulli")):
        passed = reference.forward(architecture, objective, _weights(_state(architecture)), batch)
        found = _build(backend, architecture, objective).evaluate(batch)
        for name in Evaluation._fields:
            _close(f"evaluate: {name}", getattr(found, name), getattr(passed, name))


def check_evaluation_changes_nothing(backend: Backend) -> None:
    """Nor do encode and decode: the state before and after is the same."""
    architecture = _vector_network()
    model, batch = _build(backend, architecture), _batch(architecture)
    model.step(batch, learning_rate=0.1, beta=1.0)
    before = model.state()
    model.evaluate(batch)
    model.encode(batch.images)
    model.decode(batch.noise)
    after = model.state()
    _require(
        all(np.array_equal(before[name], after[name]) for name in before), "evaluating changed the state"
    )


def check_batch_of_one(backend: Backend) -> None:
    """An image's posterior does not depend on what is beside it, and a batch may be of any size."""
    architecture = _whole_network()
    model, images = _build(backend, architecture), _batch(architecture, 5).images
    together = model.encode(images).mu
    for index in range(len(images)):
        _close(
            f"image {index} alone: mu",
            model.encode(images[index : index + 1]).mu,
            together[index : index + 1],
        )


def _check_updates(backend: Backend, objective: Objective, steps: int = 3, beta: float = 0.7) -> None:
    """Each of several steps goes from the backend's state to where the reference goes from there."""
    architecture, rate = _whole_network(), 0.01
    model = _build(backend, architecture, objective)
    for step in range(steps):
        batch, before = _batch(architecture, step=step, clean=False), model.state()
        expected = reference.update(architecture, objective, before, batch, learning_rate=rate, beta=beta)
        model.step(batch, learning_rate=rate, beta=beta)
        after = model.state()
        _require(int(after["step"]) == step + 1, f"step is {int(after['step'])} after {step + 1} updates")
        slots = [name for name in expected if name.startswith(meaning.slots(objective.optimizer))]
        for name in slots:
            scale = float(np.abs(expected[name]).max())
            _close(
                f"step {step + 1}: {name}",
                after[name],
                expected[name],
                relative=1e-3,
                absolute=1e-4 * scale + 1e-12,
            )
        for name in parameters(architecture):
            # Both optimisers divide by the root of v: where v is next to nothing, so is the sign's worth.
            v = expected[f"{meaning.slots(objective.optimizer)[-1]}/{name}"]
            sure = np.sqrt(v) > 1e-3 * math.sqrt(
                max(float(value.max()) for key, value in expected.items() if ".v/" in key)
            )
            found, wanted = (
                s[f"weights/{name}"] - before[f"weights/{name}"].astype(np.float64) for s in (after, expected)
            )
            _close(
                f"step {step + 1}: change of {name}",
                found[sure],
                wanted[sure],
                relative=0.01,
                absolute=rate * 1e-3,
            )


def check_adam(backend: Backend) -> None:
    """Three steps of Adam, by PyTorch's formula, bias correction before epsilon."""
    _check_updates(backend, Objective(sigma=0.3))


def check_rmsprop(backend: Backend) -> None:
    """Three steps of RMSprop, by PyTorch's formula, epsilon outside the root."""
    _check_updates(backend, Objective(sigma=0.3, optimizer="rmsprop"))


def check_clip(backend: Backend) -> None:
    """The gradient is scaled to the largest norm, taken over all weights together."""
    _check_updates(backend, Objective(sigma=0.3, clip=0.5), steps=2)


def check_calibrated_updates(backend: Backend) -> None:
    """Each step's gradient is that of its own batch's sigma."""
    _check_updates(backend, Objective(), steps=2)


def check_resume(backend: Backend) -> None:
    """A model built from a state goes on as the one it was taken from, for either optimiser."""
    architecture = _vector_network()
    for optimizer in get_args(Optimizer):
        objective = Objective(optimizer=optimizer)
        unbroken = _build(backend, architecture, objective)
        unbroken.step(_batch(architecture), learning_rate=0.1, beta=1.0)
        resumed = backend.build(architecture, objective, unbroken.state())
        for model in (unbroken, resumed):
            model.step(_batch(architecture, step=1), learning_rate=0.1, beta=1.0)
        left, right = unbroken.state(), resumed.state()
        for name in left:
            _close(f"{optimizer}, resumed: {name}", right[name], left[name], relative=1e-6, absolute=1e-7)


CHECKS: tuple[Callable[[Backend], None], ...] = (
    check_api,
    check_version,
    check_devices,
    check_unknown_device,
    check_state_names,
    check_weights_round_trip,
    check_state_is_a_copy,
    check_conv,
    check_upconv,
    check_dense,
    check_norm,
    check_silu,
    check_flatten,
    check_unflatten,
    check_residual,
    check_logvar_is_clamped,
    check_gaussian_calibrated,
    check_gaussian_fixed,
    check_bernoulli,
    check_free_bits,
    check_targets,
    check_evaluation,
    check_evaluation_changes_nothing,
    check_batch_of_one,
    check_adam,
    check_rmsprop,
    check_clip,
    check_calibrated_updates,
    check_resume,
)
"""Every promise, in an order in which the first failure is the one to mend first."""
