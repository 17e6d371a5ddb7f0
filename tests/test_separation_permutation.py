"""Permuting labels through a whole leave-one-out."""

import numpy as np
import pytest
from scipy.stats import f, ncf
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import LeaveOneGroupOut, LeaveOneOut, cross_val_predict, permutation_test_score

from latentkit.separation.options import limit_threads
from latentkit.separation.separable.ridge import LeaveOneOut as HatMatrix
from latentkit.separation.separable.ridge import agreement, holm, permutation_p, permuted, rows_by_group


@pytest.fixture(autouse=True)
def as_in_a_report():
    with limit_threads(100):
        yield


def pair(n=30, d=4, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    positive = np.arange(n) % 2 == 0
    X = rng.normal(size=(n, d))
    X[:, 0] += shift * positive
    return X, positive


def test_leave_one_out_agrees_with_scikit_learn_for_many_targets_at_once():
    X, positive = pair()
    targets = np.stack([2.0 * positive - 1, np.random.default_rng(1).choice([-1.0, 1.0], 30)], axis=1)
    mine = HatMatrix(X, np.arange(30), 2.5).predict(targets)
    for column in range(2):
        theirs = cross_val_predict(Ridge(alpha=2.5), X, targets[:, column], cv=LeaveOneOut())
        assert mine[:, column] == pytest.approx(theirs)


def test_copies_are_left_out_together():
    X, positive = pair()
    groups = np.repeat(np.arange(12), [1, 2, 3, 4, 2, 2, 2, 3, 3, 3, 4, 1])
    mine = HatMatrix(X, groups, 2.5).predict(np.where(positive, 1.0, -1.0)[:, None])
    theirs = cross_val_predict(
        Ridge(alpha=2.5), X, np.where(positive, 1.0, -1.0), groups=groups, cv=LeaveOneGroupOut()
    )
    assert mine[:, 0] == pytest.approx(theirs)


def test_the_intercept_is_the_mean_of_the_rows_fitted_on():
    groups = np.array([0, 0, 1, 2, 3])
    targets = np.array([1.0, -1.0, 1.0, 1.0, -1.0])[:, None]
    means = HatMatrix(np.eye(5), groups, 1.0).mean_of_others(targets)[:, 0]
    assert means == pytest.approx([1 / 3, 1 / 3, 0.0, 0.0, 0.5])


def test_all_permutations_score_as_in_scikit_learns_permutation_test():
    X, positive = pair(n=16)
    observed, scores, p = permutation_test_score(
        RidgeClassifier(alpha=2.5), X, positive, cv=LeaveOneOut(), n_permutations=25, random_state=3
    )
    state = np.random.RandomState(3)
    shuffled = np.stack([positive] + [positive[state.permutation(16)] for _ in range(25)], axis=1)
    targets = np.where(shuffled, 1.0, -1.0)
    right = ((HatMatrix(X, np.arange(16), 2.5).predict(targets) > 0) == shuffled).mean(axis=0)
    assert right[0] == pytest.approx(observed)
    assert right[1:] == pytest.approx(scores)
    assert (1 + (right[1:] >= right[0]).sum()) / 26 == pytest.approx(p)


def test_permuted_labels_keep_groups_whole_and_their_numbers():
    groups = np.array([0, 0, 1, 2, 3, 3, 4, 5, 5, 5])
    targets = np.array([1.0, 1, -1, 1, -1, -1, -1, 1, 1, 1])
    drawn = permuted(targets, groups, 200, np.random.default_rng(0))
    assert drawn.shape == (10, 200)
    assert (drawn[0] == drawn[1]).all()
    assert (drawn[4] == drawn[5]).all()
    assert (drawn.sum(axis=0) == targets.sum()).all()
    assert len(np.unique(drawn[:7].T, axis=0)) == 2 * 3  # two pairs change places, and three single rows
    assert (drawn[7:] == 1).all()  # the only group of three has nobody to change places with


def test_groups_gather_the_rows_of_each_group_by_size():
    result = rows_by_group(np.array([7, 3, 7, 5, 3, 1]))
    assert [members.tolist() for members in result] == [[[3], [5]], [[0, 2], [1, 4]]]


def test_a_clear_difference_has_the_smallest_p_there_is():
    X, positive = pair(shift=5.0)
    assert permutation_p(X, positive, np.arange(30), 99, np.random.default_rng(0)) == 0.01


def test_a_constant_space_has_p_1():
    assert (
        permutation_p(np.zeros((20, 1)), np.arange(20) < 10, np.arange(20), 99, np.random.default_rng(0))
        == 1.0
    )


def test_without_a_difference_p_is_below_5_percent_in_about_5_percent():
    ps = []
    for seed in range(400):
        X, positive = pair(n=40, d=8, shift=0.0, seed=seed)
        ps.append(permutation_p(X, positive, np.arange(40), 99, np.random.default_rng(seed)))
    assert 0.025 <= np.mean(np.array(ps) <= 0.05) <= 0.08
    assert 0.45 <= np.mean(ps) <= 0.55


def test_twenty_copies_of_every_image_do_not_make_a_difference_significant():
    ps = []
    for seed in range(100):
        X, positive = pair(n=20, d=3, shift=0.0, seed=seed)
        groups = np.repeat(np.arange(20), 5)
        ps.append(permutation_p(X[groups], positive[groups], groups, 99, np.random.default_rng(seed)))
    assert np.mean(np.array(ps) <= 0.05) <= 0.12


def test_a_weak_difference_is_found_nearly_as_often_as_the_best_test_would():
    # Distance 0.71, 80 a class, 16 latents. Hotelling's T^2 is the best invariant test for these very data.
    ps = []
    for seed in range(150):
        X, positive = pair(n=160, d=16, shift=0.71, seed=seed)
        ps.append(permutation_p(X, positive, np.arange(160), 99, np.random.default_rng(seed)))
    best = ncf.sf(f.ppf(0.95, 16, 143), 16, 143, 40 * 0.71**2)
    assert np.mean(np.array(ps) <= 0.05) >= best - 0.12


def test_the_heaviest_penalty_still_leaves_a_clear_difference_visible():
    # The left-out intercept leans against the row left out: alone it would agree with no labeling at all.
    X, positive = pair(shift=3.0)
    assert agreement(HatMatrix(X, np.arange(30), 1e9), np.where(positive, 1.0, -1.0)[:, None])[0] > 0.5


def test_agreement_of_a_constant_score_is_zero():
    assert agreement(HatMatrix(np.zeros((6, 1)), np.arange(6), 1.0), np.ones((6, 1)))[0] == 0.0


def test_holm_multiplies_step_by_step_and_never_falls():
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert holm(np.array([0.5, 0.6])) == pytest.approx([1.0, 1.0])
