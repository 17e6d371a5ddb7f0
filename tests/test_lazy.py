"""Commands that are imported, and whose options are read, when they are used."""

from typing import Annotated

import pytest
import typer

from latentkit.commands.lazy import LazyCommand, lazy


def build():
    loads, sums = [], []

    def add(
        one: Annotated[int, typer.Argument(help="A number.")],
        two: Annotated[int, typer.Option(min=0, help="Another.")] = 2,
        share: Annotated[
            float | None,
            typer.Option(
                min=0, max=1, help="A share.", show_default="half (or less)", rich_help_panel="Shares"
            ),
        ] = None,
        mode: Annotated[str | None, typer.Option(help="A mode.  [default: x]", show_default=False)] = None,
    ) -> None:
        """Add two numbers.

        Further sentences.
        """
        sums.append(one + two)

    def load():
        loads.append(add)
        return add

    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command("add", cls=LazyCommand)(lazy("add", load))
    app.callback()(lambda: None)
    return app, loads, sums


def test_building_the_app_imports_no_command():
    app, loads, _ = build()
    assert list(typer.main.get_command(app).commands) == ["add"]
    assert loads == []


def test_help_of_all_reads_the_options_of_none(capsys):
    app, _, _ = build()
    group = typer.main.get_command(app)
    with pytest.raises(SystemExit):
        group(["--help"])
    assert "add  Add two numbers." in capsys.readouterr().out
    command = group.commands["add"]
    assert "command" not in command.__dict__
    assert [each.name for each in command.params] == ["one", "two", "share", "mode"]
    assert "command" in command.__dict__


def test_a_command_does_what_its_function_does():
    app, _, sums = build()
    app(["add", "3", "--two", "4"], standalone_mode=False)
    app(["add", "3"], standalone_mode=False)
    assert sums == [7, 5]


def test_help_of_one_and_a_usage_error_are_those_of_the_function(capsys):
    app, _, sums = build()
    for arguments in (["add", "--help"], ["add", "x"]):
        with pytest.raises(SystemExit):
            app(arguments)
    printed = capsys.readouterr()
    assert "A number." in printed.out
    assert printed.out.splitlines()[0].lower().endswith(" add [options] one")
    assert "Further sentences." in printed.out
    assert "Invalid value for 'one'" in printed.err
    assert sums == []


def test_defaults_and_ranges_are_told_in_words_and_panels_are_sections(capsys):
    app, _, _ = build()
    with pytest.raises(SystemExit):
        app(["add", "--help"])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "--two <int> Another. [default: 2; at least 0]" in lines
    assert "--share <float> A share. [default: half (or less); 0 to 1]" in lines
    assert "--mode <str> A mode. [default: x]" in lines
    assert lines.index("Arguments:") < lines.index("Options:") < lines.index("Shares:")


def test_a_placeholder_without_its_class_says_so():
    app = typer.Typer()
    app.command()(lazy("add", build))
    with pytest.raises(NotImplementedError, match="add must be registered with cls=LazyCommand"):
        app([], standalone_mode=False)
