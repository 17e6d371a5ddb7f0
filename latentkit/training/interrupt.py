"""Defer Ctrl-C and SIGTERM to the end of a training step, in the middle of which weights are half updated."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["DeferSignals"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DeferSignals:
    """A context manager in which a first signal is only noted, and a second one acts at once.

    `pending` says whether a signal was noted; `deliver` then does what it would have done. A signal that is
    ignored, as under nohup or a shell's `&`, stays ignored.

    With `repeatable`, a second signal is only noted too: launchers send their processes a signal that these may have
    received already, and kill those that take too long.
    """

    def __init__(self, *, repeatable: bool = False) -> None:
        self._repeatable = repeatable
        self._noted: int | None = None
        self._handlers: dict[int, Any] = {}

    @property
    def pending(self) -> bool:
        """True once a signal has asked to stop after this step."""
        return self._noted is not None

    def deliver(self) -> None:
        """Call the original handler of the signal; do nothing if none was noted."""
        if self._noted is not None:
            noted, self._noted = self._noted, None
            self._handle(noted, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._noted is not None and not self._repeatable:
            self._handle(number, frame)
        self._noted = number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        handler = self._handlers.get(number)
        if callable(handler):
            handler(number, frame)
        elif handler == signal.SIG_DFL:
            raise KeyboardInterrupt

    def __enter__(self) -> "DeferSignals":
        if threading.current_thread() is threading.main_thread():
            active = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            self._handlers = {number: signal.signal(number, self._note) for number in active}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
