"""Commands that are imported, and whose options are read, when they are used.

`latentkit COMMAND --help` imports one command, and `latentkit --help` none. Importing all of them and reading their
options would take longer than importing Typer.
"""

import inspect
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import typer
from typer.core import TyperCommand

__all__ = ["LazyCommand", "lazy"]

Function = Callable[..., Any]


def lazy(name: str, load: Callable[[], Function]) -> Function:
    """Return a placeholder to register with Typer, with `cls=LazyCommand`; `load` returns the command's function."""

    def placeholder() -> None:
        raise NotImplementedError(f"{name} must be registered with cls=LazyCommand")

    placeholder.__name__ = name
    placeholder.__dict__["load"] = load
    return placeholder


class LazyCommand(TyperCommand):
    """A command that reads its function when its help, its options or its callback are needed."""

    @cached_property
    def function(self) -> Function:
        """The function that the command runs."""
        loaded: Function = self.__dict__["placeholder"].load()
        return loaded

    @cached_property
    def command(self) -> Any:
        """The command as Typer makes it of the function, with choices in upper or lower case."""
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        alone.command(self.name)(self.function)
        command: Any = typer.main.get_command(alone)
        for parameter in command.params:
            if hasattr(parameter.type, "case_sensitive"):
                parameter.type.case_sensitive = False
        return command

    @property
    def help(self) -> Any:
        """The docstring of the function."""
        return inspect.getdoc(self.function)

    @help.setter
    def help(self, absent: Any) -> None:
        """Ignore the placeholder's."""

    @property
    def params(self) -> Any:
        """The parameters of the function."""
        return self.command.params

    @params.setter
    def params(self, absent: Any) -> None:
        """Ignore the placeholder's."""

    @property
    def callback(self) -> Any:
        """The function, as Typer wraps it."""
        return self.command.callback

    @callback.setter
    def callback(self, placeholder: Any) -> None:
        self.__dict__["placeholder"] = placeholder

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Write a required argument as `RUN`; newer versions of Typer write `{RUN}`."""
        return [re.sub(r"^\{(.*)\}$", r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options; a `rich_help_panel` makes a section of its own."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                section = getattr(parameter, "rich_help_panel", None) or kind
                sections.setdefault(section, []).append((_plain_type(record[0]), _plain_notes(record[1])))
        for section, records in sections.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)


def _plain_type(names: str) -> str:
    """Write `<int range>` as `<int>`: the range is told in the notes."""
    return re.sub(r"<(\w+) range>$", r"<\1>", names)


def _plain_notes(text: str) -> str:
    """Write `[default: (64); x>=1]` as `[default: 64; at least 1]`."""
    text = re.sub(r"\[default: \((.*?)\)(?=[];])", r"[default: \1", text)
    text = re.sub(r"\[([^][]*)\]\s+\[([^][]*)\]$", r"[\1; \2]", text)
    text = re.sub(r"(?<=[\[ ])(\S+)<=x<=4294967295\]$", r"at least \1]", text)
    text = re.sub(r"(?<=[\[ ])(\S+)<=x<=(\S+)\]$", r"\1 to \2]", text)
    text = re.sub(r"(?<=[\[ ])x>=(\S+)\]$", r"at least \1]", text)
    return re.sub(r"(?<=[\[ ])x<=(\S+)\]$", r"at most \1]", text)
