"""Ctrl-C gets through what swallows it."""

import ctypes
import os
import signal
import sys
import time

import pytest

from latentkit.projection.interruption import insistent


def work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


@ctypes.CFUNCTYPE(None)
def swallowing() -> None:
    """Exceptions in a callback from C are told of and lost."""
    os.kill(os.getpid(), signal.SIGINT)
    work(0.01)


def test_an_interrupt_that_a_callback_swallowed_comes_again(capsys):
    with pytest.raises(KeyboardInterrupt), insistent():
        swallowing()
        work(5)
    assert capsys.readouterr().err == ""


def test_sigterm_insists_in_the_way_its_own_handler_does():
    class Stop(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(Stop), insistent():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                work(5)
            except Stop:
                work(5)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_afterwards_all_is_as_it_was():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGVTALRM), sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), insistent():
        swallowing()
        work(5)
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGVTALRM), sys.unraisablehook)
    work(0.3)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with insistent():
            os.kill(os.getpid(), signal.SIGINT)
            work(0.2)
    finally:
        signal.signal(signal.SIGINT, before)
