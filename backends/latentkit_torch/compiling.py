"""torch.compile and its requirements. It makes fewer, larger kernels, launched all at once on a GPU (CUDA graphs)."""

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
    """Raise BackendError if there is no C++ compiler, or no Triton on a GPU: torch.compile needs them."""
    compiler = os.environ.get(
        "CXX", "clang++" if sys.platform == "darwin" else "g++"
    )  # the one that torch looks for
    if shutil.which(compiler) is None:
        raise BackendError(
            f"torch.compile requires a C++ compiler, but {compiler} is not installed; install it, or leave out --compile"
        )
    if device.type == "cuda" and find_spec("triton") is None:
        raise BackendError(
            "torch.compile requires Triton on a GPU; pip install triton, or leave out --compile"
        )


def compiled(function: Function, device: torch.device) -> Function:
    """Return the function, to be compiled at the first batch of each size: a full one, and the last of an epoch."""
    # float32 is intended; the warning suggests TensorFloat32.
    warnings.filterwarnings("ignore", "TensorFloat32 tensor cores", UserWarning)
    mode = "reduce-overhead" if device.type == "cuda" else "default"
    return torch.compile(function, dynamic=False, fullgraph=True, mode=mode)  # type: ignore[return-value]
