"""Which process this is, as a launcher (torchrun) says in the environment; light, for every command asks it.

Of the processes that a launcher starts together only the first speaks and writes.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["before_meeting", "launched", "rank"]

ALIKE = 1.0
"""Seconds within which a launcher that saw one process fail ends the others."""


def launched() -> bool:
    """Whether this process was started together with others, for one job."""
    return "RANK" in os.environ and _number("WORLD_SIZE") > 1


def rank() -> int:
    """Which of them this is; 0 is the first, and whoever is alone."""
    return _number("RANK") if launched() else 0


@contextmanager
def before_meeting() -> Iterator[None]:
    """Where all processes fail alike, the first tells: the others wait to be ended before their error goes on."""
    try:
        yield
    except Exception:
        if rank() > 0:
            time.sleep(ALIKE)
        raise


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0
