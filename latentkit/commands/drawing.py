"""How pictures are asked for on the command line: the same for every command that draws what a decoder makes."""

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
    "LatentsFile",
    "Output",
    "RunFolder",
    "Shown",
    "fitting_latents",
    "format_of",
    "open_run",
    "write",
]

STILL, ANIMATED = ("png", "svg", "pdf"), ("gif", "webp")


RunFolder = Annotated[str, typer.Argument(metavar="RUN", help="The folder that `latentkit train` made.")]
LatentsFile = Annotated[str, typer.Argument(metavar="[FILE|-]", help="Latents; - is standard input.")]
Output = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE|-",
        help="A picture (.png, .svg, .pdf) or an animation (.gif, .webp); - is PNG on standard output.",
    ),
]
Shown = Annotated[int, typer.Option("-n", min=1, max=1000, help="How many images.")]


def format_of(output: str, formats: Sequence[str] = (*STILL, *ANIMATED)) -> str:
    """What the name of a file asks for; asked before any work is done."""
    format = "png" if output == "-" else PurePath(output).suffix.lower().removeprefix(".")
    if format not in formats:
        raise typer.BadParameter(
            f"{output}: the name of the file ends in .{', .'.join(formats)}", param_hint="-o"
        )
    return format


def open_run(run: str, backend: str | None, device: str) -> "Run":
    """The trained run in a folder."""
    from pathlib import Path

    from latentkit import run as runs

    return runs.open_run(Path(run), backend, device).load()


def fitting_latents(run: "Run", argument: str, labels: str | None = None) -> "Latents":
    """The latents that an argument names, which are those of this run as far as they tell."""
    from latentkit import decoding

    latents = shell.load_latents(argument, labels)
    decoding.check_fits(run, latents, "standard input" if argument == "-" else argument)
    return latents


def write(shown: "Sheetable", stream: BinaryIO, format: str, theme: ThemeName, width: float | None) -> None:
    """Draw, and write the picture."""
    from latentkit.pictures.grid import draw_sheet

    stream.write(draw_sheet(shown, format=format, theme=theme.value, width=width))
