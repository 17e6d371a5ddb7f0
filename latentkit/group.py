"""Communication in a group of processes, all of it by the one thing that a group can do: sum arrays over its processes.

Every process must make the same calls in the same order, or all of them wait forever.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import numpy as np

from latentkit.launch import launched
from latentkit.protocol import Backend, Group

__all__ = ["any_rank", "collect", "first_reads", "gather", "join", "share", "size_of"]


def join(backend: Backend, device: str) -> "AbstractContextManager[Group | None]":
    """Return the group of this process, as a context manager; one of None for a process alone.

    Raises BackendError if the backend does not support groups.
    """
    return backend.join(device) if launched() else nullcontext()


def size_of(group: Group | None) -> int:
    """Return the number of processes; 1 without a group."""
    return 1 if group is None else group.size


def share(count: int, group: Group | None) -> slice:
    """Return this process's share of a sequence of `count` items; shares differ by at most one item, and may be empty."""
    if group is None:
        return slice(0, count)
    return slice(count * group.rank // group.size, count * (group.rank + 1) // group.size)


def any_rank(group: Group | None, flag: bool) -> bool:
    """Return whether the flag is true in any process; the result is the same in all of them."""
    return flag if group is None else bool(group.sum(np.array([flag], np.int64))[0])


def gather(group: Group, data: bytes) -> list[bytes]:
    """Return the data of every process, in the order of their ranks, in every process."""
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
    """Yield every part of every process, in the order of their ranks, in process 0; yield nothing in the others.

    `count` is the number of parts of this process. One part travels at a time, so the other processes must iterate too.
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
    """Let one process of each machine go through the block before the others do.

    So images are decoded once, into the cache, by all processors of the machine. Without a cache, no process waits.
    """
    if group is None or not cached:
        yield
        return
    if not group.leads:
        any_rank(group, False)
    yield
    if group.leads:
        any_rank(group, False)
