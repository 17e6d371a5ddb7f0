"""The arrays and parameters of stored models."""

import numpy as np
import pytest

from latentkit.formats.stored import axis_lengths, bad_parameter


def test_axes_of_the_same_letter_have_the_same_length():
    arrays = {"rows": np.zeros((7, 3)), "points": np.zeros((7, 2))}
    axes = {"rows": "mF", "points": "me"}
    assert axis_lengths(arrays, axes, {"e": 2}) == {"m": 7, "F": 3, "e": 2}
    assert axis_lengths(arrays, axes, {"e": 3}) is None
    assert axis_lengths(arrays, {"rows": "m"}, {}) is None


@pytest.mark.parametrize(
    ("parameters", "bad"),
    [
        ({"a": 2, "b": {"c": 1.5}}, None),
        ({"a": 8, "b": {"c": 1.5}}, ("a", 8)),
        ({"a": "2", "b": {"c": 1.5}}, ("a", "2")),
        ({"a": 2, "b": {"c": 0.5}}, ("b.c", 0.5)),
        ({"a": 2, "b": 1}, ("b.c", None)),
        ({}, ("a", None)),
    ],
)
def test_the_first_parameter_out_of_bounds_is_named(parameters, bad):
    assert bad_parameter(parameters, {"a": (2, "m"), "b.c": (1, "m")}, {"m": 7}) == bad
