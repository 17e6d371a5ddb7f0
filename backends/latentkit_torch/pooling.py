"""Means and gradients of a batch whose images are divided among the processes of a group."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

import torch
from torch import Tensor

__all__ = ["Reducer", "all_reduce_many", "mean_over"]


class Reducer(Protocol):
    """The part of a group that a model needs."""

    rank: int

    def all_reduce(self, tensor: Tensor) -> None:
        """Replace the tensor by its sum over all processes."""


def mean_over(group: Reducer | None, each: Tensor) -> Tensor:
    """Return the mean over the images of all processes: (N, ...) to (...). N may differ between them, and may be 0.

    The gradient is the part of this process; the parts are summed afterwards.
    """
    if group is None:
        return each.mean(0)
    sums = torch.cat([each.sum(0).reshape(-1), each.new_full((1,), len(each))])
    sums = cast(Tensor, _Sum.apply(sums, group))  # type: ignore[no-untyped-call]  # torch does not annotate it
    return (sums[:-1] / sums[-1]).reshape(each.shape[1:])


class _Sum(torch.autograd.Function):
    """A sum over all processes, whose gradient is that of the summand of this process."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, group: Reducer) -> Tensor:
        total = part.clone()
        group.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def all_reduce_many(group: Reducer, tensors: Sequence[Tensor]) -> None:
    """Replace each tensor by its sum over all processes, in a single reduction."""
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
    group.all_reduce(flat)
    totals = torch.split(flat, [tensor.numel() for tensor in tensors])
    for tensor, total in zip(tensors, totals, strict=True):
        tensor.copy_(total.view_as(tensor))
