"""`latentkit backends`: what is installed, and whether it keeps the contract."""

from typing import Annotated

import typer

from latentkit import shell

backends = typer.Typer(
    no_args_is_help=False,
    rich_markup_mode=None,
    help="List or check the installed backends.",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@backends.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(json=False)


@backends.command("list")
def list_(json: AsJson = False) -> None:
    """List the installed backends.

    None is imported, so this works when one is broken.
    """
    from json import dumps

    from latentkit import registry

    found = [backend._asdict() for backend in registry.installed()]
    shell.emit(
        dumps(found) if json else "\n".join("{name}\t{module}\t{distribution}".format(**row) for row in found)
    )


@backends.command("check")
def check(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the backend, see `latentkit backends list`.")
    ],
    json: AsJson = False,
) -> None:
    """Check a backend against the contract.

    The exit code is 1 if a check fails.
    """
    from json import dumps

    from latentkit import registry
    from latentkit.errors import BackendError
    from latentkit.testing.report import verdicts

    found = list(verdicts(registry.load(name)))
    shell.emit(dumps([one._asdict() for one in found]) if json else "\n".join(map(str, found)))
    broken = [one.check for one in found if one.broken is not None]
    if broken:
        raise BackendError(
            f"backend {name!r} does not keep {len(broken)} of {len(found)} promises: {', '.join(broken)}"
        )
