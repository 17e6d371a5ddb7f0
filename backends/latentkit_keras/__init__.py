"""latentkit's Keras backend: layer rows by keras.ops alone, so KERAS_BACKEND may be tensorflow, jax or torch."""

import logging
import os
from collections.abc import Sequence
from typing import NoReturn

from latentkit.architecture import Architecture
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import State
from latentkit_keras.quiet import held_back_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with held_back_stderr():
    import keras

    from latentkit_keras.model import KerasModel

    keras.ops.zeros(1)  # the first use of a device greets as well
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # retracing for a last, smaller batch is meant

__all__ = ["API", "build", "devices", "join", "version"]

API = 1


def version() -> str:
    """Keras, its version, and what it computes with."""
    return f"keras {keras.__version__} on {keras.backend.backend()}"


def devices() -> Sequence[str]:
    """GPUs first, named as elsewhere: "cuda:0"."""
    return [f"cuda:{index}" for index in range(_gpus())] + ["cpu"]


def _gpus() -> int:
    if keras.backend.backend() == "torch":  # which keras.distribution does not know
        import torch

        return torch.cuda.device_count()
    return sum(device.startswith("gpu") for device in keras.distribution.list_devices())


def join(device: str) -> NoReturn:
    """Refuse: keras.distribution shards over the devices of one process, and only on JAX; nothing here does."""
    raise BackendError(
        "the Keras backend computes in one process, on one device: start it without torchrun, or let the group "
        "use --backend torch, whose runs Keras embeds and goes on with"
    )


def build(
    architecture: Architecture,
    objective: Objective,
    state: State,
    *,
    device: str = "auto",
    compile: bool = False,
) -> KerasModel:
    """A model with this state on this device; compiled by XLA, which JAX does anyhow, or by torch.compile."""
    known = devices()
    chosen = {"auto": known[0], "cuda": "cuda:0"}.get(device, device)
    if chosen not in known:
        raise BackendError(f"keras has no device {device!r} here; it has {', '.join(known)}")
    if keras.backend.backend() != "torch":
        chosen = chosen.replace("cuda", "gpu")
    return KerasModel(architecture, objective, state, chosen, compile=compile)
