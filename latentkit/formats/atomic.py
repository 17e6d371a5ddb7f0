"""Replace a file completely or not at all.

A reader sees the old bytes or the new ones, never a mixture; a failure of any kind (an exception, a
full disk, a kill) leaves the old file unchanged. A half-written file must never have the name of the target.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["errors_naming", "replace_file"]


@contextmanager
def replace_file(path: str | Path) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` when the block ends without an exception.

    The bytes go to a temporary file in the same folder, which is synced and renamed over the target. A
    link is followed, the target's permissions are kept, and a new file gets those of the umask. A target that
    cannot be renamed over (a device, a named pipe, /dev/fd/63) is written to directly.

    Raises OSError naming `path`.
    """
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        with errors_naming(path), Path(path).open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".latentkit-{secrets.token_hex(6)}.tmp")
    with errors_naming(path, instead_of=temporary), temporary.open("xb") as file:
        try:
            # Some file systems refuse even a change that changes nothing.
            if mode is not None and _mode(temporary) != mode:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    _sync_folder(target.parent)


def _mode(path: str | Path) -> int | None:
    try:
        return Path(path).stat().st_mode
    except FileNotFoundError:
        return None


@contextmanager
def errors_naming(path: str | Path, instead_of: Path | None = None) -> Iterator[None]:
    """Name `path` in an OSError of the block that names no file, as one from writing does, or `instead_of`."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(instead_of)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, if the file system supports it."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
