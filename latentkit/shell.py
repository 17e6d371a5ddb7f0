"""How latentkit behaves in a shell. Every command keeps to this, and none does it by itself.

 1  Data go to stdout and words to stderr, always.
 2  `-` is stdin or stdout, and the default of every latents argument.
 3  Binary data are never read from a terminal or written to one: a usage error.
 4  A stage passes on everything it received and adds keys, so `embed | project | report` composes.
 5  `train` prints exactly one line: the run's path.
 6  The format of the output never depends on what is at its other end; `--json` asks for JSON. One exception:
    a picture that is given no name is drawn in characters on a terminal, where PNG would be refused.
 7  A file is replaced whole or stays as it was; `>`, `>>` and `|` are as good as `-o`.
 8  Control characters in file names and labels are printed as escapes: they cannot move the cursor.
 9  An error is one line: what happened, to which file, what to do. A bug keeps its traceback, and
    LATENTKIT_DEBUG=1 shows that of an error too.
10  The exit code says how it went:

      0  done
      1  failed
      2  asked wrongly: an option, an argument, a terminal where data should be
      3  a `--require` does not hold
    130  interrupted by SIGINT, 143 terminated by SIGTERM; in both cases work is kept
    141  nobody reads stdout any more; silent

11  Of a group of processes (torchrun) the first alone speaks and writes; errors are those of the first to fail.

SIGTERM arrives as Terminated, which is a KeyboardInterrupt: whoever has work to keep catches
KeyboardInterrupt, saves and raises it again, and has served both.
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


class UnmetRequirement(Exception):  # noqa: N818  (a finding, not a fault)
    """What a `--require` asks for does not hold; the message names it and says what is so instead."""


class Terminated(KeyboardInterrupt):
    """SIGTERM."""


# Words and data ------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print words on stderr, a line or several; nothing after `quiet(True)`.

    Work goes on when nobody listens: a stderr that is closed or full is no error.
    """
    if not _quiet:
        _tell("\n".join(escape(line) for line in text.split("\n")))


def quiet(on: bool) -> None:
    """Keep `say` silent, or let it speak again. Errors are printed all the same."""
    global _quiet
    _quiet = on


def emit(text: str) -> None:
    """Print data on stdout, with a newline at the end.

    Control characters other than newline and tab are escaped. File names that are not Unicode leave as
    the bytes they are on disk, so that `$(latentkit train ...)` names the folder that was made.
    """
    if rank() > 0:
        return
    with _stdout() as stdout:
        stdout.write(f"{escape_keeping_lines(text)}\n".encode("utf-8", "surrogateescape"))


def draw(characters: str) -> None:
    """Print a picture in characters on stdout as it stands, its colours too: whoever drew it has escaped what came
    from files."""
    with _stdout() as stdout:
        stdout.write(characters.encode())


def _tell(text: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"{text}\n")
        except OSError:
            _abandon(2)


# Files and pipes -----------------------------------------------------------------------------


def load_latents(argument: str, labels: str | None = None) -> "Latents":
    """Read the latents that an argument names, `-` being stdin, with labels from a CSV if there is one."""
    from latentkit.formats.latents import read_latents, with_labels

    if argument == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise typer.BadParameter(
                "there are no latents on standard input: name a file, or pipe in what `latentkit embed` writes"
            )
        latents = read_latents(sys.stdin.buffer, name="standard input")
    else:
        latents = read_latents(argument, name=argument)
    return latents if labels is None else with_labels(latents, labels)


def save_latents(latents: "Latents", argument: str) -> None:
    """Write latents to the file that an argument names, `-` being stdout."""
    from latentkit.formats.latents import write_latents

    with open_output(argument) as stream:
        write_latents(latents, stream)


def save_bytes(data: bytes, argument: str) -> None:
    """Write binary data to the file that an argument names, `-` being stdout."""
    with open_output(argument) as stream:
        stream.write(data)


@contextmanager
def open_output(argument: str) -> Iterator[BinaryIO]:
    """Yield the binary stream that an argument names: stdout for `-`, else a file that is replaced whole
    when the block ends well and stays as it was when it does not."""
    from latentkit.formats.atomic import replace_file

    if rank() > 0:
        argument = os.devnull
    with replace_file(argument) if argument != "-" else _stdout() as stream:
        if stream.isatty():
            raise typer.BadParameter(
                "binary data are not written to a terminal: add `-o FILE`, `> FILE` or a pipe"
            )
        yield stream


@contextmanager
def _stdout() -> Iterator[BinaryIO]:
    """Stdout for bytes; what goes wrong with it is told of it by name."""
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
    """The `latentkit` command."""
    sys.exit(run(_app))


def _app() -> None:
    """Import the commands and run them: a Ctrl-C while they are imported is a Ctrl-C like any other."""
    from latentkit.cli import app

    app()


def run(app: Callable[[], Any]) -> int:
    """Run a Typer app on the command line; print the error if there is one; return the exit code.

    An exception that is a bug is left to the interpreter.
    """
    streams = sys.stdout, sys.stderr
    _occupy_closed_descriptors()
    signal.signal(signal.SIGTERM, _raise_terminated)
    # A forked worker would inherit the handler, and its pool expects SIGTERM to end it.
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
        what = error.strerror or str(error)
        return _fail(
            error, what if error.filename is None else f"{os.fsdecode(error.filename)}: {what}", FAILED
        )
    except MemoryError as error:
        return _fail(error, f"not enough memory: {error}", FAILED)


def _invoke(app: Callable[[], Any]) -> int:
    """Typer ends everything in SystemExit, also a broken pipe, a Ctrl-C and an EOFError: these are taken back."""
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
    if os.environ.get("LATENTKIT_DEBUG"):
        import traceback

        _tell("".join(traceback.format_exception(error)).rstrip())
    if message is not None:
        _tell(f"latentkit: {escape(' '.join(message.split()))}")
    return code


def _flush_stdout() -> None:
    """Write what is still buffered, now that errors can be told; the interpreter does it too late."""
    try:
        if sys.stdout is not None:
            with _stdout():
                pass
    except OSError:
        _abandon(1)
        raise


def _abandon(descriptor: int) -> None:
    """The buffer keeps what it could not write, and the interpreter would try again and exit with 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _occupy_closed_descriptors() -> None:
    """After `>&-` the next file opened would be descriptor 1, and get what a library prints."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated
