"""How tests run commands: in this process, where a process is not the point, and as processes of their own.

The fixtures `latentkit`, `command` and `sh` of conftest are built on this.
"""

import os
import resource
import subprocess
import sys

from typer.testing import CliRunner, Result

from latentkit import shell
from latentkit.cli import app

WALL = 1500
"""Seconds after which a process is taken to hang. Limits on speed are set in processor time: see `cpu_seconds`."""
LATENTKIT = [sys.executable, "-m", "latentkit"]


def invoke(*arguments: object, stdin: bytes = b"", **environment: str) -> Result:
    """Run a command in this process; an error becomes the exit code and `exception` of the result.

    Keywords other than stdin are environment variables.
    """
    try:
        return CliRunner().invoke(
            app, [*map(str, arguments)], input=stdin, env=environment, prog_name="latentkit"
        )
    finally:
        shell.quiet(False)


def python(*arguments: object, **more) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process of its own, with an empty stdin; keywords are those of subprocess.run."""
    how = {"capture_output": True, "text": True, "timeout": WALL}
    if "input" not in more:
        how["stdin"] = subprocess.DEVNULL
    return subprocess.run([sys.executable, *map(str, arguments)], **{**how, **more})


def cpu_seconds(*arguments: object) -> float:
    """Run Python and return the processor time it took, which a busy machine changes little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, timeout=WALL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_thread(environment: dict[str, str] | None = None) -> dict[str, str]:
    """Return environment variables with which numerical libraries start one thread."""
    return {**(environment or os.environ), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
