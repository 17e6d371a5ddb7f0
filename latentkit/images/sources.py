"""Sources of images: one image and where it is, and a compact sequence of many.

A kind of source is a module with a Container, such as an array or an archive, and three functions that `find` calls:

    matches(argument: str) -> bool               True if an argument of the command line names such a container
    find_in(argument: str) -> Iterator[Source]   its images
    note(argument: str) -> str                   what was decided about it, for the user; "" if nothing was

To add one, write that module, add it to KINDS in `find`, and document it.
"""

import os
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple, Protocol, overload

from latentkit.images.content import Content
from latentkit.images.files import FILES
from latentkit.images.folders import Folders

__all__ = ["Container", "Source", "Sources", "open_all"]

Key = str | int


class Container(Protocol):
    """A place that holds images, each under a key: a path, a row, the name of a member.

    It must be hashable, and equal to another one of the same place.
    """

    def open(self) -> AbstractContextManager[object]:
        """Keep the container open for many reads within the block. Reading must work without, too."""

    def location(self, key: Key) -> str:
        """Name an image, in messages and in the cache; unique among all containers."""

    def stamp(self, key: Key) -> bytes | None:
        """Return bytes that change if the image changes; None if there are none, so that it is always read."""

    def read(self, key: Key) -> Content | str:
        """Read an image, or say in plain words why it cannot be read. Called from several threads."""


class Source(NamedTuple):
    """One image: its id, its label ("" if it has none), and where it is."""

    id: str
    label: str
    key: Key
    container: Container = FILES

    @property
    def path(self) -> str | None:
        """The path of an image file; None for any other source."""
        return self.container.location(self.key) if self.container is FILES else None

    @property
    def location(self) -> str:
        """The name of the image in messages and in the cache; it may hold bytes that are not UTF-8."""
        return self.container.location(self.key)

    def stamp(self) -> bytes | None:
        """Return bytes that change if the image changes; None if there are none."""
        return self.container.stamp(self.key)

    def read(self) -> Content | str:
        """Read the image, or say in plain words why it cannot be read."""
        return self.container.read(self.key)


class Sources(Sequence[Source]):
    """A compact sequence of sources, which are created on access: a million objects would take a third of a GiB."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._names = bytearray()  # in UTF-8, one after the other
        self._ends = array("Q", [0])
        self._place = array("I")  # index into `_places`
        self._number = array("q")  # the key if it is a number, else -1
        places: dict[_Place, int] = {}
        last: _Place | None = None
        index = 0
        for source in sources:
            place, name = _divide(source)
            if place != last:  # comparing is faster than hashing
                last, index = place, places.setdefault(place, len(places))
            self._names += name.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._names))
            self._place.append(index)
            self._number.append(source.key if isinstance(source.key, int) else -1)
        self._places = list(places)
        self.folders = Folders()
        self.notes: list[str] = []
        """Decisions made on finding the images, to be said to the user."""

    @property
    def containers(self) -> Iterable[Container]:
        """Every container that holds one of the images."""
        return {place.container for place in self._places}

    def count_labels(self) -> dict[str, int]:
        """Return the number of images of each label."""
        counts: Counter[str] = Counter()
        for index, count in Counter(self._place).items():
            counts[self._places[index].label] += count
        return dict(counts)

    def relabel(self, labels: Mapping[str, str]) -> None:
        """Replace every label by another one."""
        self._places = [place._replace(label=labels[place.label]) for place in self._places]

    def __len__(self) -> int:
        return len(self._number)

    @overload
    def __getitem__(self, index: int) -> Source: ...
    @overload
    def __getitem__(self, index: slice) -> list[Source]: ...
    def __getitem__(self, index: int | slice) -> Source | list[Source]:
        if isinstance(index, slice):
            return [self._source(at) for at in range(*index.indices(len(self)))]
        return self._source(range(len(self))[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def __repr__(self) -> str:
        return f"Sources({list(self)!r})"

    def _source(self, at: int) -> Source:
        start, end = self._ends[at : at + 2]
        name = self._names[start:end].decode("utf-8", "surrogatepass")
        place, number = self._places[self._place[at]], self._number[at]
        key = number if number >= 0 else place.key + name
        return Source(place.id + name, place.label, key, place.container)


@contextmanager
def open_all(sources: Sequence[Source]) -> Iterator[None]:
    """Keep the containers of these sources open for many reads."""
    with ExitStack() as stack:
        for container in _containers(sources):
            stack.enter_context(container.open())
        yield


def _containers(sources: Sequence[Source]) -> Iterable[Container]:
    if isinstance(sources, Sources):
        return sources.containers
    return {id(source.container): source.container for source in sources}.values()  # faster than hashing


class _Place(NamedTuple):
    """The common part of many sources: container, label, and the parts of id and key before the name."""

    container: Container
    label: str
    id: str
    key: str


def _divide(source: Source) -> tuple[_Place, str]:
    """Split a source into its place and its name there, which is the common suffix of its id and its key."""
    if isinstance(source.key, int):
        return _Place(source.container, source.label, "", ""), source.id
    name = os.path.commonprefix([source.id[::-1], source.key[::-1]])[::-1]  # noqa: RUF071  # characters are meant
    return (
        _Place(source.container, source.label, source.id.removesuffix(name), source.key.removesuffix(name)),
        name,
    )
