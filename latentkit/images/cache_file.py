"""The file that holds the cache of decoded images: find it, limit it, describe it, empty it."""

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
_LOCK_TIMEOUT = 30.0  # seconds to wait for another process


class CacheInfo(NamedTuple):
    """Content of the cache; sizes in bytes."""

    path: str
    bytes: int
    limit: int
    images: int
    files: int


def folder() -> Path:
    """Return the folder of the cache, which need not exist; raise ImagesError if there is no home folder for it."""
    if chosen := os.environ.get("LATENTKIT_CACHE"):
        return Path(chosen)
    import platformdirs

    try:
        return platformdirs.user_cache_path("latentkit", appauthor=False)
    except RuntimeError as error:
        raise ImagesError("there is no home folder for the cache: set LATENTKIT_CACHE to a folder") from error


def limit() -> int:
    """Return the largest size of the cache in bytes; raise ImagesError if $LATENTKIT_CACHE_LIMIT is not a size."""
    text = os.environ.get("LATENTKIT_CACHE_LIMIT") or _DEFAULT_LIMIT
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ImagesError(
            f"LATENTKIT_CACHE_LIMIT is {text!r}, which is not a size: set it to one such as 500M or 8G"
        )
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " "))


def info() -> CacheInfo:
    """Return the current content of the cache; a cache that does not exist is not created."""
    path = folder() / FILE
    if not path.is_file():
        return CacheInfo(str(path), 0, limit(), 0, 0)
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_LOCK_TIMEOUT)
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
    """Empty the cache and return how many bytes that freed. A process that is using it is not disturbed."""
    path = folder() / FILE
    if not path.is_file():
        return 0
    before = path.stat().st_size
    try:
        if _delete_rows(path):
            return before - path.stat().st_size
        remove(path)
        return before
    except (OSError, sqlite3.OperationalError) as error:
        raise ImagesError(f"the cache {path} cannot be cleared ({error}): try again, or delete it") from error


def _delete_rows(path: Path) -> bool:
    """Delete every row; return False if the file is corrupt, so that it cannot be done."""
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_TIMEOUT, isolation_level=None)) as connection:
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
    """Delete the file and its journal."""
    for name in (path, Path(f"{path}-journal")):
        name.unlink(missing_ok=True)
