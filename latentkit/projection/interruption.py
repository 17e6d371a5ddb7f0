"""Ctrl-C while numba compiles: raised inside a callback of the compiler it is swallowed and lost.

So it is raised again, every tenth of a second of work, until it gets through.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["insistent"]

EVERY = 0.1
"""Seconds of this process's own time: of its timers the one that nobody else uses."""


@contextmanager
def insistent() -> Iterator[None]:
    """SIGINT and SIGTERM, if Python code handles them, interrupt the block even where exceptions are
    swallowed; afterwards all is as it was. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    wanted = {number: handler for number, handler in handlers.items() if callable(handler)}
    received: list[signal.Signals] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        signal.setitimer(signal.ITIMER_VIRTUAL, EVERY, EVERY)
        repeat(number, frame)

    def repeat(_: int, frame: FrameType | None) -> None:
        number = received[-1]
        wanted[number](number, frame)

    def unraisable(told: Any) -> None:
        if not (received and issubclass(told.exc_type, KeyboardInterrupt)):
            hook(told)

    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    alarm = signal.signal(signal.SIGVTALRM, repeat)
    for number in wanted:
        signal.signal(number, receive)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        for number, handler in wanted.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGVTALRM, alarm)
        sys.unraisablehook = hook
