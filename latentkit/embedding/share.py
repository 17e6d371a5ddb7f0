"""Images shared out among the processes of a group, so that what comes of them is what one process would have made.

Each takes whole batches of the order that one process has. An image that cannot be read moves all after it up a
place, to other batches: then they are done again without it. The cache has their pixels.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import chain, pairwise
from typing import Any, NamedTuple

from numpy.typing import NDArray

from latentkit.formats.npz import read_npz, write_npz
from latentkit.formats.regular_file import temporary_file_errors
from latentkit.group import collect, gather, share
from latentkit.images import Skipped, Source, Sources
from latentkit.images.load import NoneReadableError, none_readable
from latentkit.protocol import Group

__all__ = ["Part", "shared"]


class Part(NamedTuple):
    """What came of a batch of images."""

    rows: dict[str, NDArray[Any]]
    skipped: Sequence[Skipped]
    """Images that could not be read on the way to it."""


def shared(
    group: Group, sources: Sequence[Source], batch: int, parts: Callable[[Sequence[Source]], Iterator[Part]]
) -> Iterator[Part]:
    """In the first process every part, in the order of one process; nothing in the others, which must iterate too.

    `parts` makes them of some of the sources. ImagesError where none can be read.
    """
    skipped: dict[str, Skipped] = {}
    while True:
        readable = Sources(source for source in sources if source.id not in skipped)
        if not readable:
            raise none_readable([skipped[source.id] for source in sources])
        turns = share(-(-len(readable) // batch), group)
        mine = readable[turns.start * batch : turns.stop * batch]
        with Spool() as spool:
            missing = _fill(spool, parts, mine)
            told = gather(group, json.dumps(missing).encode())
            found = [Skipped(*each) for each in chain.from_iterable(map(json.loads, told))]
            if not found:
                left = [skipped[source.id] for source in sources if source.id in skipped]
                for data in collect(group, len(spool), iter(spool)):
                    yield Part(read_npz(BytesIO(data), name="a part of the latents"), left)
                    left = []
                return
        skipped |= {image.id: image for image in found}


def _fill(
    spool: "Spool", parts: Callable[[Sequence[Source]], Iterator[Part]], sources: Sequence[Source]
) -> list[Skipped]:
    """Do a share, which may be empty or unreadable; returns what could not be read."""
    missing: list[Skipped] = []
    try:
        for part in parts(sources) if sources else ():
            missing += part.skipped
            if not missing:
                data = BytesIO()
                write_npz(data, part.rows)
                spool.append(data.getvalue())
    except NoneReadableError as error:
        missing += error.skipped
    return missing


class Spool:
    """Pieces of bytes in an unlinked temporary file, so that they take no memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._ends = [0]

    def append(self, data: bytes) -> None:
        """Add a piece."""
        with temporary_file_errors():
            self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        for start, end in pairwise(self._ends):
            yield self._file.read(end - start)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *reason: object) -> None:
        self._file.close()
