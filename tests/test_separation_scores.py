"""15-NN and probe beside pixel PCA."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import NearestNeighbors

from latentkit.separation.scores import (
    balanced,
    bounds,
    judge_score,
    neighbours,
    paired_difference,
    probe,
    vote,
)


def test_neighbours_are_scikit_learns_without_the_row_itself():
    X = np.random.default_rng(0).normal(size=(60, 5))
    every = np.arange(60)
    mine = neighbours(X, every, every, every, k=7)
    assert (mine == NearestNeighbors(n_neighbors=7).fit(X).kneighbors(return_distance=False)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 9))
def test_copies_of_an_image_are_never_its_neighbours(seed, k, images):
    rng = np.random.default_rng(seed)
    groups = rng.integers(images, size=25)
    X = rng.normal(size=(images, 3))[groups]  # copies lie at one point
    reference, queries = np.flatnonzero(rng.random(25) < 0.8), np.arange(25)
    if not len(reference):
        return
    found = neighbours(X, queries, reference, groups, k)
    for row, nearest in enumerate(found):
        others = reference[groups[reference] != groups[row]]
        distances = np.sort(np.linalg.norm(X[others] - X[row], axis=1))[:k]
        nearest = nearest[nearest >= 0]
        assert np.isin(nearest, others).all()
        assert len(set(nearest.tolist())) == len(nearest) == min(k, len(others))
        assert np.linalg.norm(X[nearest] - X[row], axis=1) == pytest.approx(distances, abs=1e-6)


def test_the_commonest_class_wins_and_a_tie_goes_to_the_nearer():
    codes = np.array([0, 0, 1, 1, 2])
    assert vote(np.array([[2, 0, 1], [4, 0, 2], [0, 2, -1], [2, 0, -1], [-1, -1, 3]]), codes, 3).tolist() == [
        0,
        2,
        0,
        1,
        1,
    ]
    assert vote(np.array([[2, 3, 0, 1], [0, 2, 3, 1]]), codes, 3).tolist() == [1, 0]


def test_a_probe_of_one_class_says_that_class():
    assert probe(np.eye(4), np.array([1, 1, 1, 0]), np.array([0, 1]), np.array([2, 3])).tolist() == [1, 1]


def test_the_probe_is_not_masked_by_a_class_in_the_middle():
    # Least squares on indicators never chooses the middle one of three classes on a line.
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 60)
    X = np.column_stack([(codes - 1) * 1.5, np.zeros(180)]) + 0.2 * rng.normal(size=(180, 2))
    every = np.arange(180)
    assert (probe(X, codes, every[::2], every[1::2]) == codes[1::2]).mean() > 0.95


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=2, max_size=40))
def test_balanced_accuracy_is_scikit_learns(rows):
    truth, right = np.array([code for code, _ in rows]), np.array([hit for _, hit in rows])
    present = np.unique(truth)
    if len(present) < 2:
        return
    wrong = present[(np.searchsorted(present, truth) + 1) % len(present)]
    assert balanced(right, truth) == pytest.approx(
        balanced_accuracy_score(truth, np.where(right, truth, wrong))
    )


def test_with_one_class_the_bounds_are_wilsons():
    correct = np.arange(40) < 33
    low, high = bounds(correct, np.zeros(40, int), np.arange(40), 0.95)
    theirs = binomtest(33, 40).proportion_ci(0.90, method="wilson")
    assert (low, high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))


def test_twenty_right_of_twenty_are_not_certainty():
    low, high = bounds(np.ones(40, bool), np.repeat([0, 1], 20), np.arange(40), 0.95)
    assert low == pytest.approx(0.9157, abs=1e-3)
    assert high == 1.0


def test_copies_count_as_one_image_in_the_bounds():
    correct, codes = np.arange(40) % 4 > 0, np.zeros(40, int)
    groups = np.arange(40)
    assert bounds(np.tile(correct, 9), np.tile(codes, 9), np.tile(groups, 9), 0.95) == pytest.approx(
        bounds(correct, codes, groups, 0.95)
    )


def test_the_bounds_cover_as_often_as_they_say():
    rng = np.random.default_rng(0)
    codes, groups = np.repeat([0, 1, 2], 30), np.arange(90)
    truth = np.array([0.95, 0.8, 0.6])
    hits = [
        bounds(rng.random(90) < truth[codes], codes, groups, 0.95).low <= truth.mean() for _ in range(600)
    ]
    assert 0.925 <= np.mean(hits) <= 0.98


def test_the_paired_bootstrap_is_that_of_single_rows():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], [40, 80])
    gain = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=120)
    low, high = paired_difference(gain, codes, np.arange(120), 0.95, np.random.default_rng(1))
    rows = [rng.choice(np.flatnonzero(codes == c), (4000, (codes == c).sum())) for c in (0, 1)]
    means = sum(gain[drawn].mean(axis=1) for drawn in rows) / 2
    assert (low, high) == (
        pytest.approx(np.quantile(means, 0.05), abs=0.01),
        pytest.approx(np.quantile(means, 0.95), abs=0.01),
    )


def test_copies_do_not_narrow_the_paired_bootstrap():
    rng = np.random.default_rng(0)
    codes, groups = np.zeros(50, int), np.arange(50)
    gain = rng.choice([-1.0, 0.0, 1.0], size=50)
    once = paired_difference(gain, codes, groups, 0.95, np.random.default_rng(1))
    often = paired_difference(
        np.tile(gain, 20), np.tile(codes, 20), np.tile(groups, 20), 0.95, np.random.default_rng(1)
    )
    assert often == pytest.approx(once, abs=0.03)


def score(guess, baseline):
    codes = np.repeat([0, 1], 50)
    return judge_score(guess, codes, np.arange(100), 2, 0.95, baseline, np.random.default_rng(0))


def test_a_score_beats_pixel_pca_when_the_lower_bound_of_the_difference_does():
    codes = np.repeat([0, 1], 50)
    worse = np.where(np.arange(100) % 4 == 0, 1 - codes, codes)
    better = score(codes, worse)
    assert better.pixel_pca == pytest.approx(balanced(worse == codes, codes))
    assert better.difference.low > 0
    assert better.beats_pixel_pca is True
    assert score(codes, codes).beats_pixel_pca is False
    assert score(worse, codes).beats_pixel_pca is False


def test_without_a_baseline_nothing_is_known_about_beating_it():
    alone = score(np.repeat([0, 1], 50), None)
    assert (alone.pixel_pca, alone.difference, alone.beats_pixel_pca) == (None, None, None)
    assert (alone.value, alone.majority) == (1.0, 0.5)
