"""How images and backends are named on the command line: the same for every command that takes them."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from latentkit.errors import ImagesError
from latentkit.launch import before_meeting, launched, rank

if TYPE_CHECKING:
    from latentkit.images import Sources

__all__ = [
    "Backend",
    "Device",
    "Files0From",
    "FilesFrom",
    "Images",
    "Labels",
    "NoCache",
    "Quiet",
    "Workers",
    "sources",
    "workers_of",
]


def workers_of(text: str) -> str:
    """Check a number of workers."""
    if text != "auto" and not (text.isascii() and text.isdigit() and int(text) > 0):
        raise typer.BadParameter(f"{text!r} is neither a number of threads nor auto")
    return text


Images = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="IMAGES...",
        help="Folders (with all below them), files, globs, or arrays: X.npy, X.npz:key.",
        show_default=False,
    ),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(metavar="FILE|-", help="Read more names from a file, or standard input, one a line."),
]
Files0From = Annotated[
    str | None, typer.Option(metavar="FILE|-", help="The same, names ended by zero bytes (find -print0).")
]
Labels = Annotated[
    str | None, typer.Option(metavar="CSV", help="Labels: lines of id,label, or one label a row.")
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="torch, keras or another that is installed.", show_default="the first that works"
    ),
]
Device = Annotated[
    str, typer.Option(metavar="auto|cpu|cuda:0", help="Where to compute; auto is the best there is.")
]
Workers = Annotated[
    str, typer.Option(metavar="N|auto", help="Threads that read images.", callback=workers_of)
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Do not keep decoded images, nor use those kept.")]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="No progress and no words, errors excepted.",
        callback=lambda asked: asked or rank() > 0,  # of a group only the first speaks
    ),
]


def sources(images: list[str] | None, files_from: str | None, files0_from: str | None) -> "Sources":
    """The images that the arguments and lists of names stand for."""
    from latentkit.images import find

    with before_meeting():
        return find([*(images or []), *_names(files_from, "\n"), *_names(files0_from, "\0")])


def _names(argument: str | None, separator: str) -> list[str]:
    from pathlib import Path

    from latentkit.images import read_names

    if argument is None:
        return []
    if argument == "-":
        if launched():
            raise typer.BadParameter(
                "a group of processes cannot share standard input: give the names in a file"
            )
        if sys.stdin is None or sys.stdin.isatty():
            raise typer.BadParameter("no names come from standard input: pipe them in, or name a file")
        names = read_names(sys.stdin.buffer, separator)
    else:
        with Path(argument).open("rb") as file:
            names = read_names(file, separator)
    if not names:
        raise ImagesError(f"the list of files {argument} is empty; put the names of images in it")
    return names
