"""Starting: the help of the command line is as near at hand as the library that it is written with."""

import sys

from ..measure import LATENTKIT, at_most, explained_process, in_turn, process
from ..row import Line, Scale, against


def help_text(scale: Scale) -> list[Line]:
    """`latentkit --help`, whole processes."""
    pairs = in_turn(
        lambda: process([*LATENTKIT, "--help"]),
        lambda: process([sys.executable, "-c", "import typer"]),
        scale.of(15, 5),
    )
    line = against("latentkit --help / python -c 'import typer'", "s", pairs, at_most(1.5))
    return [explained_process(line, ["--help"])]
