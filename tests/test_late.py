"""Commands whose options are read late."""

from typing import Annotated

import pytest
import typer

from latentkit.commands.late import Late, later


def build():
    done = []

    def add(one: Annotated[int, typer.Argument(help="A number.")], two: int = 2) -> None:
        """Add two numbers."""
        done.append(one + two)

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(cls=Late)(later(add))
    app.callback()(lambda: None)
    return app, typer.main.get_command(app).commands["add"], done


def test_help_of_all_reads_the_options_of_none(capsys):
    app, command, _ = build()
    group = typer.main.get_command(app)
    with pytest.raises(SystemExit):
        group(["--help"])
    assert "add  Add two numbers." in capsys.readouterr().out
    assert "whole" not in group.commands["add"].__dict__
    assert [each.name for each in command.params] == ["one", "two"]
    assert "whole" in command.__dict__


def test_a_command_does_what_its_function_does():
    app, _, done = build()
    app(["add", "3", "--two", "4"], standalone_mode=False)
    app(["add", "3"], standalone_mode=False)
    assert done == [7, 5]


def test_help_of_one_and_a_usage_error_are_those_of_the_function(capsys):
    app, _, done = build()
    for arguments in (["add", "--help"], ["add", "x"]):
        with pytest.raises(SystemExit):
            app(arguments)
    told = capsys.readouterr()
    assert "A number." in told.out
    assert "Invalid value for 'one'" in told.err
    assert done == []
