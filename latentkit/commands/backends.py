"""`latentkit backends`: list backends, and check them."""

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

    rows = [backend._asdict() for backend in registry.installed()]
    shell.emit(
        dumps(rows) if json else "\n".join("{name}\t{module}\t{distribution}".format(**row) for row in rows)
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
    from latentkit.testing.report import run_checks

    results = list(run_checks(registry.load(name)))
    shell.emit(dumps([result._asdict() for result in results]) if json else "\n".join(map(str, results)))
    failed = [result.check for result in results if result.broken is not None]
    if failed:
        raise BackendError(
            f"backend {name!r} fails {len(failed)} of {len(results)} contract checks: {', '.join(failed)}"
        )
