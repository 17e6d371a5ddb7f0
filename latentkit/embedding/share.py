"""Embed images in a group of processes, with the same result as in one process.

Each process takes whole batches, in the order of a single process. If an image cannot be read, those after it move to
other batches, so all are embedded again without it; their pixels are in the cache.
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

__all__ = ["Part", "embed_in_group"]


class Part(NamedTuple):
    """The latents of a batch of images."""

    rows: dict[str, NDArray[Any]]
    skipped: Sequence[Skipped]
    """Images that could not be read since the last part."""


def embed_in_group(
    group: Group, sources: Sequence[Source], batch: int, parts: Callable[[Sequence[Source]], Iterator[Part]]
) -> Iterator[Part]:
    """Yield every part in process 0, in the order of a single process; yield nothing in the others, which must iterate too.

    `parts` embeds some of the sources. Raises ImagesError if none can be read.
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
            everywhere = gather(group, json.dumps(missing).encode())
            unreadable = [Skipped(*each) for each in chain.from_iterable(map(json.loads, everywhere))]
            if not unreadable:
                unreported = [skipped[source.id] for source in sources if source.id in skipped]
                for data in collect(group, len(spool), iter(spool)):
                    yield Part(read_npz(BytesIO(data), name="a part of the latents"), unreported)
                    unreported = []
                return
        skipped |= {image.id: image for image in unreadable}


def _fill(
    spool: "Spool", parts: Callable[[Sequence[Source]], Iterator[Part]], sources: Sequence[Source]
) -> list[Skipped]:
    """Embed a share of the sources, which may be empty; return the images that could not be read."""
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
    """A sequence of bytes objects in an unlinked temporary file, so that it takes no memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._ends = [0]

    def append(self, data: bytes) -> None:
        """Append a bytes object."""
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
