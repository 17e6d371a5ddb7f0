"""What processes that do one job together tell each other, all by the one thing a group can do: add arrays up.

Every process makes the same calls in the same order, or waits for ever.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np

from latentkit.launch import launched
from latentkit.protocol import Backend, Group

__all__ = ["anyone", "collect", "first_reads", "gather", "join", "share", "size_of"]


def join(backend: Backend, device: str) -> "AbstractContextManager[Group | None]":
    """The group of the processes that were started with this one, a context manager; of None for a process alone.

    Raises BackendError where the backend has no groups.
    """
    return backend.join(device) if launched() else nullcontext()


def size_of(group: Group | None) -> int:
    """How many processes there are; one that is alone is one."""
    return 1 if group is None else group.size


def share(count: int, group: Group | None) -> slice:
    """This process's part of so many things in a row: shares differ by one at most, and may be empty."""
    if group is None:
        return slice(0, count)
    return slice(count * group.rank // group.size, count * (group.rank + 1) // group.size)


def anyone(group: Group | None, yes: bool) -> bool:
    """Whether any process says yes; all of them hear the same."""
    return yes if group is None else bool(group.sum(np.array([yes], np.int64))[0])


def gather(group: Group, data: bytes) -> list[bytes]:
    """What each process gives, in their order, in every process."""
    lengths = np.zeros(group.size, np.int64)
    lengths[group.rank] = len(data)
    lengths = group.sum(lengths)
    ends = np.cumsum(lengths)
    everything = np.zeros(ends[-1], np.uint8)
    everything[ends[group.rank] - len(data) : ends[group.rank]] = np.frombuffer(data, np.uint8)
    if len(everything):
        everything = group.sum(everything)
    return [everything[end - length : end].tobytes() for end, length in zip(ends, lengths, strict=True)]


def collect(group: Group, count: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """In the first process every part of every process, theirs one after another; nothing in the others.

    `count` is how many this process has. One part travels at a time. The others must iterate over it too.
    """
    counts = [int.from_bytes(count, "little") for count in gather(group, count.to_bytes(8, "little"))]
    if group.rank == 0:
        yield from parts
    for source in range(1, group.size):
        for _ in range(counts[source]):
            part = b"".join(gather(group, next(parts) if source == group.rank else b""))
            if group.rank == 0:
                yield part


@contextmanager
def first_reads(group: Group | None, *, cached: bool) -> Iterator[None]:
    """One process of each machine goes through the block before the others do.

    So images are decoded once, into the cache, by all processors of the machine. Without a cache nobody waits.
    """
    if group is None or not cached:
        yield
        return
    if not group.leads:
        anyone(group, False)
    yield
    if group.leads:
        anyone(group, False)
