"""Classes that are confused with others the most."""

import numpy as np
import pytest

from latentkit.separation.separable.pairs import ConfusedClass, Pair, most_confused

Z95 = 1.6448536269514722


def pair(a, b, auc, error=0.01) -> Pair:
    low = None if auc is None else auc - Z95 * error
    return Pair(a, b, 50, 50, auc, low, None, None, None, None, "partly")


def test_the_class_whose_pairs_have_the_least_auc_on_average_is_named():
    result = most_confused(
        [pair("coat", "shirt", 0.8), pair("coat", "shoe", 0.99), pair("shirt", "shoe", 0.9)], 0.95
    )
    assert [one.name for one in result] == ["shirt"]
    assert result[0].auc == pytest.approx(0.85)


def test_a_class_that_is_above_it_by_chance_is_named_as_well():
    pairs = [
        pair("coat", "shirt", 0.9, 0.02),
        pair("coat", "top", 0.89, 0.02),
        pair("shirt", "top", 0.8, 0.02),
    ]
    assert most_confused(pairs, 0.95) == [
        ConfusedClass("top", pytest.approx(0.845)),
        ConfusedClass("shirt", pytest.approx(0.85)),
    ]


def test_the_bound_is_that_of_the_difference_of_two_means():
    # coat minus shirt = (coat/shoe - shirt/shoe) / 2; its error is that of two pairs, halved
    limit = Z95 * np.hypot(0.03, 0.04) / 2
    for off, names in ((-1e-6, ["shirt", "coat"]), (1e-6, ["shirt"])):
        pairs = [pair("coat", "shirt", 0.7, 0.001), pair("shirt", "shoe", 0.9, 0.03)]
        pairs.append(pair("coat", "shoe", 0.9 + 2 * (limit + off), 0.04))
        assert [one.name for one in most_confused(pairs, 0.95)] == names


def test_if_no_class_stands_out_none_is_named():
    assert most_confused([pair("a", "b", 0.8), pair("a", "c", 0.81), pair("b", "c", 0.8)], 0.95) == []
    assert most_confused([pair("a", "b", 0.8)], 0.95) == []
    assert most_confused([], 0.95) == []


def test_pairs_without_an_auc_do_not_count():
    known = [pair("coat", "shirt", 0.8), pair("coat", "shoe", 0.99), pair("shirt", "shoe", 0.9)]
    assert most_confused([*known, pair("coat", "hat", None)], 0.95) == most_confused(known, 0.95)
