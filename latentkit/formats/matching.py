"""Match the ids of a table with those of images, although one has folders, or no extension, or numbers.

Each way of matching turns both ids into a key. The way that matches most images is used, and of ways as good the most
exact. A key of two images is no key: what is not unique is not guessed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Match", "match"]

_EXTENSION = re.compile(r"(?:\.(?:nii|ome|tar))?\.[A-Za-z][A-Za-z0-9]{1,4}$")
DEEPEST = 4
"""Most components of a path that are compared."""


@dataclass(frozen=True)
class Match:
    """Rows of the images, one for each line of the table, -1 for none; and how, "" if exactly."""

    rows: list[int]
    how: str
    column: int
    by_row: bool = False

    @property
    def count(self) -> int:
        """The number of images that have a line."""
        return len({row for row in self.rows if row >= 0})

    def shifted(self, header: bool) -> "Match":
        """Return the match of the lines below the header."""
        return replace(self, rows=self.rows[1:]) if header else self


Key = Callable[[str], str]


def match(cells: Sequence[str], ids: Sequence[str], column: int, *, rows: bool) -> Match | None:
    """Match the cells of a column; None if none matches. `rows` allows whole numbers to be those of the rows."""
    best: Match | None = None
    for how, key in _ways():
        counts = Counter(map(key, ids))
        row_of = {known: row for row, id in enumerate(ids) if counts[known := key(id)] == 1 and known}
        lines = [row_of.get(key(cell), -1) for cell in cells]
        found = Match(lines, how, column)
        if found.count and not _same_key(lines, cells) and (best is None or found.count > best.count):
            best = found
        if best is not None and best.count in (len(ids), len(set(cells))):
            return best
    return best or (_by_row_number(cells, len(ids), column) if rows else None)


def _same_key(lines: list[int], cells: Sequence[str]) -> bool:
    """Return True if different ids of the table would be the same image."""
    names: dict[int, str] = {}
    return any(
        row >= 0 and names.setdefault(row, cell) != cell for row, cell in zip(lines, cells, strict=True)
    )


def _ways() -> Iterator[tuple[str, Key]]:
    yield "", str
    yield "as paths", _path
    for depth in range(DEEPEST - 1, 0, -1):
        yield (
            ("without folders" if depth == 1 else f"by the last {depth} parts of the path"),
            _tail(depth, str),
        )
    yield "without the extension", lambda id: _stem(_path(id))
    for depth in range(DEEPEST - 1, 0, -1):
        where = "folders" if depth == 1 else f"all but the last {depth} parts of the path"
        yield f"without {where} and the extension", _tail(depth, _stem)
    yield "as numbers", _number


def _path(id: str) -> str:
    return id.strip().replace("\\", "/").removeprefix("./")


def _stem(id: str) -> str:
    return _EXTENSION.sub("", id)


def _tail(depth: int, finish: Key) -> Key:
    return lambda id: finish("/".join(_path(id).split("/")[-depth:]))


def _number(id: str) -> str:
    """Return the number of an id such as X/000012, 12 or 12.0; "" for any other."""
    found = re.fullmatch(r"0*(\d+)(?:\.0*)?", _stem(_path(id).rsplit("/", 1)[-1]))
    return "" if found is None else found[1]


def _by_row_number(cells: Sequence[str], rows: int, column: int) -> Match | None:
    """Match 0 to N-1 (or 1 to N) with the rows in order, if the table has exactly these numbers."""
    body = cells[1:]
    numbers = [int(known) for cell in body if (known := _number(cell))]
    for first in (0, 1):
        if len(numbers) == len(body) and sorted(numbers) == list(range(first, rows + first)):
            return Match(
                [-1, *(number - first for number in numbers)], "by the number of the row", column, True
            )
    return None
