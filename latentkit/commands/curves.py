"""`latentkit curves`."""

from typing import Annotated

import typer

from latentkit.commands import figures


def curves(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Run folders.")],
    output: figures.Output = None,
    theme: figures.Theme = figures.ThemeName.light,
    width: figures.Width = None,
    dpi: figures.Dpi = 150,
) -> None:
    """Plot the training curves of runs.

    The metrics are loss, reconstruction, KL, R2, active units and learning rate by epoch. Several runs share the
    axes. Findings made during training are marked at their epoch. A run can be plotted while it is training.

    Examples:

        latentkit curves run

        latentkit curves run run2 --theme dark -o curves.png
    """
    from latentkit import pictures

    style = figures.style(output, theme, width, dpi)
    figures.deliver(pictures.curves(pictures.read_histories(runs), style), output)
