"""Command options that are made from the fields of a dataclass (see latentkit.fields)."""

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from latentkit.fields import Option

__all__ = ["with_options"]

Function = Callable[..., Any]


def with_options(load: Callable[[], type], *, only_named: bool = False) -> Callable[[Function], Function]:
    """Replace the ** parameter of a command by one option per field of the dataclass that `load` returns.

    It is loaded when the options are needed: `latentkit --help` needs those of no command. With `only_named`, an
    option that is not on the command line is None instead of its default, so that the command can tell the two apart;
    the help shows the default all the same.
    """
    return lambda function: _Command(function, load, only_named)


class _Command:
    """A function whose signature is made when Typer reads it."""

    def __init__(self, function: Function, load: Callable[[], type], only_named: bool) -> None:
        self._function, self._load, self._only_named = function, load, only_named
        self.__name__, self.__doc__, self.__module__ = (
            function.__name__,
            function.__doc__,
            function.__module__,
        )
        self.__annotations__: dict[str, Any] = {}

    def __call__(self, **values: Any) -> Any:
        return self._function(**values)

    @property
    def __signature__(self) -> inspect.Signature:
        signature = inspect.signature(self._function)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        parameters = [*own, *_parameters(self._load(), self._only_named)]
        return signature.replace(parameters=[each.replace(kind=each.KEYWORD_ONLY) for each in parameters])


def _parameters(record: type, only_named: bool) -> Iterator[inspect.Parameter]:
    from latentkit.fields import options

    for name, (kind, default, option) in options(record).items():
        declared = typer.Option(
            help=option.help,
            rich_help_panel=option.group,
            min=option.minimum,
            max=option.maximum,
            metavar=option.metavar,
            show_default=option.default_text or ("none" if default is None else _text(default)),
            callback=_parsed(option),
        )
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if only_named else default,
            annotation=Annotated[(str if option.parse else kind) | None, declared],
        )


def _parsed(option: "Option") -> Callable[[str | None], Any] | None:
    parse = option.parse
    if parse is None:
        return None

    def callback(text: str | None) -> Any:
        try:
            return parse(text) if text else None
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return callback


def _text(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)
