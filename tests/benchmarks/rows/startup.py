"""Start-up: help takes little longer than importing the library that the command line is written with."""

import sys

from ..measure import LATENTKIT, at_most, explained_process, in_turn, process
from ..row import Line, Scale, against


def help_text(scale: Scale) -> list[Line]:
    """`latentkit --help` and the help of the command with most options, as whole processes."""
    return [_help(scale, "--help"), _help(scale, "train", "--help")]


def _help(scale: Scale, *words: str) -> Line:
    pairs = in_turn(
        lambda: process([*LATENTKIT, *words]),
        lambda: process([sys.executable, "-c", "import typer"]),
        scale.of(15, 5),
    )
    line = against(f"latentkit {' '.join(words)} / python -c 'import typer'", "s", pairs, at_most(1.5))
    return explained_process(line, [*words])
