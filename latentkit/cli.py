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
from latentkit.installation import describe
from latentkit.launch import launched, rank

__all__ = ["app"]

COMMANDS = (
    "scan",
    "train",
    "embed",
    "project",
    "plot",
    "curves",
    "export",
    "report",
    "cluster",
    "compare",
    "diagnose",
    "reconstruct",
    "sample",
    "decode",
    "traverse",
    "interpolate",
    "average",
    "info",
    "demo",
)
DISTRIBUTED = ("train", "embed")
"""Commands that a group of processes can run together."""

app = typer.Typer(
    name="latentkit",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train a variational auto-encoder on unlabeled images, and find out whether the classes separate.\n\n"
    "latentkit train photos -o run; latentkit embed run photos | latentkit project | latentkit report",
)


def _print_version(requested: bool) -> None:
    if requested:
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


for name in COMMANDS:
    app.command(name, cls=LazyCommand)(lazy(name, partial(_load, name)))
app.add_typer(backends, name="backends")
app.add_typer(cache, name="cache")
