"""How things are measured: in turn, in processes whose peak memory is their own, and where the time went."""

import cProfile
import json
import math
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .row import Bar, Line

Work = Callable[[], object]
LATENTKIT = (sys.executable, "-m", "latentkit")

SPAWN = """
import json, os, sys, time
out, *argv = sys.argv[1:]
begun = time.perf_counter()
child = os.fork()
if not child:
    os.execvp(argv[0], argv)
_, status, used = os.wait4(child, 0)
spent = time.perf_counter() - begun
with open(out, "w") as file:
    json.dump([spent, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)], file)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A process that has been forked counts its parent's memory as its own peak: so the parent is a small one."""


class Process(NamedTuple):
    """What a command took."""

    seconds: float
    peak: int
    """Bytes resident at most, mapped files included."""


def process(argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Process:
    """Run a command to its end; stdout is thrown away, and a failure is raised with its stderr."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", SPAWN, told, *argv],
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(map(str, argv))} failed ({done.returncode}): {done.stderr[-2000:]}"
            )
        return Process(*json.loads(told.read_text()))


def in_turn(ours: Work, theirs: Work, rounds: int, *, warm: bool = True) -> list[tuple[float, float]]:
    """Seconds of each, (ours, theirs) a round; the one that begins changes from round to round."""
    works = (ours, theirs)
    for work in works if warm else ():
        work()
    found = []
    for turn in range(rounds):
        spent = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            begun = time.perf_counter()
            works[which]()
            spent[which] = time.perf_counter() - begun
        found.append((spent[0], spent[1]))
    return found


def speeds(pairs: Sequence[tuple[float, float]], images: int) -> list[tuple[float, float]]:
    """Seconds to images a second."""
    return [(images / ours, images / theirs) for ours, theirs in pairs]


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The slope of a line through the logarithms: 1 is linear growth, 0 is none."""
    logs = [(math.log(n), math.log(figure)) for n, figure in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def busy(work: Work) -> float:
    """The share of the time of this work in which kernels run on a GPU; the time is one without the profiler."""
    from torch.profiler import ProfilerActivity, profile

    work()
    begun = time.perf_counter()
    work()
    spent = time.perf_counter() - begun
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        work()
    return kernels(profiled.key_averages()) / spent


def kernels(events: Iterable[Any]) -> float:
    """Seconds of the kernels among torch's events: not of copies, nor once more of what started the kernels."""
    from torch.autograd import DeviceType

    return (
        sum(
            event.self_device_time_total
            for event in events
            if event.device_type == DeviceType.CUDA
            and not event.is_user_annotation
            and not event.key.startswith("Mem")
        )
        / 1e6
    )


def resident(mapped: np.memmap) -> np.ndarray:
    """(pages,) bool: which pages of the file behind a map are in memory (mincore(2))."""
    import ctypes
    import mmap

    pages = -(-mapped.nbytes // mmap.PAGESIZE)
    found = (ctypes.c_ubyte * pages)()
    address = ctypes.c_void_p(mapped.__array_interface__["data"][0])
    if ctypes.CDLL(None, use_errno=True).mincore(address, ctypes.c_size_t(mapped.nbytes), found):
        raise OSError(ctypes.get_errno(), "mincore")
    return np.frombuffer(found, np.uint8) & 1 == 1


def explained(line: Line, work: Work) -> Line:
    """The line, and of a miss where the time of this work goes."""
    if line.passed is not False:
        return line
    with cProfile.Profile() as profile:
        work()
    return Line(**{**vars(line), "why": hottest(pstats.Stats(profile))})


def explained_process(line: Line, argv: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Line:
    """The same of `latentkit` with these arguments, in a process of its own."""
    if line.passed is not False:
        return line
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "profile"
        process([sys.executable, "-m", "cProfile", "-o", out, "-m", "latentkit", *argv], env)
        return Line(**{**vars(line), "why": hottest(pstats.Stats(str(out)))})


def hottest(stats: pstats.Stats, most: int = 5) -> str:
    """The functions that take most time themselves, and their shares."""
    own = {where: figures[2] for where, figures in stats.stats.items()}  # type: ignore[attr-defined]
    total = sum(own.values())
    top = sorted(own, key=lambda where: own[where], reverse=True)[:most]
    return ", ".join(f"{_named(*where)} {own[where] / total:.0%}" for where in top)


def _named(file: str, line: int, function: str) -> str:
    """cProfile calls builtins by "~"."""
    return function.strip("<>") if file == "~" else f"{Path(file).name}:{line} {function}"


def at_least(value: float) -> Bar:
    """No less than this."""
    return Bar(">=", value)


def at_most(value: float) -> Bar:
    """No more than this."""
    return Bar("<=", value)
