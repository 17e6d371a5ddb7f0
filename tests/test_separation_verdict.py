"""The rules of the verdict, one by one."""

import dataclasses

import pytest

from latentkit.separation.options import Thresholds
from latentkit.separation.report.sentences import pair_note, separable_sentence
from latentkit.separation.report.verdict import separable, visible_without_labels
from latentkit.separation.separable.pairs import Pair, pair_verdict

LIMITS = Thresholds()


def pair(verdict="separate", low=0.95):
    return Pair("x", "y", 50, 50, 0.97, low, 0.99, low - 0.01 if low else None, 0.001, 0.001, verdict)


def test_a_pair_that_reaches_only_the_bound_that_is_shown_is_explained():
    partly = [pair("separate", 0.95), pair("partly", 0.901), pair("partly", 0.899)]
    assert "1 of 3 pairs are clearly apart." in separable_sentence("partly", partly, 3, 150, LIMITS)
    note = pair_note("partly", partly, LIMITS) or ""
    assert "1 more pairs would be called separate if judged alone. With 3 pairs, each must" in note
    assert pair_note("partly", [partly[0], partly[2]], LIMITS) is None


@pytest.mark.parametrize(
    ("strict", "se", "p", "smallest", "expected"),
    [
        (0.90, 0.01, 0.001, 500, "separate"),
        (0.90, 0.04, 1.0, 12, "separate"),  # proof needs no minimum: it is in the bound
        (0.899, 0.01, 0.049, 500, "partly"),
        (0.55, 0.20, 0.049, 3, "partly"),
        (0.899, 0.01, 0.05, 500, "no evidence"),
        (0.45, 0.05, 0.6, 20, "no evidence"),
        (0.45, 0.051, 0.6, 500, "cannot say"),
        (0.45, 0.01, 0.6, 19, "cannot say"),
        (None, 0.0, None, 0, "cannot say"),
    ],
)
def test_a_pair_is_judged_in_this_order_of_precedence(strict, se, p, smallest, expected):
    assert pair_verdict(strict, se, p, smallest, LIMITS) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([pair(), pair()], "separated"),
        ([pair(), pair("partly", 0.90)], "separated"),  # the intersection needs no correction
        ([pair(), pair("partly", 0.89)], "partly"),
        ([pair(), pair("no evidence", 0.40)], "partly"),
        ([pair("partly", 0.6), pair("cannot say", 0.3)], "partly"),
        ([pair("no evidence", 0.4), pair("no evidence", 0.4)], "no evidence"),
        ([pair("no evidence", 0.4), pair("cannot say", 0.4)], "cannot say"),
        ([pair(), pair("cannot say", None)], "partly"),
        ([], "cannot say"),
    ],
)
def test_the_classes_are_separated_when_every_pair_reaches_the_bound(pairs, expected):
    assert separable(pairs, LIMITS) == expected


@pytest.mark.parametrize(
    ("rows", "stabilities", "p", "expected"),
    [
        (40, [0.75, 0.9], 0.049, "yes"),
        (40, [0.74, 0.9], 0.01, "no"),
        (40, [0.9, 0.9], 0.05, "no"),
        (39, [0.9, 0.9], 0.01, "cannot say"),
        (40, None, 0.01, "cannot say"),
        (40, [0.9], None, "cannot say"),
    ],
)
def test_unlabeled_groups_are_visible_if_all_are_stable_and_unlike_one_cloud(rows, stabilities, p, expected):
    assert visible_without_labels(rows, stabilities, p, LIMITS) == expected


def test_a_threshold_moves_the_verdict():
    pairs = [pair(), pair("partly", 0.95)]
    assert separable(pairs, LIMITS) == "separated"
    assert separable(pairs, dataclasses.replace(LIMITS, separated_auc=0.96)) == "partly"
