"""A network on a torch device, with its optimizer."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from latentkit import objective as objectives
from latentkit.architecture import Architecture, parameters, shapes
from latentkit.objective import Objective
from latentkit.protocol import Batch, Evaluation, Losses, Posterior, Precision, State
from latentkit_torch.compiling import compiled
from latentkit_torch.pooling import Reducer, all_reduce_many, mean_over
from latentkit_torch.rows import apply

__all__ = ["TorchModel"]

SLOTS = {"adam.m": "exp_avg", "adam.v": "exp_avg_sq", "rmsprop.v": "square_avg"}
"""The canonical names of the optimizer's slots, and those of torch."""


class Inputs(NamedTuple):
    """A batch on the device."""

    x: Tensor  # (N, C, H, W)
    target: Tensor  # (N, C, H, W)
    noise: Tensor  # (N, latent)


class Forward(NamedTuple):
    """The result of a pass through encoder and decoder, for each image by itself."""

    mu: Tensor  # (N, latent)
    logvar: Tensor  # (N, latent)
    squared_error: Tensor  # (N,)
    nll_terms: Tensor  # (N,), the cross-entropy of a Bernoulli, or the squared error of a Gaussian


class Staged:
    """Images (N, H, W, C) on a device, from which batches are taken without waiting for the device."""

    def __init__(self, images: Tensor, send: Callable[[NDArray[np.int64]], Tensor]) -> None:
        self._images, self._send = images, send

    def __getitem__(self, rows: NDArray[np.int64]) -> Tensor:
        """Return (n, H, W, C) of these rows (n,). Indexing with a NumPy array would copy it synchronously."""
        return self._images[self._send(rows)]


class TorchModel:
    """A network on a torch device; see latentkit.protocol.Model."""

    def __init__(
        self,
        architecture: Architecture,
        objective: Objective,
        state: State,
        device: torch.device,
        group: Reducer | None = None,
        *,
        precision: Precision = "float32",
        compile: bool = False,
    ) -> None:
        self._architecture, self._objective, self._device = architecture, objective, device
        self._group = group
        self._replays = compile and device.type == "cuda"  # CUDA graphs
        self._low_precision = precision == "bfloat16"
        # In a group, `_losses` communicates in the middle, which torch.compile does not support.
        self._step_pass = compiled(self._pass, device) if compile and group is not None else self._pass
        self._step_losses = compiled(self._losses, device) if compile and group is None else self._losses
        height, width, channels = architecture.image
        self._encoder_shapes = shapes(architecture.encoder, (channels, height, width))
        self._decoder_shapes = shapes(architecture.decoder, (architecture.latent,))
        self._weights = {
            name: torch.nn.Parameter(
                self._on_device(state[f"weights/{name}"])
            )  # CUDA graphs do not copy parameters
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
        return objectives.slots(self._objective.optimizer)

    @property
    def _fused(self) -> bool:
        """True if the optimizer updates all weights in one pass."""
        return self._objective.optimizer == "adam" and self._device.type in ("cpu", "cuda")

    def _make_optimizer(self) -> torch.optim.Optimizer:
        weights = list(self._weights.values())
        if self._objective.optimizer == "adam":
            return torch.optim.Adam(
                weights, betas=objectives.ADAM_DECAY, eps=objectives.EPSILON, fused=self._fused
            )
        return torch.optim.RMSprop(weights, alpha=objectives.RMSPROP_DECAY, eps=objectives.EPSILON)

    def _on_device(self, array: NDArray[np.float32]) -> Tensor:
        """Return a copy on the device, channels-last for a convolution: twice as fast on a CPU.

        In a group, it is a copy of the array of process 0.
        """
        tensor = torch.tensor(array, device=self._device)
        if self._group is not None:
            self._group.all_reduce(tensor if self._group.rank == 0 else tensor.zero_())
        return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor

    def stage(self, images: NDArray[np.uint8]) -> Staged | None:
        """Return all images on a GPU, if they take at most a quarter of its free memory; see latentkit.protocol.Stager."""
        if self._device.type != "cuda" or images.nbytes > torch.cuda.mem_get_info(self._device)[0] // 4:
            return None
        return Staged(torch.from_numpy(images).to(self._device), self._send)

    def _pixels(self, images: NDArray[np.uint8] | Tensor) -> Tensor:
        """Return (N, C, H, W) float32 in 0..1 on the device, channels-last, of images (N, H, W, C) uint8."""
        return self._send(images).permute(0, 3, 1, 2).float().div_(255)

    def _send(self, array: NDArray[Any] | Tensor) -> Tensor:
        """Return an array on the device; it is copied to a GPU through pinned memory, while that still computes."""
        if isinstance(array, Tensor):
            return array  # rows of staged images
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self._device.type == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor.to(self._device)

    def _constant(self, value: float) -> Tensor:
        """Return a 0-d tensor on the device, without waiting for the device."""
        return torch.full((), value, dtype=torch.float32, device=self._device)

    def _encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = apply(
            "encoder", self._architecture.encoder, self._encoder_shapes, self._weights, x
        ).chunk(2, 1)
        return mu.float(), logvar.float().clamp(*objectives.LOGVAR)

    def _decode(self, z: Tensor) -> Tensor:
        return apply("decoder", self._architecture.decoder, self._decoder_shapes, self._weights, z)

    def _inputs(self, batch: Batch) -> Inputs:
        x = self._pixels(batch.images)
        target = x if batch.targets is batch.images else self._pixels(batch.targets)
        return Inputs(x, target, self._send(batch.noise))

    def _pass(self, x: Tensor, target: Tensor, noise: Tensor) -> Forward:
        """Pass a batch through encoder and decoder."""
        mu, logvar = self._encode(x)
        logits = self._decode(mu + torch.exp(logvar / 2) * noise).float()
        # mse_loss takes one pass forward and one back.
        squared_errors = functional.mse_loss(torch.sigmoid(logits), target, reduction="none")
        squared_error = squared_errors.flatten(1).sum(1)
        if self._objective.likelihood == "gaussian":
            return Forward(mu, logvar, squared_error, squared_error)
        entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return Forward(mu, logvar, squared_error, entropy.flatten(1).sum(1))

    def _precision(self) -> AbstractContextManager[None]:
        """Return the context in which updates multiply in low precision, if asked for."""
        return torch.autocast(self._device.type, torch.bfloat16) if self._low_precision else nullcontext()

    def _nll(self, nll_terms: Tensor, mean_squared_error: Tensor) -> Tensor:
        """Return the negative log-likelihoods (N,), as objective.py defines them."""
        if self._objective.likelihood == "bernoulli":
            return nll_terms
        pixels = self._architecture.pixels
        if self._objective.sigma is None:
            sigma2 = (mean_squared_error / pixels).clamp(min=objectives.SIGMA2_FLOOR)
        else:
            sigma2 = self._constant(self._objective.sigma**2)
        return nll_terms / (2 * sigma2) + pixels / 2 * torch.log(2 * math.pi * sigma2)

    def _losses(self, x: Tensor, target: Tensor, noise: Tensor, beta: Tensor) -> Losses:
        """Return the losses of the whole batch, as objective.py defines them; only `loss` has a gradient."""
        # An empty share of a batch is not worth compiling for.
        forward = self._step_pass if len(x) else self._pass
        mu, logvar, squared_error, nll_terms = forward(x, target, noise)
        mean = mean_over(self._group, squared_error.detach())
        kl_per_dim = mean_over(self._group, mu.square() + logvar.exp() - 1 - logvar) / 2
        kl = kl_per_dim.sum()
        penalized = kl_per_dim.clamp(min=self._objective.free_bits).sum() if self._objective.free_bits else kl
        reconstruction = mean_over(self._group, self._nll(nll_terms, mean))
        return Losses(reconstruction + beta * penalized, reconstruction.detach(), kl.detach(), mean)

    def step(self, batch: Batch, *, learning_rate: float, beta: float) -> Losses:
        """Update the weights once; return the losses before the update."""
        if self._replays:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        with self._precision():
            losses = self._step_losses(*self._inputs(batch), self._constant(beta))
        losses.loss.backward()
        if self._group is not None:
            all_reduce_many(self._group, self._gradients())
        if self._objective.clip is not None:
            self._clip(self._objective.clip)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._steps += 1
        losses = losses._replace(loss=losses.loss.detach())
        # The next replay of the CUDA graph overwrites these tensors.
        return Losses(*(loss.clone() for loss in losses)) if self._replays else losses

    def _gradients(self) -> list[Tensor]:
        return [weight.grad for weight in self._weights.values() if weight.grad is not None]

    def _clip(self, maximum: float) -> None:
        gradients = self._gradients()
        norm = torch.nn.utils.get_total_norm(gradients)
        torch._foreach_mul_(gradients, (maximum / norm).clamp(max=1))

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> Evaluation:
        """Return the losses of each image of the batch; changes nothing."""
        mu, logvar, squared_error, nll_terms = self._pass(*self._inputs(batch))
        nll = self._nll(nll_terms, squared_error.mean())
        return Evaluation(_array(nll), _array(squared_error), _array(mu), _array(logvar))

    @torch.no_grad()
    def encode(self, images: NDArray[np.uint8]) -> Posterior:
        """Return the posterior of each image (N, H, W, C) uint8."""
        mu, logvar = self._encode(self._pixels(images))
        return Posterior(_array(mu), _array(logvar))

    @torch.no_grad()
    def decode(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the decoded means, (N, H, W, C) in 0..1, of latents (N, latent)."""
        logits = self._decode(self._send(latents))
        return _array(torch.sigmoid(logits).permute(0, 2, 3, 1))

    def state(self) -> State:
        """Return copies of everything that the next step depends on."""
        state: State = {f"weights/{name}": _array(weight) for name, weight in self._weights.items()}
        for slot in self._slots:
            for name, weight in self._weights.items():
                value = self._optimizer.state[weight].get(SLOTS[slot]) if self._steps else None
                state[f"{slot}/{name}"] = _array(torch.zeros_like(weight) if value is None else value)
        return state | {"step": np.array(self._steps, np.int64)}


def _array(tensor: Tensor) -> NDArray[np.float32]:
    """Return a C-contiguous copy in main memory."""
    return np.array(tensor.detach().cpu().numpy(), np.float32, order="C")
