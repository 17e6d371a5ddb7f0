"""torch.compile, and what it needs: fewer, larger kernels, and on a GPU all of them started at once (CUDA graphs)."""

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import torch

from latentkit.errors import BackendError

__all__ = ["compiled", "require_compiler"]

Function = TypeVar("Function", bound=Callable[..., Any])


def require_compiler(device: torch.device) -> None:
    """Raise BackendError where there is no C++ compiler, which torch.compile calls, or on a GPU no Triton."""
    wanted = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")  # as torch looks for it
    if shutil.which(wanted) is None:
        raise BackendError(
            f"torch.compile needs a C++ compiler, and there is no {wanted}: install it, or leave out --compile"
        )
    if device.type == "cuda" and find_spec("triton") is None:
        raise BackendError("torch.compile needs Triton on a GPU: pip install triton, or leave out --compile")


def compiled(function: Function, device: torch.device) -> Function:
    """The same, compiled when it first sees a batch of each size: a whole one, and the last of an epoch."""
    # float32 is meant: that it could be less is no news.
    warnings.filterwarnings("ignore", "TensorFloat32 tensor cores", UserWarning)
    mode = "reduce-overhead" if device.type == "cuda" else "default"
    return torch.compile(function, dynamic=False, fullgraph=True, mode=mode)  # type: ignore[return-value]
