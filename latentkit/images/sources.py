"""Where images are: one of them, and a great many."""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple, overload

__all__ = ["Source", "Sources"]


class Source(NamedTuple):
    """Where one image is: a file, or one row of an array (`X.npy`, `X.npz:key`)."""

    id: str
    label: str
    path: str
    row: int | None = None


class Sources(Sequence[Source]):
    """Sources that are made when they are asked for: a million kept as objects take a third of a gigabyte."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._ids = bytearray()  # in UTF-8, one after the other
        self._ends = array("Q", [0])
        self._places: dict[_Place, int] = {}
        self._place = array("I")  # which of them
        self._row = array("q")  # -1 for a file
        for source in sources:
            self._ids += source.id.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._ids))
            self._place.append(self._places.setdefault(_place(source), len(self._places)))
            self._row.append(-1 if source.row is None else source.row)
        self._place_of = list(self._places)

    def __len__(self) -> int:
        return len(self._row)

    @overload
    def __getitem__(self, index: int) -> Source: ...
    @overload
    def __getitem__(self, index: slice) -> list[Source]: ...
    def __getitem__(self, index: int | slice) -> Source | list[Source]:
        if isinstance(index, slice):
            return [self._made(at) for at in range(*index.indices(len(self)))]
        return self._made(range(len(self))[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return f"Sources({list(self)!r})"

    def _made(self, at: int) -> Source:
        start, end = self._ends[at : at + 2]
        id_ = self._ids[start:end].decode("utf-8", "surrogatepass")
        place, row = self._place_of[self._place[at]], self._row[at]
        path = place.path + id_ if place.is_above else place.path
        return Source(id_, place.label, path, None if row < 0 else row)


class _Place(NamedTuple):
    """What many sources have in common."""

    label: str
    path: str
    is_above: bool
    """Whether an id follows, as it does in a folder; the path of an array is that of all its rows."""


def _place(source: Source) -> _Place:
    if source.path.endswith(source.id):
        return _Place(source.label, source.path.removesuffix(source.id), is_above=True)
    return _Place(source.label, source.path, is_above=False)
