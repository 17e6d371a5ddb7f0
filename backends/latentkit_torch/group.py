"""A group of processes started by torchrun: gloo between CPUs, nccl between GPUs."""

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

TIMEOUT = timedelta(days=1)
"""How long a process waits for another, which may be reading a million images. It does not wait for one that has ended."""

Array = TypeVar("Array", bound=NDArray[Any])


class TorchGroup:
    """A group of processes; see latentkit.protocol.Group."""

    def __init__(
        self, store: dist.distributed_c10d.Store, rank: int, size: int, device: str, *, leads: bool
    ) -> None:
        self._store = store
        self.rank, self.size, self.device, self.leads = rank, size, device, leads

    def all_reduce(self, tensor: Tensor) -> None:
        """Replace the tensor by its sum over all processes."""
        try:
            dist.all_reduce(tensor)
        except RuntimeError as error:
            raise GroupError(
                f"another of the {self.size} processes of this group has ended; everything up to the last checkpoint is saved: "
                "start the group again, and resume `train` with --resume"
            ) from error

    def sum(self, array: Array) -> Array:
        """Return the sum over all processes, the same bits in each; raises GroupError if one of them is gone."""
        tensor = torch.from_numpy(np.array(array, order="C"))
        self.all_reduce(tensor)
        return tensor.numpy()  # type: ignore[return-value]  # the same type as the array

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
        except RuntimeError:  # the process that hosted the store is the one that has ended
            return True


def join(device: str, known: Sequence[str]) -> TorchGroup:
    """Wait for all processes, and return their group; `known` are the devices of this machine."""
    if "RANK" not in os.environ:
        raise BackendError(
            "this process is not part of a group; start one with: torchrun --nproc-per-node 2 -m latentkit ..."
        )
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    name = device_of(device, known, local_rank, local_size)
    engine = "cpu:gloo"
    if name.startswith("cuda"):
        torch.cuda.set_device(name)
        engine = "cpu:gloo,cuda:nccl"
    with _default_signals():
        store, rank, size = next(rendezvous("env://", timeout=TIMEOUT))
        dist.init_process_group(engine, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    return TorchGroup(store, rank, size, name, leads=local_rank == 0)


@contextmanager
def _default_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process at once: Python's handlers would wait until all processes have joined."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    active = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in active}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def device_of(device: str, known: Sequence[str], local_rank: int, local_size: int) -> str:
    """Return the device of one of the processes on this machine: each has its own GPU, or none has one.

    Raises BackendError saying how many processes can be started.
    """
    gpus = [name for name in known if name.startswith("cuda")]
    if device == "cpu" or (device == "auto" and not gpus):
        return "cpu"
    if device in ("auto", "cuda") or (device in gpus and local_size == 1):
        if local_size <= len(gpus):
            return gpus[local_rank] if device in ("auto", "cuda") else device
        raise BackendError(
            f"{local_size} processes were started on this machine, which has {len(gpus)} GPUs; give each its own with "
            f"--nproc-per-node {len(gpus)}, or use --device cpu"
            if gpus
            else "torch has no GPU here; use --device cpu"
        )
    raise BackendError(
        f"--device {device} cannot be used by {local_size} processes; in a group it must be auto, cuda or cpu"
    )
