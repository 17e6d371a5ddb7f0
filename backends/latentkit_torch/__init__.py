"""The PyTorch backend of latentkit: layer rows by torch.nn.functional, gradients by autograd."""

from collections.abc import Sequence

import torch

from latentkit.architecture import Architecture
from latentkit.errors import BackendError
from latentkit.objective import Objective
from latentkit.protocol import Precision, State
from latentkit_torch import group as groups
from latentkit_torch.compiling import require_compiler
from latentkit_torch.group import TorchGroup
from latentkit_torch.model import TorchModel

__all__ = ["API", "build", "devices", "join", "version"]

API = 1


def version() -> str:
    """Return the framework and its version."""
    return f"torch {torch.__version__}"


def devices() -> Sequence[str]:
    """Return the devices, the fastest first: CUDA, then Apple's MPS, then the CPU."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    apple = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *apple, "cpu"]


def join(device: str) -> TorchGroup:
    """Return the group of the processes that torchrun started together with this one."""
    return groups.join(device, devices())


def build(
    architecture: Architecture,
    objective: Objective,
    state: State,
    *,
    device: str = "auto",
    group: TorchGroup | None = None,
    precision: Precision = "float32",
    compile: bool = False,
) -> TorchModel:
    """Return a model with this state on this device."""
    known = devices()
    name = {"auto": known[0], "cuda": "cuda:0"}.get(device, device)
    if name not in known:
        raise BackendError(f"torch has no device {device!r} here; it has {', '.join(known)}")
    if name.startswith("cuda"):
        # By default, torch multiplies float32 in lower precision, and the same seed does not give the same bytes.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    if compile:
        require_compiler(torch.device(name))
    return TorchModel(
        architecture, objective, state, torch.device(name), group, precision=precision, compile=compile
    )
