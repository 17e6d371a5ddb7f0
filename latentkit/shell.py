"""How latentkit behaves in a shell: the conventions that every command keeps, implemented once.

 1  Data go to stdout, messages to stderr.
 2  `-` means stdin or stdout, and is the default of every latents argument.
 3  Binary data are never read from or written to a terminal: that is a usage error.
 4  A command passes on everything it received and adds keys, so `embed | project | report` composes.
 5  `train` prints exactly one line on stdout: the path of the run.
 6  The format of the output never depends on what it is connected to; `--json` asks for JSON. One exception: a picture
    without a file name is drawn in characters on a terminal, where PNG would be refused.
 7  A file is replaced as a whole or left unchanged; `>`, `>>` and `|` work as well as `-o`.
 8  Control characters in file names and labels are escaped, so they cannot move the cursor.
 9  An error is one line: what happened, to which file, what to do. A bug keeps its traceback, and LATENTKIT_DEBUG=1
    shows the traceback of an error too.
10  Exit codes:

      0  done
      1  failed
      2  usage error: a wrong option or argument, or a terminal where data should be
      3  a `--require` condition is not met
    130  interrupted by SIGINT; 143 terminated by SIGTERM; work is saved in both cases
    141  stdout was closed by its reader; nothing is printed

11  In a group of processes (torchrun) only rank 0 prints and writes; the first process to fail reports its error.

SIGTERM is raised as Terminated, a KeyboardInterrupt: code that has work to save catches KeyboardInterrupt, saves and
raises it again, which covers both signals.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from latentkit.errors import LatentkitError
from latentkit.launch import rank
from latentkit.text import escape, escape_keeping_lines

if TYPE_CHECKING:
    from latentkit.formats.latents import Latents
    from latentkit.formats.table import Reading

__all__ = [
    "Terminated",
    "UnmetRequirement",
    "draw",
    "emit",
    "load_latents",
    "main",
    "open_output",
    "quiet",
    "run",
    "save_bytes",
    "save_latents",
    "say",
]

FAILED, UNMET, INTERRUPTED, CLOSED_PIPE, TERMINATED = 1, 3, 130, 141, 143

_quiet = False


class UnmetRequirement(Exception):  # noqa: N818  (a result, not a failure)
    """A `--require` condition is not met; the message names it and gives the actual value."""


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM."""


# Messages and data ---------------------------------------------------------------------------


def say(text: str) -> None:
    """Print a message of one or several lines on stderr, unless `quiet(True)` was called.

    A stderr that is closed or full is not an error: the work continues.
    """
    if not _quiet:
        _print_error("\n".join(escape(line) for line in text.split("\n")))


def quiet(on: bool) -> None:
    """Turn `say` off, or on again. Errors are always printed."""
    global _quiet
    _quiet = on


def emit(text: str) -> None:
    """Print text on stdout, followed by a newline.

    Control characters other than newline and tab are escaped. File names that are not Unicode are written as the bytes
    they are on disk, so that `$(latentkit train ...)` names the folder that was created.
    """
    if rank() > 0:
        return
    with _stdout() as stdout:
        stdout.write(f"{escape_keeping_lines(text)}\n".encode("utf-8", "surrogateescape"))


def draw(characters: str) -> None:
    """Print a picture made of characters on stdout unchanged, colors included.

    The caller has escaped all text that came from files.
    """
    with _stdout() as stdout:
        stdout.write(characters.encode())


def _print_error(text: str) -> None:
    """Print on stderr, if it is open."""
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"{text}\n")
        except OSError:
            _abandon(2)


# Files and pipes -----------------------------------------------------------------------------


def load_latents(argument: str, labels: str | None = None, reading: "Reading | None" = None) -> "Latents":
    """Read the latents that an argument names (`-` is stdin), with the labels of a table if one is given.

    What was decided about files made elsewhere is printed on stderr.
    """
    from latentkit.formats.latents import load

    if argument == "-" and (sys.stdin is None or sys.stdin.isatty()):
        raise typer.BadParameter(
            "no latents on standard input: name a file, or pipe in the output of `latentkit embed`"
        )
    latents = load(sys.stdin.buffer if argument == "-" else argument, labels, reading)
    for note in latents.notes:
        say(note)
    return latents


def save_latents(latents: "Latents", argument: str) -> None:
    """Write latents to the file that an argument names (`-` is stdout)."""
    from latentkit.formats.latents import write_latents

    with open_output(argument) as stream:
        write_latents(latents, stream)


def save_bytes(data: bytes, argument: str) -> None:
    """Write binary data to the file that an argument names (`-` is stdout)."""
    with open_output(argument) as stream:
        stream.write(data)


@contextmanager
def open_output(argument: str) -> Iterator[BinaryIO]:
    """Yield the binary stream that an argument names: stdout for `-`, otherwise a file.

    The file is replaced as a whole when the block succeeds, and left unchanged when it fails.
    """
    from latentkit.formats.atomic import replace_file

    if rank() > 0:
        argument = os.devnull
    with replace_file(argument) if argument != "-" else _stdout() as stream:
        if stream.isatty():
            raise typer.BadParameter(
                "binary data cannot be written to a terminal: add `-o FILE`, `> FILE` or a pipe"
            )
        yield stream


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    """Yield stdout as a binary stream; its errors name it as the file."""
    if sys.stdout is None:  # `>&-`
        raise BrokenPipeError(errno.EPIPE, "closed")
    try:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.flush()
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, "standard output") from error


# Running -------------------------------------------------------------------------------------


def main() -> None:
    """Run the `latentkit` command and exit."""
    sys.exit(run(_app))


def _app() -> None:
    """Import the command line and run it. Ctrl-C during the import is handled like any other."""
    from latentkit.cli import app

    app()


def run(app: Callable[[], Any]) -> int:
    """Run a Typer app on the command line, print its error if there is one, and return the exit code.

    Exceptions that are bugs are not caught.
    """
    streams = sys.stdout, sys.stderr
    _occupy_closed_descriptors()
    signal.signal(signal.SIGTERM, _raise_terminated)
    # A forked worker would inherit the handler, but its pool uses SIGTERM to end it.
    os.register_at_fork(after_in_child=partial(signal.signal, signal.SIGTERM, signal.SIG_DFL))
    try:
        try:
            return _invoke(app)
        finally:
            sys.stdout, sys.stderr = streams  # Typer wraps them when a pipe breaks
            _flush_stdout()
    except BrokenPipeError as error:
        return _fail(error, None, CLOSED_PIPE)
    except Terminated as error:
        return _fail(error, None if rank() else "terminated", TERMINATED)
    except KeyboardInterrupt as error:
        return _fail(error, None if rank() else "interrupted", INTERRUPTED)
    except UnmetRequirement as error:
        return _fail(error, str(error), UNMET)
    except LatentkitError as error:
        return _fail(error, str(error) or None, FAILED)
    except OSError as error:
        reason = error.strerror or str(error)
        file = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return _fail(error, f"{file}{reason}", FAILED)
    except MemoryError as error:
        return _fail(error, f"not enough memory: {error}", FAILED)


def _invoke(app: Callable[[], Any]) -> int:
    """Run the app. Typer turns a broken pipe, Ctrl-C and EOFError into SystemExit; raise the original instead."""
    try:
        app()
    except SystemExit as stop:
        reason = stop.__context__
        if reason is not None and reason.__cause__ is not None:
            reason = reason.__cause__
        if isinstance(reason, BrokenPipeError | KeyboardInterrupt | EOFError):
            raise reason from None
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else FAILED
    return 0


def _fail(error: BaseException, message: str | None, code: int) -> int:
    """Print the message, with the traceback if LATENTKIT_DEBUG asks for it; return the exit code."""
    if os.environ.get("LATENTKIT_DEBUG"):
        import traceback

        _print_error("".join(traceback.format_exception(error)).rstrip())
    if message is not None:
        _print_error(f"latentkit: {escape(' '.join(message.split()))}")
    return code


def _flush_stdout() -> None:
    """Write what is still buffered while errors can be reported; the interpreter would do it too late."""
    try:
        if sys.stdout is not None:
            with _stdout():
                pass
    except OSError:
        _abandon(1)
        raise


def _abandon(descriptor: int) -> None:
    """Redirect a descriptor to the null device: the interpreter would write the rest of the buffer and exit with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _occupy_closed_descriptors() -> None:
    """Open the null device as 0, 1 or 2 where that is closed, as after `>&-`.

    Otherwise the next file would become descriptor 1 and receive what a library prints.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor


def _raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated
