"""The model: forwards, backwards, and an update of the weights."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit import objective as objectives
from latentkit.architecture import Architecture, Weights, parameters, shapes
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Losses, Posterior, State
from latentkit_numpy.rows import Array, Back, apply, sigmoid


class Forward(NamedTuple):
    """The result of a forward pass of a batch, and what the backward pass needs."""

    mu: Array
    logvar: Array
    clamped: NDArray[np.bool_]
    logits: Array
    target: Array
    squared_error: Array
    reconstruction: Array
    sigma2: float
    to_latent: Back
    to_pixels: Back


class NumpyModel:
    """A network in NumPy; see latentkit.protocol.Model."""

    def __init__(self, architecture: Architecture, objective: Objective, state: State) -> None:
        height, width, channels = architecture.image
        self._architecture, self._objective = architecture, objective
        self._encoder_shapes = shapes(architecture.encoder, (channels, height, width))
        self._decoder_shapes = shapes(architecture.decoder, (architecture.latent,))
        self._weights: Weights = {name: state[f"weights/{name}"].copy() for name in parameters(architecture)}
        self._gradients: Weights = {name: np.zeros_like(value) for name, value in self._weights.items()}
        self._slots = {
            f"{slot}/{name}": state.get(f"{slot}/{name}", np.zeros_like(value)).copy()
            for slot in objectives.slots(objective.optimizer)
            for name, value in self._weights.items()
        }
        self._steps = int(state.get("step", np.int64(0)))

    def _encode(self, images: NDArray[np.uint8]) -> tuple[Array, Array, NDArray[np.bool_], Back]:
        x = np.transpose(images, (0, 3, 1, 2)).astype(np.float32) / np.float32(255)
        rows = self._architecture.encoder
        out, back = apply("encoder", rows, self._encoder_shapes, self._weights, self._gradients, x)
        mu, raw = np.split(out, 2, axis=1)
        logvar = np.clip(raw, *map(np.float32, objectives.LOGVAR))
        return mu, logvar, raw != logvar, back

    def _decode(self, latents: NDArray[np.float32]) -> tuple[Array, Back]:
        rows = self._architecture.decoder
        return apply("decoder", rows, self._decoder_shapes, self._weights, self._gradients, latents)

    def _forward(self, batch: Batch) -> Forward:
        mu, logvar, clamped, to_pixels = self._encode(batch.images)
        logits, to_latent = self._decode(mu + np.exp(logvar / 2) * batch.noise)
        target = np.transpose(batch.targets, (0, 3, 1, 2)).astype(np.float32) / np.float32(255)
        squared_error = ((sigmoid(logits) - target) ** 2).sum(axis=(1, 2, 3))
        sigma2, pixels = 1.0, self._architecture.pixels
        if self._objective.likelihood == "bernoulli":
            reconstruction = objectives.bernoulli(target, logits)
        else:
            fixed = self._objective.sigma
            sigma2 = objectives.calibrated_sigma2(squared_error, pixels) if fixed is None else fixed**2
            reconstruction = objectives.gaussian(squared_error, pixels, sigma2)
        return Forward(
            mu,
            logvar,
            clamped,
            logits,
            target,
            squared_error,
            reconstruction.astype(np.float32),
            sigma2,
            to_latent,
            to_pixels,
        )

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """Update the weights once; return the losses before the update."""
        # The caller checks whether the loss is finite: NumPy need not warn.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._step(batch, learning_rate, beta)

    def _step(self, batch: Batch, learning_rate: float, beta: float) -> Losses:
        forward, free = self._forward(batch), self._objective.free_bits
        kl = objectives.kl(forward.mu, forward.logvar).mean(axis=0)
        reconstruction = float(forward.reconstruction.mean())
        self._backward(forward, batch, beta * (kl >= free).astype(np.float32))
        self._update(learning_rate)
        loss = objectives.loss(reconstruction, kl, beta, free)
        return Losses(loss, reconstruction, float(kl.sum()), float(forward.squared_error.mean()))

    def _backward(self, forward: Forward, batch: Batch, weight: Array) -> None:
        """Compute the gradients; `weight` (latent,) is beta, or 0 for a dimension whose KL is not penalized."""
        for gradient in self._gradients.values():
            gradient[...] = 0
        n, mean = len(forward.mu), sigmoid(forward.logits)
        error = mean - forward.target
        # The gradient of the Bernoulli likelihood at the logits is the error itself.
        if self._objective.likelihood == "gaussian":
            error = error * mean * (1 - mean) / np.float32(forward.sigma2)
        z = forward.to_latent(error / n)
        variance = np.exp(forward.logvar)
        mu = z + weight * forward.mu / n
        logvar = z * batch.noise * np.sqrt(variance) / 2 + weight * (variance - 1) / (2 * n)
        forward.to_pixels(np.concatenate([mu, np.where(forward.clamped, np.float32(0), logvar)], axis=1))

    def _update(self, learning_rate: float) -> None:
        self._steps += 1
        scale = 1.0
        if self._objective.clip is not None:
            norm = np.sqrt(sum(float((gradient**2).sum()) for gradient in self._gradients.values()))
            scale = min(1.0, self._objective.clip / norm) if norm else 1.0
        for name, weight in self._weights.items():
            g = self._gradients[name] * np.float32(scale)
            change = self._adam(name, g) if self._objective.optimizer == "adam" else self._rmsprop(name, g)
            weight -= np.float32(learning_rate) * change

    def _adam(self, name: str, g: Array) -> Array:
        first, second = objectives.ADAM_DECAY
        m, v = self._slots[f"adam.m/{name}"], self._slots[f"adam.v/{name}"]
        m += np.float32(1 - first) * (g - m)
        v += np.float32(1 - second) * (g**2 - v)
        root = np.sqrt(v / np.float32(1 - second**self._steps)) + np.float32(objectives.EPSILON)
        return m / np.float32(1 - first**self._steps) / root

    def _rmsprop(self, name: str, g: Array) -> Array:
        v = self._slots[f"rmsprop.v/{name}"]
        v += np.float32(1 - objectives.RMSPROP_DECAY) * (g**2 - v)
        return g / (np.sqrt(v) + np.float32(objectives.EPSILON))

    def evaluate(self, batch: Batch) -> Evaluation:
        """Return the losses of each image of the batch; changes nothing."""
        forward = self._forward(batch)
        return Evaluation(forward.reconstruction, forward.squared_error, forward.mu, forward.logvar)

    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """Return the posterior of each image (N, H, W, C) uint8."""
        mu, logvar, _, _ = self._encode(images)
        return Posterior(mu, logvar)

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the decoded means, (N, H, W, C) in 0..1, of latents (N, latent)."""
        return np.ascontiguousarray(np.transpose(sigmoid(self._decode(latents)[0]), (0, 2, 3, 1)))

    def state(self) -> State:
        """Return copies of everything that the next step depends on."""
        weights = {
            f"weights/{name}": np.ascontiguousarray(value).copy() for name, value in self._weights.items()
        }
        slots = {name: value.copy() for name, value in self._slots.items()}
        return weights | slots | {"step": np.array(self._steps, np.int64)}
