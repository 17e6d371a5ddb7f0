"""One network on one torch device, with its optimiser."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from latentkit import objective as meaning
from latentkit.architecture import Architecture, parameters, shapes
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Losses, Posterior, Precision, State
from latentkit_torch.compiling import compiled
from latentkit_torch.pooling import Adder, add_up_together, mean_over
from latentkit_torch.rows import apply

__all__ = ["TorchModel"]

SLOTS = {"adam.m": "exp_avg", "adam.v": "exp_avg_sq", "rmsprop.v": "square_avg"}
"""The canonical names of an optimiser's slots, and torch's."""


class Inputs(NamedTuple):
    """A batch on the device."""

    x: Tensor  # (N, C, H, W)
    target: Tensor  # (N, C, H, W)
    noise: Tensor  # (N, latent)


class Forward(NamedTuple):
    """What a pass through both halves tells of each image by itself."""

    mu: Tensor  # (N, latent)
    logvar: Tensor  # (N, latent)
    squared_error: Tensor  # (N,)
    told: Tensor  # (N,), what nats are made of: the cross-entropy of a Bernoulli, else the squared error


class Staged:
    """Images (N, H, W, C) on a device, from which batches are taken without waiting for it."""

    def __init__(self, images: Tensor, send: Callable[[NDArray[np.int64]], Tensor]) -> None:
        self._images, self._send = images, send

    def __getitem__(self, rows: NDArray[np.int64]) -> Tensor:
        """(n, H, W, C) of these rows (n,). An array of NumPy's in the brackets would be sent while all wait."""
        return self._images[self._send(rows)]


class TorchModel:
    """See latentkit.protocol.Model."""

    def __init__(
        self,
        architecture: Architecture,
        objective: Objective,
        state: State,
        device: torch.device,
        group: Adder | None = None,
        *,
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        self._architecture, self._objective, self._device = architecture, objective, device
        self._group = group
        self._replays = compile and device.type == "cuda"  # CUDA graphs
        self._low_precision = precision == "bfloat16"
        # The processes of a group meet in the middle of `_losses`, which torch.compile cannot look into.
        self._step_pass = compiled(self._pass, device) if compile and group is not None else self._pass
        self._step_losses = compiled(self._losses, device) if compile and group is None else self._losses
        height, width, channels = architecture.image
        self._encoder_shapes = shapes(architecture.encoder, (channels, height, width))
        self._decoder_shapes = shapes(architecture.decoder, (architecture.latent,))
        self._weights = {
            name: torch.nn.Parameter(
                self._on_device(state[f"weights/{name}"])
            )  # which CUDA graphs need not copy
            for name in parameters(architecture)
        }
        self._optimizer = self._make_optimizer()
        self._steps = int(state.get("step", np.int64(0)))
        if self._steps:
            for name, weight in self._weights.items():
                slots = {SLOTS[slot]: self._on_device(state[f"{slot}/{name}"]) for slot in self._slots}
                steps = torch.tensor(float(self._steps), device=self._device if self._fused else None)
                self._optimizer.state[weight] = {"step": steps, **slots}

    @property
    def _slots(self) -> tuple[str, ...]:
        return meaning.slots(self._objective.optimizer)

    @property
    def _fused(self) -> bool:
        """Whether all weights are updated in one pass."""
        return self._objective.optimizer == "adam" and self._device.type in ("cpu", "cuda")

    def _make_optimizer(self) -> torch.optim.Optimizer:
        weights = list(self._weights.values())
        if self._objective.optimizer == "adam":
            return torch.optim.Adam(weights, betas=meaning.ADAM_DECAY, eps=meaning.EPSILON, fused=self._fused)
        return torch.optim.RMSprop(weights, alpha=meaning.RMSPROP_DECAY, eps=meaning.EPSILON)

    def _on_device(self, array: NDArray[np.float32]) -> Tensor:
        """A copy on the device, channels-last where it is a convolution: twice as fast on a CPU.

        In a group it is a copy of process 0's array.
        """
        tensor = torch.tensor(array, device=self._device)
        if self._group is not None:
            self._group.add_up(tensor if self._group.rank == 0 else tensor.zero_())
        return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor

    def stage(self, images: NDArray[np.uint8]) -> Staged | None:
        """All images on a GPU, if they take no more than a quarter of its free memory; see latentkit.protocol.Stager."""
        if self._device.type != "cuda" or images.nbytes > torch.cuda.mem_get_info(self._device)[0] // 4:
            return None
        return Staged(torch.from_numpy(images).to(self._device), self._sent)

    def _pixels(self, images: NDArray[np.uint8] | Tensor) -> Tensor:
        """(N, H, W, C) uint8 to (N, C, H, W) in 0..1, channels-last without a copy; floats on the device."""
        return self._sent(images).permute(0, 3, 1, 2).float().div_(255)

    def _sent(self, array: NDArray[Any] | Tensor) -> Tensor:
        """An array on the device: to a GPU through pinned memory, while it still computes."""
        if isinstance(array, Tensor):
            return array  # rows of what was staged
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self._device.type == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor.to(self._device)

    def _constant(self, value: float) -> Tensor:
        """() on the device, without waiting for it."""
        return torch.full((), value, dtype=torch.float32, device=self._device)

    def _encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = apply(
            "encoder", self._architecture.encoder, self._encoder_shapes, self._weights, x
        ).chunk(2, 1)
        return mu.float(), logvar.float().clamp(*meaning.LOGVAR)

    def _decode(self, z: Tensor) -> Tensor:
        return apply("decoder", self._architecture.decoder, self._decoder_shapes, self._weights, z)

    def _inputs(self, batch: Batch) -> Inputs:
        x = self._pixels(batch.images)
        target = x if batch.targets is batch.images else self._pixels(batch.targets)
        return Inputs(x, target, self._sent(batch.noise))

    def _pass(self, x: Tensor, target: Tensor, noise: Tensor) -> Forward:
        """Through both halves."""
        mu, logvar = self._encode(x)
        logits = self._decode(mu + torch.exp(logvar / 2) * noise).float()
        each = functional.mse_loss(torch.sigmoid(logits), target, reduction="none")  # one pass, and one back
        squared_error = each.flatten(1).sum(1)
        if self._objective.likelihood == "gaussian":
            return Forward(mu, logvar, squared_error, squared_error)
        entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return Forward(mu, logvar, squared_error, entropy.flatten(1).sum(1))

    def _precision(self) -> AbstractContextManager[None]:
        """What an update multiplies in."""
        return torch.autocast(self._device.type, torch.bfloat16) if self._low_precision else nullcontext()

    def _nats(self, told: Tensor, mean_squared_error: Tensor) -> Tensor:
        """(N,) of what a pass tells; the meaning is objective.py's."""
        if self._objective.likelihood == "bernoulli":
            return told
        pixels = self._architecture.pixels
        if self._objective.sigma is None:
            sigma2 = (mean_squared_error / pixels).clamp(min=meaning.SIGMA2_FLOOR)
        else:
            sigma2 = self._constant(self._objective.sigma**2)
        return told / (2 * sigma2) + pixels / 2 * torch.log(2 * math.pi * sigma2)

    def _losses(self, x: Tensor, target: Tensor, noise: Tensor, beta: Tensor) -> Losses:
        """Of the whole batch, with gradients of `loss` alone; the meaning is objective.py's."""
        # Of an empty share of a batch there is nothing to compile.
        through = self._step_pass if len(x) else self._pass
        mu, logvar, squared_error, told = through(x, target, noise)
        mean = mean_over(self._group, squared_error.detach())
        each = mean_over(self._group, mu.square() + logvar.exp() - 1 - logvar) / 2
        kl = each.sum()
        costly = each.clamp(min=self._objective.free_bits).sum() if self._objective.free_bits else kl
        reconstruction = mean_over(self._group, self._nats(told, mean))
        return Losses(reconstruction + beta * costly, reconstruction.detach(), kl.detach(), mean)

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """One update of the weights; the losses are those before it."""
        if self._replays:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        with self._precision():
            losses = self._step_losses(*self._inputs(batch), self._constant(beta))
        losses.loss.backward()
        if self._group is not None:
            add_up_together(self._group, self._gradients())
        if self._objective.clip is not None:
            self._clip(self._objective.clip)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._steps += 1
        losses = losses._replace(loss=losses.loss.detach())
        # The next replay writes where these are.
        return Losses(*(each.clone() for each in losses)) if self._replays else losses

    def _gradients(self) -> list[Tensor]:
        return [weight.grad for weight in self._weights.values() if weight.grad is not None]

    def _clip(self, largest: float) -> None:
        gradients = self._gradients()
        norm = torch.nn.utils.get_total_norm(gradients)
        torch._foreach_mul_(gradients, (largest / norm).clamp(max=1))

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> Evaluation:
        """The figures of each image of the batch; changes nothing."""
        mu, logvar, squared_error, told = self._pass(*self._inputs(batch))
        nats = self._nats(told, squared_error.mean())
        return Evaluation(_array(nats), _array(squared_error), _array(mu), _array(logvar))

    @torch.no_grad()
    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """(N, H, W, C) uint8 to the posterior of each image."""
        mu, logvar = self._encode(self._pixels(images))
        return Posterior(_array(mu), _array(logvar))

    @torch.no_grad()
    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, latent) to decoded means, (N, H, W, C) in 0..1."""
        logits = self._decode(self._sent(latents))
        return _array(torch.sigmoid(logits).permute(0, 2, 3, 1))

    def state(self) -> State:
        """Everything that the next step depends on, as copies."""
        state: State = {f"weights/{name}": _array(weight) for name, weight in self._weights.items()}
        for slot in self._slots:
            for name, weight in self._weights.items():
                kept = self._optimizer.state[weight].get(SLOTS[slot]) if self._steps else None
                state[f"{slot}/{name}"] = _array(torch.zeros_like(weight) if kept is None else kept)
        return state | {"step": np.array(self._steps, np.int64)}


def _array(tensor: Tensor) -> NDArray[np.float32]:
    """A C-contiguous copy in main memory."""
    return np.array(tensor.detach().cpu().numpy(), np.float32, order="C")
