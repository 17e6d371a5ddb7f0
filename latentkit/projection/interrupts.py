"""Ctrl-C while numba compiles: an exception raised in a callback of the compiler is swallowed and lost.

Therefore it is raised again, every tenth of a second of processor time, until it gets through.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["reraise_interrupts"]

EVERY = 0.1
"""Seconds of processor time: this timer is not used by anything else."""


@contextmanager
def reraise_interrupts() -> Iterator[None]:
    """Let SIGINT and SIGTERM interrupt the block even where exceptions are swallowed.

    Applies to signals that Python code handles, in the main thread only. Everything is restored afterwards.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    python_handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    received: list[signal.Signals] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        signal.setitimer(signal.ITIMER_VIRTUAL, EVERY, EVERY)
        repeat(number, frame)

    def repeat(_: int, frame: FrameType | None) -> None:
        number = received[-1]
        python_handlers[number](number, frame)

    def ignore_swallowed(event: Any) -> None:
        if not (received and issubclass(event.exc_type, KeyboardInterrupt)):
            hook(event)

    hook, sys.unraisablehook = sys.unraisablehook, ignore_swallowed
    alarm = signal.signal(signal.SIGVTALRM, repeat)
    for number in python_handlers:
        signal.signal(number, receive)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        for number, handler in python_handlers.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGVTALRM, alarm)
        sys.unraisablehook = hook
