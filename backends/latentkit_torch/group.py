"""A group of processes, as torchrun starts them: gloo between CPUs, nccl between GPUs."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from latentkit.errors import BackendError, GroupError

__all__ = ["TorchGroup", "device_of", "join"]

PATIENCE = timedelta(days=1)
"""How long one waits for another, which may be reading a million images; one that has ended is not waited for."""

Array = TypeVar("Array", bound=NDArray[Any])


class TorchGroup:
    """See latentkit.protocol.Group."""

    def __init__(
        self, store: dist.distributed_c10d.Store, rank: int, size: int, device: str, *, leads: bool
    ) -> None:
        self._store = store
        self.rank, self.size, self.device, self.leads = rank, size, device, leads

    def add_up(self, tensor: Tensor) -> None:
        """Put the sum over all processes in the tensor's place."""
        try:
            dist.all_reduce(tensor)
        except RuntimeError as error:
            raise GroupError(
                f"a process of this group of {self.size} is gone; what was saved is kept: "
                "start the group again, and `train` with --resume"
            ) from error

    def sum(self, array: Array) -> Array:
        """The sum over all processes, the same bits in each; raises GroupError when one of them is gone."""
        tensor = torch.from_numpy(np.array(array, order="C"))
        self.add_up(tensor)
        return tensor.numpy()  # type: ignore[return-value]  # of the same type as the array

    def __enter__(self) -> "TorchGroup":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not self._first_to_fail():
            raise GroupError from error
        if error is None:
            dist.destroy_process_group()

    def _first_to_fail(self) -> bool:
        try:
            return bool(self._store.add("latentkit/failed", 1) == 1)
        except RuntimeError:  # the process that kept the store is the one that is gone
            return True


def join(device: str, known: Sequence[str]) -> TorchGroup:
    """Meet the others; `known` are the devices of this machine."""
    if "RANK" not in os.environ:
        raise BackendError(
            "this process was started alone; start a group with: torchrun --nproc-per-node 2 -m latentkit ..."
        )
    local, here = (
        int(os.environ.get(name, default))
        for name, default in (("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1"))
    )
    chosen = device_of(device, known, local, here)
    engine = "cpu:gloo"
    if chosen.startswith("cuda"):
        torch.cuda.set_device(chosen)
        engine = "cpu:gloo,cuda:nccl"
    with _mortal():
        store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
        dist.init_process_group(engine, store=store, rank=rank, world_size=size, timeout=PATIENCE)
    return TorchGroup(store, rank, size, chosen, leads=local == 0)


@contextmanager
def _mortal() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM end the process themselves: Python's handlers would wait until all have met."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def device_of(asked: str, known: Sequence[str], local: int, here: int) -> str:
    """The device of process number `local` of the `here` on this machine: each has a GPU of its own, or none has.

    Raises BackendError saying how many processes may be started.
    """
    gpus = [name for name in known if name.startswith("cuda")]
    if asked == "cpu" or (asked == "auto" and not gpus):
        return "cpu"
    if asked in ("auto", "cuda") or (asked in gpus and here == 1):
        if here <= len(gpus):
            return gpus[local] if asked in ("auto", "cuda") else asked
        raise BackendError(
            f"{here} processes were started here and there are {len(gpus)} GPUs: give each its own with "
            f"--nproc-per-node {len(gpus)}, or compute on --device cpu"
            if gpus
            else "torch has no GPU here; compute on --device cpu"
        )
    raise BackendError(
        f"--device {asked} cannot be that of {here} processes; in a group it is auto, cuda or cpu"
    )
