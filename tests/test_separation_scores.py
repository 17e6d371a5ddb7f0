"""Scores of classifiers next to pixel PCA, and the neighbors they use."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from latentkit.separation.rows import arrange
from latentkit.separation.separable.scores import (
    CLASSIFIERS,
    ScoringRows,
    paired_difference,
    predict_by_probe,
    score_predictions,
)
from latentkit.stats import balanced_accuracy, nearest, vote


def probe(X, codes, fit, score):
    labels = np.array(["a", "b", "c"])[codes]
    rows = arrange(X.astype(np.float64), labels=labels)
    assert rows.codes.tolist() == codes.tolist()
    return predict_by_probe(X, rows, ScoringRows(fit, score, score))


def test_neighbors_agree_with_scikit_learn_without_the_row_itself():
    X = np.random.default_rng(0).normal(size=(60, 5))
    every = np.arange(60)
    mine = nearest(X, every, every, every, k=7)
    assert (mine == NearestNeighbors(n_neighbors=7).fit(X).kneighbors(return_distance=False)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 9))
def test_copies_of_an_image_are_never_its_neighbors(seed, k, images):
    rng = np.random.default_rng(seed)
    groups = rng.integers(images, size=25)
    X = rng.normal(size=(images, 3))[groups]  # copies lie at one point
    reference, queries = np.flatnonzero(rng.random(25) < 0.8), np.arange(25)
    if not len(reference):
        return
    result = nearest(X, queries, reference, groups, k)
    for row, near in enumerate(result):
        others = reference[groups[reference] != groups[row]]
        distances = np.sort(np.linalg.norm(X[others] - X[row], axis=1))[:k]
        near = near[near >= 0]
        assert np.isin(near, others).all()
        assert len(set(near.tolist())) == len(near) == min(k, len(others))
        assert np.linalg.norm(X[near] - X[row], axis=1) == pytest.approx(distances, abs=1e-6)


def test_the_most_common_class_wins_and_a_tie_goes_to_the_nearer():
    codes = np.array([0, 0, 1, 1, 2])
    assert vote(np.array([[2, 0, 1], [4, 0, 2], [0, 2, -1], [2, 0, -1], [-1, -1, 3]]), codes, 3).tolist() == [
        0,
        2,
        0,
        1,
        1,
    ]
    assert vote(np.array([[2, 3, 0, 1], [0, 2, 3, 1]]), codes, 3).tolist() == [1, 0]


def test_a_probe_fitted_on_one_class_predicts_that_class():
    assert probe(np.eye(4), np.array([0, 1, 1, 1]), np.array([1, 2]), np.array([0, 3])).tolist() == [1, 1]


def test_the_probe_is_not_masked_by_a_class_in_the_middle():
    # Least squares on indicators never chooses the middle one of three classes on a line.
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 60)
    X = np.column_stack([(codes - 1) * 1.5, np.zeros(180)]) + 0.2 * rng.normal(size=(180, 2))
    every = np.arange(180)
    assert (probe(X, codes, every[::2], every[1::2]) == codes[1::2]).mean() > 0.95


def test_the_paired_bootstrap_agrees_with_one_of_single_rows():
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
    return score_predictions(guess, codes, np.arange(100), 2, 0.95, baseline, np.random.default_rng(0))


def test_a_score_beats_pixel_pca_if_the_lower_bound_of_the_difference_is_positive():
    codes = np.repeat([0, 1], 50)
    worse = np.where(np.arange(100) % 4 == 0, 1 - codes, codes)
    better = score(codes, worse)
    assert better.pixel_pca == pytest.approx(balanced_accuracy(worse == codes, codes).value)
    assert better.difference.low > 0
    assert better.beats_pixel_pca is True
    assert score(codes, codes).beats_pixel_pca is False
    assert score(worse, codes).beats_pixel_pca is False


def test_without_a_baseline_the_difference_is_unknown():
    alone = score(np.repeat([0, 1], 50), None)
    assert (alone.pixel_pca, alone.difference, alone.beats_pixel_pca) == (None, None, None)
    assert (alone.value, alone.majority) == (1.0, 0.5)


def test_the_keys_of_the_classifiers_are_those_of_the_schema():
    assert [one.key for one in CLASSIFIERS] == ["knn15", "probe"]
    assert len({one.stage for one in CLASSIFIERS}) == len(CLASSIFIERS)
