"""`latentkit demo`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs


def demo(
    folder: Annotated[
        str, typer.Argument(metavar="[FOLDER]", help="Where everything is put.")
    ] = "latentkit-demo",
    backend: inputs.Backend = None,
) -> None:
    """Show the whole pipe on real handwritten digits: train, embed, project, plot, report.

    Each command is printed before it is run. It takes about a minute.
    """
    from latentkit.demo import demonstrate

    demonstrate(folder, backend, shell.say)
