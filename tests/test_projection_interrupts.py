"""Ctrl-C gets through code that swallows exceptions."""

import ctypes
import os
import signal
import sys
import time

import pytest

from latentkit.projection.interrupts import reraise_interrupts


def work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@ctypes.CFUNCTYPE(None)
def swallowing() -> None:
    """Exceptions in a callback from C are reported and lost."""
    os.kill(os.getpid(), signal.SIGINT)
    work(0.01)


def test_an_interrupt_that_a_callback_swallowed_is_raised_again(capsys):
    with pytest.raises(KeyboardInterrupt), reraise_interrupts():
        swallowing()
        work(5)
    assert capsys.readouterr().err == ""


def test_sigterm_is_repeated_through_its_own_handler():
    class Stop(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(Stop), reraise_interrupts():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                work(5)
            except Stop:
                work(5)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_everything_is_restored_afterwards():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGVTALRM), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), reraise_interrupts():
        swallowing()
        work(5)
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGVTALRM), sys.unraisablehook)
    work(0.3)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with reraise_interrupts():
            os.kill(os.getpid(), signal.SIGINT)
            work(0.2)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
