"""`latentkit demo`."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands import inputs


def demo(
    folder: Annotated[
        str, typer.Argument(metavar="[FOLDER]", help="Folder for everything the demo writes.")
    ] = "latentkit-demo",
    backend: inputs.Backend = None,
) -> None:
    """Analyze handwritten digits.

    It analyzes, plots, traverses and reports, and prints each command before running it. This takes about a minute. A
    second call continues where the first one stopped.
    """
    from latentkit.demo import demonstrate

    demonstrate(folder, backend, shell.say)
