"""The Keras backend of latentkit: layer rows by keras.ops alone, so KERAS_BACKEND may be tensorflow, jax or torch."""

import logging
import os
from collections.abc import Sequence
from typing import NoReturn

from latentkit.architecture import Architecture
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import State
from latentkit_keras.quiet import suppressed_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with suppressed_stderr():
    import keras

    from latentkit_keras.model import KerasModel

    keras.ops.zeros(1)  # the first use of a device prints messages too
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # retracing for a last, smaller batch is intended

__all__ = ["API", "build", "devices", "join", "version"]

API = 1


def version() -> str:
    """Return the versions of Keras and the name of the framework below it."""
    return f"keras {keras.__version__} on {keras.backend.backend()}"


def devices() -> Sequence[str]:
    """Return the devices, GPUs first, with the names of the other backends: "cuda:0"."""
    return [f"cuda:{index}" for index in range(_gpus())] + ["cpu"]


def _gpus() -> int:
    if keras.backend.backend() == "torch":  # keras.distribution does not support it
        import torch

        return torch.cuda.device_count()
    return sum(device.startswith("gpu") for device in keras.distribution.list_devices())


def join(device: str) -> NoReturn:
    """Raise BackendError: keras.distribution only shards over the devices of one process, and only on JAX."""
    raise BackendError(
        "the Keras backend runs in a single process, on one device; start it without torchrun, or use --backend torch in the "
        "group: Keras can embed with its runs and resume them"
    )


def build(
    architecture: Architecture,
    objective: Objective,
    state: State,
    *,
    device: str = "auto",
    compile: bool = False,
) -> KerasModel:
    """Return a model with this state on this device; `compile` uses XLA (as JAX always does) or torch.compile."""
    known = devices()
    name = {"auto": known[0], "cuda": "cuda:0"}.get(device, device)
    if name not in known:
        raise BackendError(f"keras has no device {device!r} here; it has {', '.join(known)}")
    if keras.backend.backend() != "torch":
        name = name.replace("cuda", "gpu")
    return KerasModel(architecture, objective, state, name, compile=compile)
