"""The interface of an export format's module, and the options of an export."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from latentkit.formats.latents import Latents
from latentkit.methods import EXPORTS

__all__ = ["ExportModule", "ExportOptions", "Tell", "write"]

Tell = Callable[[str], None]
"""Receives a sentence about what a format cannot hold, or how to open the result."""


@dataclass(frozen=True)
class ExportOptions:
    """The options of all formats; a format ignores those that it does not support."""

    method: str | None = None
    """The projection that becomes x and y; None for the latest."""
    vector: bool = True
    """Include mu."""
    path: str = "-"
    """The name of the file, for the instructions on how to open it."""
    seed: int = 0
    """Seed of a sample."""
    overwrite: bool = False
    """Write into a folder that holds other files."""


class ExportModule(Protocol):
    """A module of this package that has the name of a format."""

    def write(self, latents: Latents, output: BinaryIO | Path, options: ExportOptions, tell: Tell) -> None:
        """Write the latents to a stream, or to a folder if the format is one."""


def write(
    format: str,
    latents: Latents,
    output: BinaryIO | Path,
    options: ExportOptions,
    tell: Tell = lambda _: None,
) -> None:
    """Write latents in a format to a stream, or to a folder if the format is one."""
    cast(ExportModule, EXPORTS.module(format)).write(latents, output, options, tell)
