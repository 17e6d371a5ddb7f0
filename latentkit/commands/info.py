"""`latentkit info`."""

from typing import Annotated

import typer

from latentkit import shell


def info(
    source: Annotated[str, typer.Argument(metavar="RUN|FILE|-", help="A run folder, or latents.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a run or latents contain.

    The summary fits one screen. --json has everything, such as the layers of the network and the shapes of arrays.
    """
    from json import dumps

    from latentkit import summary

    facts = summary.summarize(source, shell.load_latents)
    shell.emit(dumps(facts, indent=2) if json else summary.to_text(facts))
