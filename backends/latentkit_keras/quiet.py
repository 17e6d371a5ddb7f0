"""Suppress the messages that TensorFlow prints to stderr when it starts.

They come from C++, before any setting is read, and again when the first device is used.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["suppressed_stderr"]


@contextmanager
def suppressed_stderr() -> Iterator[None]:
    """Redirect file descriptor 2 to a temporary file, which is printed only if an error is raised."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as output:
        stderr = os.dup(2)
        os.dup2(output.fileno(), 2)
        try:
            yield
        except BaseException:
            output.seek(0)
            os.write(stderr, output.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
