"""The command line: names the commands.

A command is the function of its own name in the module of its own name in `latentkit.commands`, and is imported when
it is used. Nothing heavy is imported here or at the top of a command's module.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer

from latentkit import shell
from latentkit.commands.backends import backends
from latentkit.commands.cache import cache
from latentkit.commands.lazy import LazyCommand, lazy
from latentkit.launch import launched, rank

__all__ = ["app"]

COMMANDS = {
    "analyze": "Analyze images from end to end.",
    "scan": "Check images before training on them.",
    "train": "Train a VAE on images.",
    "embed": "Embed images with a trained run.",
    "project": "Project latents to two or three dimensions.",
    "plot": "Plot a projection of latents.",
    "curves": "Plot the training curves of runs.",
    "export": "Export latents to the formats of other tools.",
    "report": "Judge whether the classes separate.",
    "cluster": "Find clusters of latents.",
    "compare": "Compare latent spaces of the same images.",
    "diagnose": "Find out what went wrong in a training.",
    "reconstruct": "Draw images above their reconstructions.",
    "sample": "Draw sampled images.",
    "decode": "Decode latents to images.",
    "traverse": "Draw what each latent dimension encodes.",
    "interpolate": "Draw the images between two or four images.",
    "average": "Draw the decoded mean of each class.",
    "info": "Show what a run or latents contain.",
    "demo": "Analyze handwritten digits.",
}
"""Every command and its summary, the first line of its docstring: repeated here so that `latentkit --help` imports none."""
DISTRIBUTED = ("train", "embed")
"""Commands that a group of processes can run together."""

app = typer.Typer(
    name="latentkit",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train a variational auto-encoder on unlabeled images, and find out whether the classes separate.\n\n"
    "\b\n"  # Click wraps no paragraph that begins with it
    "Examples:\n"
    "  latentkit analyze photos -o out\n"
    "  latentkit train photos -o run\n"
    "  latentkit embed run photos | latentkit project | latentkit report",
)


def _print_version(requested: bool) -> None:
    if requested:
        from latentkit.installation import describe

        shell.emit(describe())
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    if launched() and context.invoked_subcommand not in DISTRIBUTED:
        if rank() == 0:
            raise typer.BadParameter(
                f"{context.invoked_subcommand} runs in a single process: start it without torchrun; "
                f"only {' and '.join(DISTRIBUTED)} can run in a group of processes"
            )
        raise typer.Exit(2)


def _load(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(import_module(f"latentkit.commands.{name}"), name)
    return function


for name, summary in COMMANDS.items():
    app.command(name, cls=LazyCommand, short_help=summary)(lazy(name, partial(_load, name)))
app.add_typer(backends, name="backends")
app.add_typer(cache, name="cache")
