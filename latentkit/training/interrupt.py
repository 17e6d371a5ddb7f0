"""Ctrl-C and SIGTERM between two steps instead of in the middle of one, where weights are half updated."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["BetweenSteps"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class BetweenSteps:
    """Inside the block a first signal is only noted, and a second one acts at once.

    `asked` says whether one was noted; `act` then does what the signal would have done. A signal that is
    ignored, as nohup and a shell's `&` have it, stays so.

    `patient` does not act at a second one: launchers hand on to their processes what may have reached these already,
    and kill them when they take too long.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._patient = patient
        self._noted: int | None = None
        self._before: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether to stop after this step."""
        return self._noted is not None

    def act(self) -> None:
        """Hand the signal to the handler that was there before; without one noted, do nothing."""
        if self._noted is not None:
            noted, self._noted = self._noted, None
            self._pass_on(noted, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._noted is not None and not self._patient:
            self._pass_on(number, frame)
        self._noted = number

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        handler = self._before.get(number)
        if callable(handler):
            handler(number, frame)
        elif handler == signal.SIG_DFL:
            raise KeyboardInterrupt

    def __enter__(self) -> "BetweenSteps":
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._note) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
