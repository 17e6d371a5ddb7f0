"""Balanced accuracy and its bounds, and the simulation by which the bound was chosen."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv, ndtri
from scipy.stats import beta
from sklearn.metrics import balanced_accuracy_score

from latentkit.stats import balanced_accuracy, confidence_bounds

Z = float(ndtri(0.95))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=40))
def test_balanced_accuracy_is_scikit_learns(rows):
    truth, right = np.array([code for code, _ in rows]), np.array([hit for _, hit in rows])
    present = np.unique(truth)
    if len(present) < 2:
        return
    wrong = present[(np.searchsorted(present, truth) + 1) % len(present)]
    assert balanced_accuracy(right, truth).value == pytest.approx(
        balanced_accuracy_score(truth, np.where(right, truth, wrong))
    )


def test_with_one_class_that_is_mostly_right_the_lower_bound_is_jeffreys():
    result = balanced_accuracy(np.arange(40) < 38, np.zeros(40, int))
    assert result.low == pytest.approx(beta.ppf(0.05, 38.5, 2.5))


def test_twenty_right_of_twenty_are_not_certainty():
    _, low, high = balanced_accuracy(np.ones(40, bool), np.repeat([0, 1], 20))
    assert low == pytest.approx(0.9351, abs=1e-3)
    assert high == 1.0


def test_the_bounds_of_wrong_answers_mirror_those_of_right_ones():
    correct, codes = np.arange(60) % 7 > 0, np.repeat([0, 1, 2], 20)
    right, wrong = balanced_accuracy(correct, codes), balanced_accuracy(~correct, codes)
    assert (wrong.value, wrong.low, wrong.high) == pytest.approx(
        (1 - right.value, 1 - right.high, 1 - right.low)
    )


def test_copies_count_as_one_image_in_the_bounds():
    correct, codes = np.arange(40) % 4 > 0, np.zeros(40, int)
    groups = np.arange(40)
    assert balanced_accuracy(np.tile(correct, 9), np.tile(codes, 9), np.tile(groups, 9)) == pytest.approx(
        balanced_accuracy(correct, codes, groups)
    )


def test_the_bounds_have_their_nominal_coverage():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 30)
    truth = np.array([0.95, 0.8, 0.6])
    hits = [balanced_accuracy(rng.random(90) < truth[codes], codes).low <= truth.mean() for _ in range(600)]
    assert 0.925 <= np.mean(hits) <= 0.98


def settings() -> list[tuple[np.ndarray, np.ndarray]]:
    """Class sizes and true accuracies, equal and unequal, none worse than guessing."""
    every = []
    for images, classes, accuracy in product(
        (5, 10, 20, 100, 1000), (2, 3, 10, 30), (0.1, 0.35, 0.5, 0.7, 0.9, 0.97, 1.0)
    ):
        spread = np.clip(accuracy + (1 - accuracy) * np.linspace(-1, 1, classes), 0, 1)
        equal, sizes = np.full(classes, images), np.round(np.geomspace(5, images, classes)).astype(int)
        flat = np.full(classes, accuracy)
        for counts, truth in (
            (equal, flat),
            (equal, spread),
            (sizes, flat),
            (sizes, spread),
            (sizes, spread[::-1]),
        ):
            if truth.mean() >= 1 / classes - 1e-9:
                every.append((counts, truth))
    return every


def mover_of_wilson(shares, counts):
    z2 = Z * Z
    center = (shares + z2 / (2 * counts)) / (1 + z2 / counts)
    half = np.sqrt(z2 * (shares * (1 - shares) / counts + z2 / (4 * counts**2))) / (1 + z2 / counts)
    return np.sqrt(((shares - center + half) ** 2).sum(axis=-1))


def mover_of_jeffreys(shares, counts):
    hits = shares * counts
    low = np.where(hits > 0, betaincinv(hits + 0.5, counts - hits + 0.5, 0.05), 0.0)
    return np.sqrt(((shares - low) ** 2).sum(axis=-1))


def normal(added):
    def gap(shares, counts):
        eased = (shares * counts + added) / (counts + 2 * added)
        return Z * np.sqrt((eased * (1 - eased) / (counts + 2 * added)).sum(axis=-1))

    return gap


def chosen(shares, counts):
    lows = np.array([confidence_bounds(each, counts).low for each in shares])
    return (shares.mean(axis=-1) - lows) * shares.shape[-1]


CANDIDATES = {
    "MOVER of Wilson bounds": mover_of_wilson,
    "MOVER of Jeffreys bounds": mover_of_jeffreys,
    "normal, nothing added": normal(0),
    "normal, 2 + 2 added": normal(2),
    "chosen": chosen,
}


@pytest.mark.slow
def test_the_chosen_bound_has_the_best_coverage_for_its_width():
    rng = np.random.default_rng(0)
    coverage = {name: [] for name in CANDIDATES}
    distance = {name: [] for name in CANDIDATES}
    for counts, truth in settings():
        shares = rng.binomial(counts, truth, size=(400, len(counts))) / counts
        value = shares.mean(axis=-1)
        for name, gap in CANDIDATES.items():
            low = np.maximum(value - gap(shares, counts) / len(counts), 0)
            coverage[name].append(float((low <= truth.mean() + 1e-12).mean()))
            distance[name].append(float((value - low).mean()))
    lowest = {name: min(each) for name, each in coverage.items()}
    missed = {name: float(np.mean(np.array(each) < 0.93)) for name, each in coverage.items()}
    width = {
        name: np.mean(each) / np.mean(distance["MOVER of Wilson bounds"]) for name, each in distance.items()
    }
    print({name: (lowest[name], missed[name], width[name]) for name in CANDIDATES})  # noqa: T201  (the docstring's table)
    assert lowest["chosen"] == max(lowest.values()) > 0.88
    assert missed["chosen"] == min(missed.values()) < 0.06
    assert width["chosen"] < 1.02
