"""`latentkit curves`."""

from typing import Annotated

import typer

from latentkit.commands import figures


def curves(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Folders that `latentkit train` made.")],
    output: figures.Output = None,
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    dpi: figures.Dpi = 150,
) -> None:
    """Draw how trainings went: loss, reconstruction, KL, R2, active units and learning rate by epoch.

    Several runs share the axes. What was found in a training is marked where it was found; a run that goes on
    can be drawn at any time.

    Examples:

        latentkit curves run

        latentkit curves run run2 --theme dark -o curves.png
    """
    from latentkit import pictures

    style = figures.style(output, theme, width, dpi)
    figures.deliver(pictures.curves(pictures.read_histories(runs), style), output)
