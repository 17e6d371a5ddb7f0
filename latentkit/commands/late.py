"""Commands whose options are read when somebody asks for them: `latentkit --help` asks for none of any.

Typer reads the types of every option of every command before it does anything, which took a fifth of the
time of `latentkit --help`.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import typer
from typer.core import TyperCommand

__all__ = ["Late", "later"]

Function = Callable[..., Any]


def later(function: Function) -> Function:
    """Stands for a command's function, by name and help, and has no options to be read; `Late` has the rest."""

    def stand_in() -> None:
        raise NotImplementedError(f"{function.__name__} is done by the command that Late makes of it")

    stand_in.__name__, stand_in.__doc__ = function.__name__, function.__doc__
    stand_in.__dict__["function"] = function
    return stand_in


class Late(TyperCommand):
    """The command that a stand-in stands for."""

    @cached_property
    def whole(self) -> Any:
        """The command as Typer makes it of the function."""
        one = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        one.command(self.name)(self.__dict__["stand_in"].function)
        return typer.main.get_command(one)

    @property
    def params(self) -> Any:
        """Of the function."""
        return self.whole.params

    @params.setter
    def params(self, none: Any) -> None:
        """The stand-in has none."""

    @property
    def callback(self) -> Any:
        """The function."""
        return self.whole.callback

    @callback.setter
    def callback(self, stand_in: Any) -> None:
        self.__dict__["stand_in"] = stand_in
