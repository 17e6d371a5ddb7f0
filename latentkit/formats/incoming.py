"""Whatever can be read, as a regular file that can be sought and mapped."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, cast

__all__ = ["regular_file"]


@contextmanager
def regular_file(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """Yield `source` as a regular file at its start.

    A regular file (also one that is redirected into a stream) is yielded as it is; a pipe, or any other
    stream, is copied to an unlinked temporary file first. A stream that is handed in stays open.
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as opened, regular_file(opened) as file:
            yield file
    elif _is_regular(source):
        yield source
    else:
        with tempfile.TemporaryFile() as temporary:
            copyfileobj(source, temporary, 1 << 20)
            temporary.seek(0)
            yield cast(BinaryIO, temporary)


def _is_regular(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and stream.tell() == 0
    except OSError:  # io.UnsupportedOperation: a stream without a descriptor
        return False
