"""Scores of classifiers next to pixel PCA, and the neighbors they use."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.rows import arrange
from latentkit.separation.separable.scores import CLASSIFIERS, Predictions, folds_to_score, score_predictions
from latentkit.stats import balanced_accuracy, leave_one_out, nearest, neighbors, paired_difference, vote
from latentkit.stats.neighbors import QUERIES


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


def test_each_row_is_left_out_of_its_own_vote_with_its_copies():
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(90, 4)), np.tile([0, 1, -1], 30)
    groups = np.arange(90)
    rows, predicted = leave_one_out(X, codes, groups)
    assert rows.tolist() == np.flatnonzero(codes >= 0).tolist()
    for row, guess in zip(rows[:9], predicted[:9], strict=True):
        others = rows[rows != row]
        assert guess == vote(nearest(X, np.array([row]), others), codes, 2)[0]


def test_of_very_many_rows_a_sample_is_scored():
    codes = np.arange(20_001) % 3
    rows, _ = leave_one_out(np.random.default_rng(0).normal(size=(20_001, 2)), codes, seed=1)
    assert len(rows) == pytest.approx(4000, abs=2)
    assert SAMPLED["15-NN queries"] == QUERIES == 4000
    assert EXACT == neighbors.EXACT


def resampled(gain, codes, draws):
    rng = np.random.default_rng(1)
    picked = [rng.choice(np.flatnonzero(codes == c), (draws, (codes == c).sum())) for c in np.unique(codes)]
    return sum(gain[rows].mean(axis=1) for rows in picked) / len(picked)


def test_the_error_of_a_difference_is_that_of_a_bootstrap_widened_for_the_folds():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], [400, 800])
    gain = rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=1200)
    value, low, high, p = paired_difference(gain, codes, np.arange(1200))
    draws = resampled(gain, codes, 4000)
    assert value == pytest.approx(draws.mean(), abs=1e-3)
    reach = 1.645 * draws.std() * (1 + 10 / 9) ** 0.5
    assert (value - low, high - value) == (pytest.approx(reach, rel=0.05), pytest.approx(reach, rel=0.05))
    assert p < 1e-6


def test_copies_do_not_narrow_the_bounds_of_a_difference():
    codes, groups = np.zeros(50, int), np.arange(50)
    gain = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=50)
    once = paired_difference(gain, codes, groups)
    often = paired_difference(np.tile(gain, 20), np.tile(codes, 20), np.tile(groups, 20))
    assert often == pytest.approx(once)


@pytest.mark.parametrize(("gain", "p"), [([1.0, 1, 1, 1], 1.0), ([0.0, 0, 0, 0], 1.0)])
def test_a_class_of_one_image_says_nothing_about_a_difference(gain, p):
    result = paired_difference(np.array(gain), np.array([0, 0, 0, 1]), np.arange(4))
    assert result == (gain[0], -1.0, 1.0, p)


def blobs(n=100, trained=None):
    rng = np.random.default_rng(0)
    split = None if trained is None else np.where(np.arange(n) < trained, "train", "validation")
    labels = np.where(np.arange(n) % 2 == 0, "x", "y")
    return arrange(rng.normal(size=(n, 3)), labels=labels, split=split)


def score(guess, baseline, rows=None):
    rows = blobs() if rows is None else rows
    every = np.arange(len(rows))
    other = None if baseline is None else Predictions(every, baseline[None])
    return score_predictions(Predictions(every, guess[None]), rows, 0.95, other)


def test_a_score_beats_pixel_pca_if_the_interval_of_the_difference_is_above_zero():
    codes = blobs().codes
    worse = np.where(np.arange(100) % 8 < 3, 1 - codes, codes)
    better = score(codes, worse)
    assert better.pixel_pca == pytest.approx(balanced_accuracy(worse == codes, codes).value)
    assert better.difference.low > 0
    assert better.beats_pixel_pca is True
    assert score(codes, codes).beats_pixel_pca is False
    assert score(worse, codes).beats_pixel_pca is False


def test_guessing_beats_nothing():
    rows = blobs()
    better = score(np.zeros(100, int), 1 - rows.codes)
    assert better.difference.low > 0
    assert better.beats_pixel_pca is False


def test_a_repeat_that_is_right_half_of_the_time_scores_half():
    rows = blobs()
    codes = np.stack([rows.codes, 1 - rows.codes])
    assert score_predictions(Predictions(np.arange(100), codes), rows, 0.95, None).value == 0.5


def test_without_a_baseline_the_difference_is_unknown():
    alone = score(blobs().codes, None)
    assert (alone.pixel_pca, alone.difference, alone.beats_pixel_pca) == (None, None, None)
    assert (alone.value, alone.majority, alone.seen) == (1.0, 0.5, None)


def test_images_that_the_encoder_saw_are_scored_apart_from_the_others():
    rows = blobs(trained=60)
    guess = np.where((np.arange(100) >= 60) & (np.arange(100) % 4 < 2), 1 - rows.codes, rows.codes)
    seen = score(guess, rows.codes, rows).seen
    assert (seen.trained.value, seen.held_out.value, seen.held_out_images) == (1.0, 0.5, 40)
    assert seen.held_out_pixel_pca == 1.0
    assert 0.25 < seen.difference.low < 0.5 < seen.difference.high
    assert score(guess, None, blobs(trained=85)).seen is None


def test_a_handful_of_images_is_not_scored():
    assert folds_to_score(blobs(n=20), Options()) is None
    assert folds_to_score(blobs(n=21), Options()) is not None


def test_the_keys_of_the_classifiers_are_those_of_the_schema():
    assert [one.key for one in CLASSIFIERS] == ["knn15", "probe"]
