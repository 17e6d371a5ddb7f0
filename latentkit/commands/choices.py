"""Options whose values are the methods of a table: see `latentkit.methods`."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer

from latentkit.methods import Table

__all__ = ["list_methods", "method_option"]

Command = TypeVar("Command", bound=Callable[..., None])


def method_option(table: Table[Any], *names: str, help: str) -> Any:
    """Return an option that takes the name of a method."""
    choices = table.names

    def check(name: str | None) -> str | None:
        if name is None or name.lower() in choices:
            return name and name.lower()
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(choices)}")

    return typer.Option(
        *names,
        metavar="|".join(choices),
        help=help,
        callback=check,
        autocompletion=lambda: choices,
        show_default=False,
    )


def list_methods(table: Table[Any]) -> Callable[[Command], Command]:
    """Decorate a command: "{methods}" in its docstring becomes a clause for each method of the table."""

    def fill_in(command: Command) -> Command:
        clauses = " ".join(f"{method.name}: {method.summary}." for method in table)
        command.__doc__ = (command.__doc__ or "").replace("{methods}", clauses)
        return command

    return fill_in
