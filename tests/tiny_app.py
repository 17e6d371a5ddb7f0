"""A small app on latentkit.shell, run by test_shell and test_pipes as a program of its own."""

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from latentkit import shell
from latentkit.errors import FormatError

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def lines(n: int = 3) -> None:
    """Data on stdout, words on stderr."""
    shell.say("a word")
    for line in range(n):
        shell.emit(f"line {line}")


@app.command("pass")
def pass_on(
    latents: str = "-",
    output: Annotated[str, typer.Option("-o", "--output")] = "-",
    labels: str | None = None,
) -> None:
    """Read latents and write them again."""
    shell.save_latents(shell.load_latents(latents, labels), output)


@app.command()
def make(n: int = 1000, output: Annotated[str, typer.Option("-o", "--output")] = "-") -> None:
    """Stream n rows of latents."""
    import numpy as np

    from latentkit.formats.latents import LatentsWriter

    with shell.open_output(output) as stream, LatentsWriter(stream, {}) as writer:
        for start in range(0, n, 100):
            rows = np.arange(start, min(start + 100, n))
            writer.append(ids=[f"{row}.png" for row in rows], mu=np.ones((len(rows), 64), np.float32))


@app.command("bytes")
def some_bytes(output: str) -> None:
    """Binary data."""
    shell.save_bytes(b"\x89PNG", output)


@app.command()
def noisy(output: Annotated[str | None, typer.Option("-o", "--output")] = None) -> None:
    """Call a library that prints, while a file is open."""
    if output is None:
        sys.stdout.write("from Python, unflushed")
    else:
        with shell.open_output(output) as file:
            os.write(1, b"from C")
            file.write(b"data")


@app.command()
def wait(file: Path) -> None:
    """Work until stopped, then save."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a background shell may have taken away
    try:
        shell.say("ready")
        time.sleep(60)
    except KeyboardInterrupt:
        file.write_text("saved")
        raise


@app.command()
def pool() -> None:
    """End a forked worker as a pool does."""
    fork = multiprocessing.get_context("fork")
    started = fork.Event()
    worker = fork.Process(target=lambda: (started.set(), time.sleep(60)))
    worker.start()
    started.wait()
    worker.terminate()
    worker.join()
    shell.emit(str(worker.exitcode))


@app.command()
def fail(how: str) -> None:
    """Raise."""
    shell.emit("printed before")
    raise {
        "format": FormatError("z.npz: mu\n is \x1b[31mred: write it again"),
        "unmet": shell.UnmetRequirement("--require separated does not hold: the verdict is partly"),
        "memory": MemoryError("Unable to allocate 3.6 TiB"),
        "nameless": OSError("a library's words\nin two lines"),
        "unnumbered": OSError(5, "Input/output error"),
        "bug": KeyError("a bug"),
        "end": EOFError("a bug"),
        "exit": typer.Exit(7),
        "usage": typer.BadParameter("a wrong value"),
    }[how]


if __name__ == "__main__":
    sys.exit(shell.run(app))
