"""The rank of this process among those that a launcher such as torchrun started, read from the environment.

Only rank 0 prints and writes. Light, because every command needs it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["launched", "rank", "rank_0_reports"]

GRACE = 1.0
"""Seconds within which a launcher that sees one process fail ends the others."""


def launched() -> bool:
    """Return whether this process was started together with others, as a group."""
    return "RANK" in os.environ and _number("WORLD_SIZE") > 1


def rank() -> int:
    """Return the rank of this process; 0 for the first one, and for a process alone."""
    return _number("RANK") if launched() else 0


@contextmanager
def rank_0_reports() -> Iterator[None]:
    """If every rank fails in this block, only rank 0 reports the error: the others wait until the launcher ends them."""
    try:
        yield
    except Exception:
        if rank() > 0:
            time.sleep(GRACE)
        raise


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0
