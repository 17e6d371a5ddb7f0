"""Options and steps that the commands which draw decoded images share."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from latentkit import shell
from latentkit.commands.figures import ThemeName

if TYPE_CHECKING:
    from latentkit.formats.latents import Latents
    from latentkit.pictures.sheet import Sheetable
    from latentkit.run import Run

__all__ = [
    "ANIMATED",
    "STILL",
    "Count",
    "LatentsFile",
    "Output",
    "RunFolder",
    "format_of",
    "load_latents_of",
    "open_run",
    "write",
]

STILL, ANIMATED = ("png", "svg", "pdf"), ("gif", "webp")
"""The formats of `pictures.grid`, which is not imported here because it imports NumPy, and help must be fast."""


RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="Run folder.")]
LatentsFile = Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")]
Output = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE|-",
        help="File, .png .svg .pdf .gif or .webp; - is PNG on stdout.",
    ),
]
Count = Annotated[int, typer.Option("-n", min=1, max=1000, help="Number of images.")]


def format_of(output: str, formats: Sequence[str] = (*STILL, *ANIMATED)) -> str:
    """Return the format that a file name ends in; a usage error before any work is done for any other name."""
    format = "png" if output == "-" else PurePath(output).suffix.lower().removeprefix(".")
    if format not in formats:
        raise typer.BadParameter(
            f"{output}: the file name must end in .{', .'.join(formats)}", param_hint="-o"
        )
    return format


def open_run(run: str, backend: str | None, device: str) -> "Run":
    """Open the run in a folder and build its model."""
    from pathlib import Path

    from latentkit import run as runs

    return runs.open_run(Path(run), backend, device).load()


def load_latents_of(run: "Run", argument: str, labels: str | None = None) -> "Latents":
    """Load the latents that an argument names; raise an error if they were made by another run."""
    from latentkit import decoding

    latents = shell.load_latents(argument, labels)
    decoding.check_fits(run, latents, "standard input" if argument == "-" else argument)
    return latents


def write(
    sheetable: "Sheetable", stream: BinaryIO, format: str, theme: ThemeName, width: float | None
) -> None:
    """Draw a sheet or an animation and write it."""
    from latentkit.pictures.grid import draw_sheet

    stream.write(draw_sheet(sheetable, format=format, theme=theme.value, width=width))
