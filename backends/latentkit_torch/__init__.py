"""latentkit's PyTorch backend: layer rows as torch.nn.functional, gradients by autograd."""

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
    """The framework and its version."""
    return f"torch {torch.__version__}"


def devices() -> Sequence[str]:
    """The best device first: CUDA, then Apple's, then the CPU."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    apple = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *apple, "cpu"]


def join(device: str) -> TorchGroup:
    """The group of the processes that torchrun started with this one."""
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
    """A model with this state on this device."""
    known = devices()
    chosen = {"auto": known[0], "cuda": "cuda:0"}.get(device, device)
    if chosen not in known:
        raise BackendError(f"torch has no device {device!r} here; it has {', '.join(known)}")
    if chosen.startswith("cuda"):
        # float32 means float32, and (but for --compile) the same seed the same bytes: torch by itself does neither.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    if compile:
        require_compiler(torch.device(chosen))
    return TorchModel(
        architecture, objective, state, torch.device(chosen), group, precision=precision, compile=compile
    )
