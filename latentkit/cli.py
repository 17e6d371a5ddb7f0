"""The command line: names the commands. Nothing heavy is imported here or by a command's module."""

from typing import Annotated

import typer

from latentkit import shell
from latentkit.commands.average import average
from latentkit.commands.backends import backends
from latentkit.commands.cache import cache
from latentkit.commands.cluster import cluster
from latentkit.commands.compare import compare
from latentkit.commands.curves import curves
from latentkit.commands.decode import decode
from latentkit.commands.demo import demo
from latentkit.commands.diagnose import diagnose
from latentkit.commands.embed import embed
from latentkit.commands.export import export
from latentkit.commands.info import info
from latentkit.commands.interpolate import interpolate
from latentkit.commands.late import Late, later
from latentkit.commands.plot import plot
from latentkit.commands.project import project
from latentkit.commands.reconstruct import reconstruct
from latentkit.commands.report import report
from latentkit.commands.sample import sample
from latentkit.commands.scan import scan
from latentkit.commands.train import train
from latentkit.commands.traverse import traverse
from latentkit.installation import describe
from latentkit.launch import launched, rank

__all__ = ["app"]

app = typer.Typer(
    name="latentkit",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Train a variational auto-encoder on unlabelled images, and find out whether the classes separate.\n\n"
    "latentkit train photos -o run; latentkit embed run photos | latentkit project | latentkit report",
)


GROUPED = ("train", "embed")
"""What a group of processes can do together."""


def _version(asked: bool) -> None:
    if asked:
        shell.emit(describe())
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    if launched() and context.invoked_subcommand not in GROUPED:
        if rank() == 0:
            raise typer.BadParameter(
                f"{context.invoked_subcommand} is done by one process: start it without torchrun; "
                f"{' and '.join(GROUPED)} are for groups"
            )
        raise typer.Exit(2)


for command in (
    scan,
    train,
    embed,
    project,
    plot,
    curves,
    export,
    report,
    cluster,
    compare,
    diagnose,
    reconstruct,
    sample,
    decode,
    traverse,
    interpolate,
    average,
    info,
    demo,
):
    app.command(cls=Late)(later(command))
app.add_typer(backends, name="backends")
app.add_typer(cache, name="cache")
