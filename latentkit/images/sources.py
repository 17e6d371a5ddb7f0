"""Where images are: one of them, and a great many."""

import os
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
        self._names = bytearray()  # in UTF-8, one after the other
        self._ends = array("Q", [0])
        self._place = array("I")  # which of `_places`
        self._row = array("q")  # -1 for a file
        places: dict[_Place, int] = {}
        for source in sources:
            place, name = _divided(source)
            self._names += name.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._names))
            self._place.append(places.setdefault(place, len(places)))
            self._row.append(-1 if source.row is None else source.row)
        self._places = list(places)

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
        name = self._names[start:end].decode("utf-8", "surrogatepass")
        place, row = self._places[self._place[at]], self._row[at]
        if row >= 0:
            return Source(place.id + name, place.label, place.path, row)
        return Source(place.id + name, place.label, place.path + name)


class _Place(NamedTuple):
    """What many sources have in common: a label, what stands before the name in an id, and in a path.

    The path of rows is that of their array, whole.
    """

    label: str
    id: str
    path: str


def _divided(source: Source) -> tuple[_Place, str]:
    """Where a source is, and its name there: all that its id and its path end with alike."""
    if source.row is not None:
        return _Place(source.label, "", source.path), source.id
    name = os.path.commonprefix([source.id[::-1], source.path[::-1]])[::-1]  # noqa: RUF071  # characters are meant
    return _Place(source.label, source.id.removesuffix(name), source.path.removesuffix(name)), name
