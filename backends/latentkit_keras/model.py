"""A network on a device, with its optimizer, in any framework below Keras.

keras.ops has no gradients, so the update goes through `train_on_batch` of a keras.Model whose
`compute_loss` is overridden. Everything else is `predict_on_batch` of small models over the same
weights, because that is what compiles in every framework.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from latentkit import objective as objectives
from latentkit.architecture import Architecture, parameters, shapes
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Losses, Posterior, State
from latentkit_keras.optimizers import make
from latentkit_keras.rows import apply, canonical, native

__all__ = ["KerasModel"]

Tensor = Any


class Network(keras.layers.Layer):  # type: ignore[misc]  # keras ships no types
    """The weights, with encoder and decoder."""

    def __init__(self, architecture: Architecture, objective: Objective, state: State) -> None:
        super().__init__(name="network")
        height, width, channels = architecture.image
        self.architecture, self.objective = architecture, objective
        self.encoder_shapes = shapes(architecture.encoder, (channels, height, width))
        self.decoder_shapes = shapes(architecture.decoder, (architecture.latent,))
        self.weight = {}
        for name in parameters(architecture):
            value = native(state[f"weights/{name}"])
            self.weight[name] = self.add_weight(shape=value.shape, name=name.replace(".", "_"))
            self.weight[name].assign(value)
        self.built = True

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and clamped logvar of images (N, H, W, C) in 0..1."""
        mu, logvar = ops.split(
            apply("encoder", self.architecture.encoder, self.encoder_shapes, self.weight, x), 2, axis=1
        )
        return mu, ops.clip(logvar, *objectives.LOGVAR)

    def decode(self, z: Tensor) -> Tensor:
        """Return logits (N, H, W, C) of latents (N, latent)."""
        return apply("decoder", self.architecture.decoder, self.decoder_shapes, self.weight, z)

    def forward(self, batch: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return reconstruction (N,), squared error (N,), mu and logvar (N, latent) of a Batch."""
        images, targets, noise = batch
        mu, logvar = self.encode(_unit(images))
        target, logits = _unit(targets), self.decode(mu + ops.exp(logvar / 2) * noise)
        squared_error = ops.sum(ops.square(ops.sigmoid(logits) - target), axis=(1, 2, 3))
        return self._reconstruction(logits, target, squared_error), squared_error, mu, logvar

    def _reconstruction(self, logits: Tensor, target: Tensor, squared_error: Tensor) -> Tensor:
        """Return the negative log-likelihoods (N,), as objective.py defines them."""
        if self.objective.likelihood == "bernoulli":
            each = ops.maximum(logits, 0) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))
            return ops.sum(each, axis=(1, 2, 3))
        pixels = self.architecture.pixels
        if self.objective.sigma is None:
            sigma2 = ops.maximum(ops.mean(ops.stop_gradient(squared_error)) / pixels, objectives.SIGMA2_FLOOR)
        else:
            sigma2 = ops.convert_to_tensor(self.objective.sigma**2, "float32")
        return squared_error / (2 * sigma2) + pixels / 2 * ops.log(2 * math.pi * sigma2)


class Trainer(keras.Model):  # type: ignore[misc]
    """Updates the weights with a batch; beta and the losses of the last step are variables next to the weights."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.beta = self.add_weight(shape=(), trainable=False, name="beta")
        self.losses_of_step = self.add_weight(shape=(4,), trainable=False, name="losses_of_step")
        self.built = True

    def call(self, batch: Any) -> Any:
        return self.network.forward(batch)

    def reset_metrics(self) -> None:
        """Do nothing: Keras's own metrics are not used, and would be reset before every step."""

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        each, squared_error, mu, logvar = y_pred
        kl = ops.mean(ops.square(mu) + ops.exp(logvar) - 1 - logvar, axis=0) / 2
        reconstruction = ops.mean(each)
        loss = reconstruction + self.beta * ops.sum(ops.maximum(kl, self.network.objective.free_bits))
        losses = [loss, reconstruction, ops.sum(kl), ops.mean(squared_error)]
        self.losses_of_step.assign(ops.stack([ops.stop_gradient(each) for each in losses]))
        return loss


class Evaluator(keras.Model):  # type: ignore[misc]
    """Returns the Evaluation of a batch."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def call(self, batch: Any) -> Any:
        return self.network.forward(batch)


class Encoder(keras.Model):  # type: ignore[misc]
    """Returns the posterior of images."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def call(self, images: Any) -> Any:
        return self.network.encode(_unit(images))


class Decoder(keras.Model):  # type: ignore[misc]
    """Returns the decoded means of latents."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def call(self, latents: Any) -> Any:
        return ops.sigmoid(self.network.decode(latents))


class KerasModel:
    """A network on a device; see latentkit.protocol.Model."""

    def __init__(
        self,
        architecture: Architecture,
        objective: Objective,
        state: State,
        device: str,
        *,
        compile: bool = False,
    ) -> None:
        self._device = device
        self._rates: tuple[float, float] | None = None  # the learning rate and beta of the trainer
        with keras.device(device):
            self._network = Network(architecture, objective, state)
            self._trainer, self._optimizer = Trainer(self._network), make(objective)
            self._optimizer.build(list(self._network.trainable_variables))
            jit = compile or keras.backend.backend() == "jax"
            self._trainer.compile(optimizer=self._optimizer, jit_compile=jit)
            self._evaluator, self._encoder = Evaluator(self._network), Encoder(self._network)
            self._decoder = Decoder(self._network)
        self._names = {id(weight): name for name, weight in self._network.weight.items()}
        if "step" in state:
            self._optimizer.iterations.assign(int(state["step"]))
            for slot, weight, variable in self._slots():
                variable.assign(native(state[f"{slot}/{weight}"]))

    def _slots(self) -> list[tuple[str, str, Any]]:
        """Return, for every slot, its canonical name, the name of its weight, and its variable."""
        return [
            (slot, self._names[id(weight)], variable)
            for slot, variables in self._optimizer.slots.items()
            for weight, variable in zip(self._network.trainable_variables, variables, strict=True)
        ]

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """Update the weights once; return the losses before the update."""
        with keras.device(self._device):
            if (learning_rate, beta) != self._rates:
                self._optimizer.learning_rate.assign(learning_rate)
                self._trainer.beta.assign(beta)
                self._rates = learning_rate, beta
            self._trainer.train_on_batch(tuple(batch))
            return Losses(*_array(self._trainer.losses_of_step))

    def evaluate(self, batch: Batch) -> Evaluation:
        """Return the losses of each image of the batch; changes nothing."""
        with keras.device(self._device):
            return Evaluation(*map(_array, self._evaluator.predict_on_batch(tuple(batch))))

    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """Return the posterior of each image (N, H, W, C) uint8."""
        with keras.device(self._device):
            return Posterior(*map(_array, self._encoder.predict_on_batch(images)))

    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the decoded means, (N, H, W, C) in 0..1, of latents (N, latent)."""
        with keras.device(self._device):
            return _array(self._decoder.predict_on_batch(latents))

    def state(self) -> State:
        """Return copies of everything that the next step depends on."""
        state: State = {
            f"weights/{name}": canonical(_array(weight)) for name, weight in self._network.weight.items()
        }
        state |= {f"{slot}/{weight}": canonical(_array(variable)) for slot, weight, variable in self._slots()}
        return state | {"step": np.array(int(self._optimizer.iterations.numpy()), np.int64)}


def _unit(images: Tensor) -> Tensor:
    """Return uint8 pixels as floats in 0..1."""
    return ops.cast(images, "float32") / 255


def _array(tensor: Any) -> NDArray[np.float32]:
    """Return a copy in main memory."""
    return np.array(ops.convert_to_numpy(tensor), np.float32)
