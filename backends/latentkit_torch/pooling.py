"""Figures and gradients of a batch whose images are shared out among the processes of a group."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor

__all__ = ["Adder", "add_up_together", "mean_over"]


class Adder(Protocol):
    """What is needed of a group here."""

    rank: int

    def add_up(self, tensor: Tensor) -> None:
        """Put the sum over all processes in the tensor's place."""


def mean_over(group: Adder | None, each: Tensor) -> Tensor:
    """(N, ...) to (...): the mean over the images of all processes, each of which has its own N, 0 too.

    Backwards it is this process's part of the gradient; the parts are added up afterwards.
    """
    if group is None:
        return each.mean(0)
    counted = torch.cat([each.sum(0).reshape(-1), each.new_full((1,), len(each))])
    counted = cast(Tensor, _Sum.apply(counted, group))  # type: ignore[no-untyped-call]  # torch does not annotate it
    return (counted[:-1] / counted[-1]).reshape(each.shape[1:])


class _Sum(torch.autograd.Function):
    """A sum over all processes, whose gradient is that of this process's summand."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, group: Adder) -> Tensor:
        total = part.clone()
        group.add_up(total)
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        return slopes[0], None


def add_up_together(group: Adder, tensors: Sequence[Tensor]) -> None:
    """Put the sums over all processes in the tensors' places, in one journey."""
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    group.add_up(flat)
    totals = torch.split(flat, [tensor.numel() for tensor in tensors])
    for tensor, total in zip(tensors, totals, strict=True):
        tensor.copy_(total.view_as(tensor))
