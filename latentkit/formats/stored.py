"""Validate the arrays and the parameters of a fitted model that was stored in a file."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

__all__ = ["Bounds", "axis_lengths", "bad_parameter"]

Bounds = Mapping[str, tuple[float, str]]
"""The least value of each parameter, and the axis (a letter of `axis_lengths`) whose length is its largest value."""


def axis_lengths(
    arrays: Mapping[str, NDArray[Any]], axes: Mapping[str, str], lengths: Mapping[str, int]
) -> dict[str, int] | None:
    """Match the shapes of arrays with axes that are named by letters; the same letter is the same length.

    `axes` maps the key of an array to its letters, "md" for (m, d). Return every letter's length, or None if an array
    has another number of axes, or a letter two lengths.
    """
    all_lengths = dict(lengths)
    for key, letters in axes.items():
        shape = arrays[key].shape
        if len(shape) != len(letters):
            return None
        for letter, length in zip(letters, shape, strict=True):
            if all_lengths.setdefault(letter, length) != length:
                return None
    return all_lengths


def bad_parameter(
    parameters: Mapping[str, Any], bounds: Bounds, lengths: Mapping[str, int]
) -> tuple[str, Any] | None:
    """Return the first stored parameter that is missing or out of bounds, and its value; "a.b" is b in the object a."""
    for path, (least, axis) in bounds.items():
        value: Any = parameters
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if not isinstance(value, int | float) or not least <= value <= lengths[axis]:
            return path, value
    return None
