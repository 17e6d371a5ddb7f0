"""Options of commands that draw figures, and the delivery of a figure to a file, a pipe or a terminal."""

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
        help="Figure; - is PNG on stdout.  [default: characters on a terminal, else -]",
        show_default=False,
    ),
]
Theme = Annotated[ThemeName, typer.Option(help="Theme of the figure.")]


def _inches(text: str | float) -> float:
    """Return a length such as 3.5, 3.5in, 8.5cm or 85mm in inches."""
    length = str(text).strip().lower()
    unit = next((unit for unit in PER_INCH if length.endswith(unit)), "")
    try:
        inches = float(length.removesuffix(unit)) / PER_INCH.get(unit, 1.0)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a length: use inches, or a unit as in 85mm") from None
    if not 1 <= inches <= 100:
        raise typer.BadParameter(f"{text} must be from 1 to 100 inches (25.4 to 2540 mm)")
    return inches


PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4}
Width = Annotated[
    float | None,
    typer.Option(
        parser=_inches,
        metavar="INCHES|MM",
        help="Width of the figure, such as 3.5 or 85mm.  [default: as needed]",
        show_default=False,
    ),
]
Dpi = Annotated[int, typer.Option(min=20, max=1200, help="Dots per inch.")]


def style(
    output: str | None, theme: str, width: float | None, dpi: int, palette: str | None = None
) -> "Style":
    """Return the style of a figure; raise a usage error if the file name ends in no known format.

    Characters on a terminal have no colors if NO_COLOR is set.
    """
    from latentkit.pictures import FORMATS, THEMES, Screen, Style, with_palette

    if _on_terminal(output):
        columns, rows = shutil.get_terminal_size()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return Style("txt", screen=Screen(columns, rows, color=not plain))
    format = "png" if output in (None, "-") else PurePath(output or "").suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise typer.BadParameter(
            f"{output}: the name of a figure must end in .{', .'.join(FORMATS)}", param_hint="-o"
        )
    colors = THEMES[theme] if palette is None else with_palette(THEMES[theme], palette)
    return Style(format, colors, width, dpi)


def is_page(output: str | None) -> bool:
    """Tell by the file name whether a page is requested rather than a figure."""
    return output is not None and PurePath(output).suffix.lower() == ".html"


def deliver(figure: bytes, output: str | None) -> None:
    """Write a figure to the output, or draw it on the terminal that `style` chose."""
    if _on_terminal(output):
        shell.draw(figure.decode())
    else:
        shell.save_bytes(figure, output or "-")


def _on_terminal(output: str | None) -> bool:
    return output is None and sys.stdout is not None and sys.stdout.isatty()
