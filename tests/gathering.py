"""Groups of threads: arrays are summed in the order of their ranks."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np


class Thread:
    """One of the threads; see latentkit.protocol.Group, and `all_reduce` of latentkit_torch."""

    device = "cpu"

    def __init__(self, rank: int, size: int, meeting: threading.Barrier, given: list[Any]) -> None:
        self.rank, self.size, self.leads = rank, size, rank == 0
        self._meeting, self._given = meeting, given
        self.sums = 0

    def sum(self, array):
        self.sums += 1
        self._given[self.rank] = array
        self._meeting.wait(timeout=60)
        total = self._given[0].copy()
        for other in self._given[1:]:
            assert (other.shape, other.dtype) == (total.shape, total.dtype)
            total += other
        self._meeting.wait(timeout=60)
        return total

    def all_reduce(self, tensor) -> None:
        total = self.sum(tensor.numpy().copy())
        tensor.numpy()[...] = total


def together(size: int, job: Callable[[Thread], Any]) -> list[Any]:
    """Run the job in each thread and return the results; raise the error of any."""
    meeting, given = threading.Barrier(size), [np.empty(0)] * size
    found: list[Any] = [None] * size
    errors: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            found[rank] = job(Thread(rank, size, meeting, given))
        except threading.BrokenBarrierError:
            pass  # another has failed, and says why
        except BaseException as error:  # noqa: BLE001  # raised again below
            errors.append(error)
            meeting.abort()

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return found
