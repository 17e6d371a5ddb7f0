"""The arguments and options that several commands share, for images, labels, backends and output."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from latentkit import shell
from latentkit.errors import ImagesError
from latentkit.launch import launched, rank, rank_0_reports

if TYPE_CHECKING:
    from latentkit.formats.table import Reading
    from latentkit.images import Sources

__all__ = [
    "Backend",
    "Device",
    "DropNan",
    "Files0From",
    "FilesFrom",
    "Folders",
    "Images",
    "LabelColumn",
    "Labels",
    "LatentColumns",
    "NoCache",
    "Quiet",
    "Workers",
    "check_order",
    "check_workers",
    "quoted",
    "reading",
    "sources",
]


def check_workers(text: str) -> str:
    """Return the value of --workers if it is valid."""
    if text != "auto" and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise typer.BadParameter(f"{text!r} is neither a positive number of threads nor auto")
    return text


Images = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="IMAGES...",
        help="Folders (searched recursively), files, globs, or arrays: X.npy, X.npz:key.",
        show_default=False,
    ),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="More names, one per line, from a file or stdin."),
]
Files0From = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="More names, separated by zero bytes (find -print0).")
]
Folders = Annotated[
    Literal["auto", "classes", "splits"],
    typer.Option(help="Meaning of folders: classes, or splits above classes."),
]
Labels = Annotated[
    str | None, typer.Option(metavar="CSV|NPY", help="Labels: lines of id,label, or one label per row.")
]
LatentColumns = Annotated[
    str | None,
    typer.Option(
        "--latents",
        metavar="Z0:Z127",
        help="Columns or array of the latents, if made elsewhere.",
        show_default="by names and values",
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column or array of the labels.", show_default="by names and values"),
]
DropNan = Annotated[bool, typer.Option("--drop-nan", help="Leave out rows that are not finite.")]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="torch, keras, or another installed backend.",
        show_default="the first that can be imported",
    ),
]
Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda:0", help="Device to compute on; auto selects the best available."),
]
Workers = Annotated[
    str, typer.Option(metavar="N|auto", help="Threads that read images.", callback=check_workers)
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither read nor write the cache of decoded images.")
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print errors only.",
        callback=lambda requested: requested or rank() > 0,  # in a group only rank 0 prints
    ),
]


def check_order(command: str, run: str, *others: str | None, option: str = "") -> None:
    """Raise a usage error that shows the right order if `run` is no run, but one of the other arguments is."""
    import shlex
    from pathlib import Path

    from latentkit.formats.run import is_run

    if is_run(Path(run)):
        return
    for other in others:
        if other is not None and is_run(Path(other)):
            rest = [run if each == other else each for each in others if each is not None]
            order = shlex.join([command, other, *([option] if option else []), *rest])
            raise typer.BadParameter(f"the run comes first: latentkit {order}")


def reading(latents: str | None, label_column: str | None, drop_nan: bool) -> "Reading":
    """Return how to read latents that were made elsewhere."""
    from latentkit.formats.table import Reading

    return Reading(latents, label_column, drop_nan)


def sources(
    images: list[str] | None,
    files_from: str | None,
    files0_from: str | None,
    folders: Literal["auto", "classes", "splits"] | None = None,
) -> "Sources":
    """Find the images that the arguments and the lists of names refer to.

    A command with the option --folders passes its value; what was decided is then printed on stderr.
    """
    from latentkit.images import find

    with rank_0_reports():
        names = [*(images or []), *_names(files_from, "\n"), *_names(files0_from, "\0")]
        found = find(names, folders or "auto")
    if folders is not None and rank() == 0:
        for note in found.notes:
            shell.say(note)
    return found


def quoted(images: list[str] | None, files_from: str | None, files0_from: str | None) -> str:
    """Return the arguments that name the images, for a command to copy; IMAGES for names that came from stdin."""
    if "-" in (files_from, files0_from):
        return "IMAGES"
    options = {"--files-from": files_from, "--files0-from": files0_from}
    lists = [word for option, file in options.items() if file for word in (option, file)]
    return shlex.join([*(images or []), *lists])


def _names(argument: str | None, separator: str) -> list[str]:
    from pathlib import Path

    from latentkit.images import read_names

    if argument is None:
        return []
    if argument == "-":
        if launched():
            raise typer.BadParameter(
                "a group of processes cannot share standard input: put the names in a file"
            )
        if sys.stdin is None or sys.stdin.isatty():
            raise typer.BadParameter("no names on standard input: pipe them in, or name a file")
        names = read_names(sys.stdin.buffer, separator)
    else:
        with Path(argument).open("rb") as file:
            names = read_names(file, separator)
    if not names:
        raise ImagesError(f"the list of files {argument} is empty; write the names of images to it")
    return names
