"""Latents made elsewhere: a bare .npz, an .npy, a CSV."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from numpy.typing import NDArray

from latentkit.errors import FormatError
from latentkit.formats.latents import Latents

__all__ = ["from_arrays", "from_file"]


def from_file(file: BinaryIO, name: str) -> Latents:
    raise FormatError(f"{name}: not read yet")


def from_arrays(arrays: Mapping[str, NDArray[Any]], name: str) -> Latents:
    raise FormatError(f"{name}: not read yet")
