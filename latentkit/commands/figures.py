"""How figures are asked for on the command line, and where they go: the same for every command that draws."""

import os
import shutil
import sys
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from latentkit import shell

if TYPE_CHECKING:
    from latentkit.pictures import Style

__all__ = ["Dpi", "Output", "Theme", "ThemeName", "Width", "deliver", "is_page", "style"]


class ThemeName(StrEnum):
    light = "light"
    dark = "dark"


Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FIG.png|svg|pdf|txt|-",
        help="The figure, its format by its name; - is PNG on standard output.  "
        "[default: drawn in characters if standard output is a terminal (NO_COLOR=1: without colors), else -]",
        show_default=False,
    ),
]
Theme = Annotated[
    ThemeName, typer.Option(help="Of a figure, not of characters: for a light page or a dark one.")
]
Width = Annotated[
    float | None,
    typer.Option(
        min=1,
        max=100,
        metavar="INCHES",
        help="Width of the figure.  [default: as needed]",
        show_default=False,
    ),
]
Dpi = Annotated[int, typer.Option(min=20, max=1200, help="Dots per inch.")]


def style(output: str | None, theme: str, width: float | None, dpi: int) -> "Style":
    """The style of the figure that is asked for; a usage error for a name that says no format."""
    from latentkit.pictures import FORMATS, THEMES, Screen, Style

    if _on_terminal(output):
        columns, rows = shutil.get_terminal_size()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return Style("txt", screen=Screen(columns, rows, color=not plain))
    format = "png" if output in (None, "-") else PurePath(output or "").suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise typer.BadParameter(
            f"{output}: the name of a figure ends in .{', .'.join(FORMATS)}", param_hint="-o"
        )
    return Style(format, THEMES[theme], width, dpi)


def is_page(output: str | None) -> bool:
    """Whether what is asked for is no figure but a page, by the name of the file."""
    return output is not None and PurePath(output).suffix.lower() == ".html"


def deliver(figure: bytes, output: str | None) -> None:
    """Put a figure where it is wanted, or on the terminal that `style` has drawn it for."""
    if _on_terminal(output):
        shell.draw(figure.decode())
    else:
        shell.save_bytes(figure, output or "-")


def _on_terminal(output: str | None) -> bool:
    return output is None and sys.stdout is not None and sys.stdout.isatty()
