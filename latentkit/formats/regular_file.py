"""Turn any readable source into a regular file, which can be sought and memory-mapped."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from latentkit.formats.atomic import errors_naming

__all__ = ["regular_file", "temporary_file_errors"]


@contextmanager
def regular_file(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """Yield `source` as a regular file at its start.

    A regular file (also one that is redirected into a stream) is yielded itself; a pipe, or any other
    stream, is copied to an unlinked temporary file first. A stream that is passed in stays open.
    """
    if isinstance(source, str | Path):
        with Path(source).open("rb") as opened, regular_file(opened) as file:
            yield file
    elif _is_regular(source):
        yield source
    else:
        with tempfile.TemporaryFile() as temporary:
            while chunk := source.read(1 << 20):
                with temporary_file_errors():
                    temporary.write(chunk)
            with temporary_file_errors():
                temporary.seek(0)
            yield cast(BinaryIO, temporary)


def temporary_file_errors() -> AbstractContextManager[None]:
    """Name the folder of temporary files in an OSError of the block, and how to choose another."""
    return errors_naming(f"{tempfile.gettempdir()} (temporary files; set TMPDIR to use another folder)")


def _is_regular(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and stream.tell() == 0
    except OSError:  # io.UnsupportedOperation: a stream without a descriptor
        return False
