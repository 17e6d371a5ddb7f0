"""torch.compile, and what it needs: fewer, larger kernels, and on a GPU all of them started at once (CUDA graphs)."""

import os
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from latentkit.errors import BackendError

__all__ = ["compiled", "require_compiler"]

Function = TypeVar("Function", bound=Callable[..., Any])


def require_compiler() -> None:
    """Raise BackendError where there is no C++ compiler, which torch.compile calls."""
    named = os.environ.get("CXX", "")
    if not any(shutil.which(program) for program in (named, "g++", "clang++", "c++") if program):
        raise BackendError("torch.compile needs a C++ compiler (g++): install one, or leave out --compile")


def compiled(function: Function, device: torch.device) -> Function:
    """The same, compiled when it first sees a batch of each size: a whole one, and the last of an epoch."""
    mode = "reduce-overhead" if device.type == "cuda" else "default"
    return torch.compile(function, dynamic=False, fullgraph=True, mode=mode)  # type: ignore[return-value]
