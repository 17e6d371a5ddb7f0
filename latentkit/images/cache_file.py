"""The file that holds the cache of decoded images: where it is, how large it may be, what is in it, and away."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from latentkit.errors import ImagesError

__all__ = ["FILE", "CacheInfo", "clear", "folder", "info", "limit", "remove"]

FILE = "images-1.sqlite"  # another layout gets another number, so that versions do not disturb each other
_DEFAULT_LIMIT = "4G"
_PATIENCE = 30.0  # seconds to wait for another process


class CacheInfo(NamedTuple):
    """What the cache holds; sizes in bytes."""

    path: str
    bytes: int
    limit: int
    images: int
    files: int


def folder() -> Path:
    """Where the cache is, whether or not it is there; ImagesError where there is no home for it."""
    if named := os.environ.get("LATENTKIT_CACHE"):
        return Path(named)
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():  # a relative one is to be ignored, says the XDG specification
        return Path(named) / "latentkit"
    try:
        return Path.home() / ".cache" / "latentkit"
    except RuntimeError as error:
        raise ImagesError("there is no home folder for the cache: set LATENTKIT_CACHE to a folder") from error


def limit() -> int:
    """How many bytes the cache may take; ImagesError where the variable is no size."""
    text = os.environ.get("LATENTKIT_CACHE_LIMIT") or _DEFAULT_LIMIT
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ImagesError(f"LATENTKIT_CACHE_LIMIT is {text!r}, which is no size: give one as 500M or 8G")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def info() -> CacheInfo:
    """What the cache holds now; it is not made if it is not there."""
    path = folder() / FILE
    if not path.is_file():
        return CacheInfo(str(path), 0, limit(), 0, 0)
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)
        ) as connection:
            count = {
                t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("pixels", "files")
            }
    except sqlite3.Error as error:
        raise ImagesError(
            f"the cache {path} cannot be read ({error}): `latentkit cache clear` removes it"
        ) from error
    return CacheInfo(str(path), path.stat().st_size, limit(), count["pixels"], count["files"])


def clear() -> int:
    """Empty the cache and return how many bytes that freed. A process that is using it goes on unharmed."""
    path = folder() / FILE
    if not path.is_file():
        return 0
    before = path.stat().st_size
    try:
        if not _emptied(path):
            remove(path)
            return before
        return before - path.stat().st_size
    except (OSError, sqlite3.OperationalError) as error:
        raise ImagesError(f"the cache {path} cannot be cleared ({error}): try again, or delete it") from error


def _emptied(path: Path) -> bool:
    """Delete every row, and say whether that could be done; it cannot in a damaged file."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                return False
            for statement in ("DELETE FROM pixels", "DELETE FROM files", "VACUUM"):
                connection.execute(statement)
            return True
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False


def remove(path: Path) -> None:
    """Delete the file, and the journal beside it."""
    for name in (path, Path(f"{path}-journal")):
        name.unlink(missing_ok=True)
