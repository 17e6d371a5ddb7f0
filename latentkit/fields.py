"""Fields of a dataclass that are options of a command: type, default, help and bounds are written once, together.

`commands.fields` makes the options of them. Nothing heavy is imported, because every `--help` shows them.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_type_hints

__all__ = ["Option", "option", "options"]


class Option(NamedTuple):
    """The help and the bounds of an option, in addition to its name, type and default."""

    help: str
    group: str | None = None
    """The heading under which the help lists it; None: "Options"."""
    minimum: float | None = None
    maximum: float | None = None
    metavar: str | None = None
    default_text: str | None = None
    """Text that the help shows instead of the default value."""
    parse: Callable[[str], Any] | None = None
    """Converts the text of the command line; raises ValueError saying what is wrong."""


def option(default: Any, help: str, **more: Any) -> Any:
    """Return a field of a dataclass with this default, which is an option with this help; see Option for the rest."""
    return dataclasses.field(default=default, metadata={"option": Option(help, **more)})


def options(record: type) -> Mapping[str, tuple[Any, Any, Option]]:
    """Return the type, default and Option of every field of a dataclass that has one, by name."""
    types = get_type_hints(record)
    return {
        field.name: (types[field.name], field.default, field.metadata["option"])
        for field in dataclasses.fields(record)
        if "option" in field.metadata
    }
