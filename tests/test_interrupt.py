"""Signals that are deferred to the end of a step."""

import signal
import threading

import pytest

from latentkit.training.interrupt import DeferSignals


class Heard(Exception):  # noqa: N818  (what a handler of somebody else's raises)
    pass


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def number(request):
    """A signal whose handler raises Heard."""

    def handler(number, frame):
        raise Heard(number)

    before = signal.signal(request.param, handler)
    yield request.param
    signal.signal(request.param, before)


def test_without_a_signal_nothing_is_pending_and_deliver_does_nothing(number):
    with DeferSignals() as signals:
        assert not signals.pending
        signals.deliver()


def test_a_first_signal_is_noted_and_delivered_later(number):
    with DeferSignals() as signals:
        signal.raise_signal(number)
        assert signals.pending
        with pytest.raises(Heard):
            signals.deliver()
        assert not signals.pending


def test_a_second_signal_acts_at_once(number):
    with DeferSignals():
        signal.raise_signal(number)
        with pytest.raises(Heard):
            signal.raise_signal(number)


def test_a_repeatable_one_waits_after_the_second_signal(number):
    with DeferSignals(repeatable=True) as signals:
        signal.raise_signal(number)
        signal.raise_signal(number)
        with pytest.raises(Heard):
            signals.deliver()


def test_the_original_handlers_are_restored(number):
    before = signal.getsignal(number)
    with DeferSignals():
        assert signal.getsignal(number) != before
    assert signal.getsignal(number) == before


def test_the_original_handlers_are_restored_after_an_exception(number):
    before = signal.getsignal(number)
    with pytest.raises(ZeroDivisionError), DeferSignals():
        _ = 1 / 0
    assert signal.getsignal(number) == before


def test_a_default_handler_becomes_a_keyboard_interrupt(number):
    signal.signal(number, signal.SIG_DFL)
    with DeferSignals() as signals:
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signals.deliver()


def test_a_signal_that_is_ignored_stays_ignored(number):
    signal.signal(number, signal.SIG_IGN)
    with DeferSignals() as signals:
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert not signals.pending
    assert signal.getsignal(number) == signal.SIG_IGN


def test_other_threads_keep_their_handlers(number):
    before = signal.getsignal(number)
    seen = []

    def work():
        with DeferSignals() as signals:
            seen.append((signal.getsignal(number), signals.pending))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(before, False)]
