"""Whatever can be read, as a regular file that can be sought and mapped."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from latentkit.formats.atomic import naming

__all__ = ["naming_temporary", "regular_file"]


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
            while chunk := source.read(1 << 20):
                with naming_temporary():
                    temporary.write(chunk)
            with naming_temporary():
                temporary.seek(0)
            yield cast(BinaryIO, temporary)


def naming_temporary() -> AbstractContextManager[None]:
    """A failed write of a temporary file is told of with where such files are, and how to move them."""
    return naming(f"{tempfile.gettempdir()} (temporary files; TMPDIR names another folder for them)")


def _is_regular(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and stream.tell() == 0
    except OSError:  # io.UnsupportedOperation: a stream without a descriptor
        return False
