"""Command options that are made from the fields of a dataclass, and how the help shows them."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from latentkit.commands.fields import with_options
from latentkit.commands.lazy import LazyCommand, lazy
from latentkit.fields import option


def even(text: str) -> int:
    if int(text) % 2:
        raise ValueError(f"{text} is odd")
    return int(text)


@dataclass(frozen=True)
class Cooking:
    minutes: int = option(5, "Time to cook.", group="Heat", minimum=1, maximum=90)
    heat: float = option(0.25, "Power of the stove.", group="Heat", minimum=0)
    style: Literal["soft", "hard"] = option("soft", "Style.")
    eggs: int | None = option(None, "Number of eggs.", default_text="all of them", parse=even, metavar="EGGS")
    secret: int = 1


def cook(*arguments: str, only_named: bool = False) -> Any:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    given: dict[str, Any] = {}

    @with_options(lambda: Cooking, only_named=only_named)
    def command(pan: str = "iron", **options: Any) -> None:
        """Cook eggs."""
        given.update(options)

    app.command("cook", cls=LazyCommand)(lazy("cook", lambda: command))
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"})
    return result, given


def test_the_options_have_the_defaults_of_the_fields():
    assert cook()[1] == {"minutes": 5, "heat": 0.25, "style": "soft", "eggs": None}


def test_only_the_options_on_the_command_line_have_a_value_if_so_asked():
    named = cook("--minutes", "5", only_named=True)[1]
    assert named == {"minutes": 5, "heat": None, "style": None, "eggs": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--minutes 0", "0 is not in the range"),
        ("--style poached", "'poached'"),
        ("--eggs 3", "3 is odd"),
        ("--secret 2", "No such option"),
    ],
)
def test_types_choices_bounds_and_parsers_are_those_of_the_fields(arguments, message):
    result, _ = cook(*arguments.split())
    assert result.exit_code == 2
    assert message in result.output


def test_a_parser_converts_the_text():
    assert cook("--eggs", "4")[1]["eggs"] == 4


def test_the_help_has_headings_defaults_and_bounds_in_words():
    text = cook("--help")[0].output
    options, heat = text.split("Options:\n")[1].split("Heat:\n")
    assert "--minutes <int>  Time to cook.  [default: 5; 1 to 90]" in heat
    assert "--heat <float>   Power of the stove.  [default: 0.25; at least 0]" in heat
    assert "[default: soft]" in options
    assert "--eggs EGGS" in options
    assert "Number of eggs.  [default: all of them]" in options
    assert "[default: iron]" in options
