"""The cache of decoded images: one SQLite file in $LATENTKIT_CACHE, else in latentkit/ of the user's cache folder.

Promises:
- Pixels are stored by content digest, transform and decoder version, so a changed or moved file is
  never mistaken. A digest is stored by location with a stamp (size, times and inode), so that a file
  that did not change need not be read again.
- Every row carries a checksum of key and value; a row whose checksum is wrong is ignored. A
  file that SQLite finds corrupt is replaced by an empty one.
- Locked between processes by SQLite, safe between threads here.
- At most $LATENTKIT_CACHE_LIMIT bytes (such as 500M or 8G; 4G if unset; 0 for no cache). The least
  recently used rows are deleted first; rows used within the hour stay, and if they fill the cache nothing is added.
- It never fails a run: without a writable folder, work continues without a cache and `note` says why.
"""

import hashlib
import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from latentkit.errors import ImagesError
from latentkit.images.cache_file import FILE, folder, limit, remove
from latentkit.images.decode import VERSION
from latentkit.images.transform import Transform

__all__ = ["Cache", "pixel_key"]

_IN_USE_SECONDS = 3600
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS files  (key BLOB PRIMARY KEY, value BLOB, crc INTEGER, used INTEGER);
    CREATE TABLE IF NOT EXISTS pixels (key BLOB PRIMARY KEY, value BLOB, crc INTEGER, used INTEGER);
    CREATE INDEX IF NOT EXISTS pixels_used ON pixels (used);
    CREATE INDEX IF NOT EXISTS files_used ON files (used);
"""


def pixel_key(digest: str, transform: Transform) -> bytes:
    """Return the key of an image's pixels: content, transform and everything that decoding depends on."""
    import PIL

    recipe = json.dumps([digest, VERSION, PIL.__version__, transform.to_json()], sort_keys=True)
    return hashlib.blake2b(recipe.encode(), digest_size=16).digest()


class Cache:
    """The open cache; `note` is None, or says in one line why it does less than it should."""

    def __init__(self) -> None:
        self.note: str | None = None
        self.folder: Path | None = None  # a folder that can be written to
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._path = Path()
        self._limit = limit()
        self._opened = int(time.time())
        self._full = False
        if self._limit == 0:
            return
        try:
            where = folder()
            where.mkdir(parents=True, exist_ok=True)
        except (OSError, ImagesError) as error:  # ImagesError: there is no home folder
            self._disable(str(error))
            return
        self._path = where / FILE
        self.folder = where
        with self._guarded():
            self._connect()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; afterwards the cache is empty and stores nothing."""
        with self._lock:
            self._disconnect()

    def digests(self, files: Sequence[tuple[str, bytes]]) -> list[str | None]:
        """Return the digests of images, given as (location, stamp); None where there is none for this stamp."""
        values = self._values("files", [_location_key(location) for location, _ in files])
        return [
            value[40:].hex() if value is not None and value[:40] == expected else None
            for value, (_, expected) in zip(values, files, strict=True)
        ]

    def pixels(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the bytes stored under keys; None where there are none with a valid checksum."""
        return self._values("pixels", keys)

    def store(self, files: Iterable[tuple[str, bytes, str]], pixels: Iterable[tuple[bytes, bytes]]) -> None:
        """Store digests, given as (location, stamp, digest), and pixels, given as (key, bytes), below the limit."""
        with self._guarded() as connection:
            if connection is None or self._full:
                return
            connection.execute("BEGIN IMMEDIATE")
            values = [
                (_location_key(location), stamp + bytes.fromhex(digest)) for location, stamp, digest in files
            ]
            for table, rows in (("files", values), ("pixels", list(pixels))):
                connection.executemany(
                    f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)",
                    ((key, value, _crc(key, value), self._opened) for key, value in rows),
                )
            connection.execute("COMMIT")
            self._evict(connection)

    def _values(self, table: str, keys: Sequence[bytes]) -> list[bytes | None]:
        values: list[bytes | None] = [None] * len(keys)
        with self._guarded() as connection:
            if connection is None:
                return values
            stale = []
            for i, key in enumerate(keys):
                row = connection.execute(
                    f"SELECT value, crc, used FROM {table} WHERE key = ?", (key,)
                ).fetchone()
                if row is not None and isinstance(row[0], bytes) and _crc(key, row[0]) == row[1]:
                    values[i] = row[0]
                    if row[2] < self._opened - _IN_USE_SECONDS // 2:
                        stale.append((self._opened, key))
            if stale:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(f"UPDATE {table} SET used = ? WHERE key = ?", stale)
                connection.execute("COMMIT")
        return values

    def _evict(self, connection: sqlite3.Connection) -> None:
        oldest_in_use = self._opened - _IN_USE_SECONDS
        while _bytes_used(connection) > self._limit:
            connection.execute("BEGIN IMMEDIATE")
            deleted = 0
            for table in ("pixels", "files"):
                deleted += connection.execute(
                    f"DELETE FROM {table} WHERE key IN (SELECT key FROM {table} WHERE used < ? ORDER BY used LIMIT 500)",
                    (oldest_in_use,),
                ).rowcount
            connection.execute("COMMIT")
            if not deleted:
                self._full = True
                self.note = (
                    f"the cache of decoded images is full ({self._limit / 2**30:.3g} GiB): "
                    "LATENTKIT_CACHE_LIMIT=8G allows more"
                )
                return

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection | None]:
        """Yield the connection, to one thread at a time; an error ends the cache, not the run."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.OperationalError as error:  # locked for long, disk full, no permission to write
                self._disable(str(error))
            except sqlite3.DatabaseError as error:
                self._rebuild(str(error))

    def _connect(self) -> None:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection = connection
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA synchronous = OFF")  # the checksums reveal corruption after a power cut
        connection.executescript(_SCHEMA)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _disable(self, why: str) -> None:
        self._disconnect()
        self.note = f"continuing without a cache of decoded images ({why}): set LATENTKIT_CACHE to a folder you can write to"

    def _rebuild(self, why: str) -> None:
        self._disconnect()
        try:
            remove(self._path)
            self._connect()
        except (OSError, sqlite3.Error) as error:
            self._disable(str(error))
        else:
            self.note = f"the cache of decoded images was corrupt ({why}) and was replaced by an empty one"


def _location_key(location: str) -> bytes:
    return os.fsencode(os.path.abspath(location))  # noqa: PTH100 - a string each, a hundred thousand times


def _crc(key: bytes, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key))


def _bytes_used(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
