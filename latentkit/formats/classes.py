"""Class names from the numbers that others use: floats, booleans, one column, one column a class.

An array that is no list of classes gives None, and the caller says so: nothing is rounded to a class.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["class_names", "is_number", "is_one_hot", "whole_numbers"]


def class_names(array: NDArray[Any], columns: Sequence[str] | None = None) -> NDArray[np.str_] | None:
    """Return the class of each row, (N,); `columns` names those of a one-hot array. None if they are no classes."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if is_one_hot(array):
        names = np.array(
            columns if columns is not None else [str(at) for at in range(array.shape[1])], np.str_
        )
        return np.where(array.any(axis=1), names[array.argmax(axis=1)], "")
    if array.ndim != 1:
        return None
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "S":
        with suppress(UnicodeDecodeError):
            return np.strings.decode(array, "utf-8")
    if array.dtype.kind == "f":
        missing = np.isnan(array)
        numbers = np.where(missing, 0, array)
        if not whole_numbers(numbers):
            return None
        return np.where(missing, "", numbers.astype(np.int64).astype(np.str_))
    return array.astype(np.str_) if array.dtype.kind in "iub" else None


def is_one_hot(array: NDArray[Any]) -> bool:
    """Return True for (N, K) of 0 and 1, K at least 2, with a single 1 in every row."""
    if array.ndim != 2 or array.shape[1] < 2 or array.dtype.kind not in "fiub" or not len(array):
        return False
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def whole_numbers(array: NDArray[Any]) -> bool:
    """Return True if every number is whole and small enough to be exact."""
    if array.dtype.kind != "f":
        return True
    array = array.astype(np.float64, copy=False)
    return bool(
        np.isfinite(array).all() and (np.abs(array) < 2**53).all() and (array == np.rint(array)).all()
    )


def is_number(cell: str) -> bool:
    """Return True if a cell reads as a number; nan and inf are numbers too."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
