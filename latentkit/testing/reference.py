"""The reference for every row, loss and update, in float64 NumPy: written to be read, not to be fast.

The gradient is computed by central differences of the loss: nothing is derived by hand, so nothing can be derived
wrongly. Use it on networks of a few hundred weights.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from latentkit import objective as objectives
from latentkit.architecture import NORM_EPSILON, Architecture, Layer, parameters
from latentkit.objective import Objective
from latentkit.protocol import Batch, State

__all__ = ["Forward", "decode", "encode", "forward", "gradient", "loss", "losses", "update"]

Array = NDArray[np.float64]
Values = Mapping[str, NDArray[Any]]


def apply(half: str, rows: Iterable[Layer], weights: Values, x: Array) -> Array:
    """Apply the rows one after another to (N, C, H, W) or (N, F)."""
    for row in rows:
        name = f"{half}.{row.name}"
        match row.kind:
            case "conv":
                x = _convolution(x, weights, name, stride=2)
            case "upconv":
                x = _convolution(x.repeat(2, axis=2).repeat(2, axis=3), weights, name)
            case "dense":
                x = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
            case "norm":
                x = _norm(x, weights, name, row.size)
            case "silu":
                x = _silu(x)
            case "flatten":
                x = x.reshape(len(x), -1)
            case "unflatten":
                side = math.isqrt(x.shape[1] // row.size)
                x = x.reshape(len(x), row.size, side, side)
            case "residual":
                inner = _convolution(
                    _silu(_norm(x, weights, f"{name}.norm1", row.size)), weights, f"{name}.conv1"
                )
                inner = _convolution(
                    _silu(_norm(inner, weights, f"{name}.norm2", row.size)), weights, f"{name}.conv2"
                )
                x = x + inner
    return x


def _convolution(x: Array, weights: Values, name: str, stride: int = 1) -> Array:
    kernel = weights[f"{name}.weight"]  # (out, in, k, k)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, kernel.shape[2:], axis=(2, 3))[
        :, :, ::stride, ::stride
    ]  # (N, in, H, W, k, k)
    out: Array = np.einsum("nihwkl,oikl->nohw", windows, kernel) + weights[f"{name}.bias"][:, None, None]
    return out


def _norm(x: Array, weights: Values, name: str, groups: int) -> Array:
    grouped = x.reshape(len(x), groups, -1)
    centered = grouped - grouped.mean(axis=2, keepdims=True)
    normed = (centered / np.sqrt(grouped.var(axis=2, keepdims=True) + NORM_EPSILON)).reshape(x.shape)
    out: Array = normed * weights[f"{name}.weight"][:, None, None] + weights[f"{name}.bias"][:, None, None]
    return out


def _sigmoid(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def encode(architecture: Architecture, weights: Values, images: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Return mu and clamped logvar, each (N, latent), of images (N, H, W, C) uint8."""
    x = np.transpose(images, (0, 3, 1, 2)) / 255
    mu, logvar = np.split(apply("encoder", architecture.encoder, weights, x), 2, axis=1)
    return mu, np.clip(logvar, *objectives.LOGVAR)


def _logits(architecture: Architecture, weights: Values, latents: NDArray[Any]) -> Array:
    logits = apply("decoder", architecture.decoder, weights, latents.astype(np.float64))
    return np.transpose(logits, (0, 2, 3, 1))


def decode(architecture: Architecture, weights: Values, latents: NDArray[Any]) -> Array:
    """Return the decoded means, (N, H, W, C) in 0..1."""
    return _sigmoid(_logits(architecture, weights, latents))


class Forward(NamedTuple):
    """The result of a forward pass of a batch."""

    mu: Array  # (N, latent)
    logvar: Array  # (N, latent)
    reconstruction: Array  # (N,) nats
    squared_error: Array  # (N,)


def forward(
    architecture: Architecture,
    objective: Objective,
    weights: Values,
    batch: Batch,
    sigma2: float | None = None,
) -> Forward:
    """Pass a batch through the network; `sigma2` replaces the calibrated variance, which is constant in the gradient."""
    mu, logvar = encode(architecture, weights, batch.images)
    logits = _logits(architecture, weights, mu + np.exp(logvar / 2) * batch.noise)
    targets = batch.targets / 255
    squared_error = ((_sigmoid(logits) - targets) ** 2).sum(axis=(1, 2, 3))
    if objective.likelihood == "bernoulli":
        reconstruction: Array = objectives.bernoulli(targets, logits).astype(np.float64)
    else:
        if sigma2 is None:
            sigma2 = _sigma2(architecture, objective, squared_error)
        reconstruction = objectives.gaussian(squared_error, architecture.pixels, sigma2).astype(np.float64)
    return Forward(mu, logvar, reconstruction, squared_error)


def _sigma2(architecture: Architecture, objective: Objective, squared_error: Array) -> float:
    if objective.sigma is not None:
        return objective.sigma**2
    return objectives.calibrated_sigma2(squared_error, architecture.pixels)


def losses(objective: Objective, result: Forward, beta: float) -> tuple[float, float, float, float]:
    """Return the loss, reconstruction, KL and squared error of a batch, in the order of Losses."""
    reconstruction = float(result.reconstruction.mean())
    kl = objectives.kl(result.mu, result.logvar).mean(axis=0)
    loss = objectives.loss(reconstruction, kl, beta, objective.free_bits)
    return loss, reconstruction, float(kl.sum()), float(result.squared_error.mean())


def loss(
    architecture: Architecture,
    objective: Objective,
    weights: Values,
    batch: Batch,
    beta: float,
    sigma2: float | None,
) -> float:
    """Return the loss of a batch, with a given variance if there is one."""
    return losses(objective, forward(architecture, objective, weights, batch, sigma2), beta)[0]


def gradient(
    architecture: Architecture,
    objective: Objective,
    weights: Values,
    batch: Batch,
    beta: float,
    difference: float = 1e-5,
) -> dict[str, Array]:
    """Return the gradient by central differences, one weight at a time."""
    shifted = {name: np.array(value, np.float64) for name, value in weights.items()}
    sigma2 = None
    if objective.likelihood == "gaussian":
        sigma2 = _sigma2(
            architecture, objective, forward(architecture, objective, shifted, batch).squared_error
        )
    gradients = {name: np.zeros_like(value) for name, value in shifted.items()}
    for name, value in shifted.items():
        for index in np.ndindex(value.shape):
            original = value[index]
            value[index] = original + difference
            above = loss(architecture, objective, shifted, batch, beta, sigma2)
            value[index] = original - difference
            below = loss(architecture, objective, shifted, batch, beta, sigma2)
            value[index] = original
            gradients[name][index] = (above - below) / (2 * difference)
    return gradients


def update(
    architecture: Architecture,
    objective: Objective,
    state: State,
    batch: Batch,
    *,
    learning_rate: float,
    beta: float,
) -> State:
    """Return the state after one step, in float64."""
    names = list(parameters(architecture))
    weights = {name: state[f"weights/{name}"].astype(np.float64) for name in names}
    gradients = gradient(architecture, objective, weights, batch, beta)
    if objective.clip is not None:
        norm = math.sqrt(sum(float((each**2).sum()) for each in gradients.values()))
        gradients = {name: each * min(1, objective.clip / norm) for name, each in gradients.items()}
    step = int(state["step"]) + 1
    after: State = {"step": np.array(step, np.int64)}
    for name in names:
        g = gradients[name]
        if objective.optimizer == "adam":
            first, second = objectives.ADAM_DECAY
            m = first * state[f"adam.m/{name}"].astype(np.float64) + (1 - first) * g
            v = second * state[f"adam.v/{name}"].astype(np.float64) + (1 - second) * g**2
            after |= {f"adam.m/{name}": m, f"adam.v/{name}": v}
            change = m / (1 - first**step) / (np.sqrt(v / (1 - second**step)) + objectives.EPSILON)
        else:
            v = (
                objectives.RMSPROP_DECAY * state[f"rmsprop.v/{name}"].astype(np.float64)
                + (1 - objectives.RMSPROP_DECAY) * g**2
            )
            after[f"rmsprop.v/{name}"] = v
            change = g / (np.sqrt(v) + objectives.EPSILON)
        after[f"weights/{name}"] = weights[name] - learning_rate * change
    return after
