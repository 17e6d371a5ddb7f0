"""`latentkit info`."""

from typing import Annotated

import typer

from latentkit import shell


def info(
    source: Annotated[str, typer.Argument(metavar="RUN|FILE|-", help="A run's folder, or latents.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a run or a file of latents holds."""
    from json import dumps

    from latentkit import summary

    found = summary.of(source, shell.load_latents)
    shell.emit(dumps(found, indent=2) if json else summary.in_words(found))
