"""Keeps TensorFlow's greeting off stderr, where our words belong.

It comes from C++, before any setting is read, and again when the first device is used.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["held_back_stderr"]


@contextmanager
def held_back_stderr() -> Iterator[None]:
    """File descriptor 2 goes to a temporary file meanwhile, which is shown only if an error is raised."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        kept = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
