"""Every pair of classes."""

import numpy as np
import pytest

from latentkit.separation.options import Thresholds
from latentkit.separation.rows import arrange
from latentkit.separation.separable.auc import newcombe
from latentkit.separation.separable.holdout import HoldoutSplit
from latentkit.separation.separable.pairs import candidates, judge_pairs, pair_auc, pair_p
from latentkit.separation.separable.ridge import holm
from latentkit.stats import center_and_scale


def rows(shift=0.0, n=120, d=64, k=3, seed=0, **more):
    codes = np.arange(n) % k
    mu = np.random.default_rng(seed).normal(size=(n, d))
    mu[np.arange(n), codes] += shift
    return arrange(mu, labels=np.array([f"c{code}" for code in codes]), **more)


def alternate(found):
    every = np.arange(len(found))
    return HoldoutSplit(every[every % 4 < 2], every[every % 4 >= 2], False, "")


def test_a_pair_is_scored_on_rows_it_was_not_fitted_on():
    # 64 noise dimensions and 20 a side: fitted on its own rows the probe would be perfect.
    areas = [
        pair_auc(center_and_scale(found.mu), found, alternate(found), 0, 1)[0]
        for found in (rows(seed=s) for s in range(20))
    ]
    assert 0.45 < np.mean(areas) < 0.55


def test_other_classes_play_no_part_in_a_pair():
    found = rows(shift=3.0)
    X = center_and_scale(found.mu)
    moved = X + 50.0 * (found.codes == 2)[:, None]
    assert pair_auc(moved, found, alternate(found), 0, 1) == pair_auc(X, found, alternate(found), 0, 1)


def test_copies_count_once_in_the_sizes():
    digest = np.array([f"{i % 3}{i // 12}" for i in range(120)])  # four copies of each
    found = rows(digest=digest)
    everything = HoldoutSplit(np.arange(120), np.arange(120), False, "")
    assert pair_auc(center_and_scale(found.mu), found, everything, 0, 1)[1:] == (10, 10)


def test_a_class_with_nothing_to_fit_or_score_has_no_auc():
    found = rows()
    nothing = HoldoutSplit(np.arange(60), np.flatnonzero(found.codes == 0), False, "")
    assert pair_auc(center_and_scale(found.mu), found, nothing, 0, 1) == (None, 40, 0)
    assert (
        pair_p(
            center_and_scale(found.mu)[:4],
            arrange(found.mu[:4], labels=np.array(["a", "a", "a", "b"])),
            0,
            1,
            99,
            99,
            0,
        )[0]
        is None
    )


def test_all_pairs_of_few_classes_and_the_nearest_of_many():
    X = np.arange(24.0)[:, None] ** 1.5
    assert len(candidates(X[:20], np.arange(20), 20)) == 190
    assert candidates(X, np.arange(24), 24) == [(i, i + 1) for i in range(23)]


def test_bounds_corrections_and_draws_are_those_of_the_number_of_pairs():
    found = rows(shift=1.0, n=240, k=6)
    told = judge_pairs(center_and_scale(found.mu), found, alternate(found), Thresholds(), 0)
    assert (len(told.every), told.complete, told.draws, told.sampled_to) == (15, True, 999, None)
    assert [pair.p_holm for pair in told.every] == pytest.approx(
        holm(np.array([pair.p for pair in told.every]))
    )
    for pair in told.every:
        assert (pair.auc_low, pair.auc_high) == newcombe(pair.auc, pair.n_a, pair.n_b)
        assert pair.auc_low_strict == newcombe(pair.auc, pair.n_a, pair.n_b, 1 - 0.05 / 15).low
    assert (
        judge_pairs(center_and_scale(rows(k=8).mu), rows(k=8), alternate(rows(k=8)), Thresholds(), 0).draws
        == 40 * 28
    )


def test_the_permutation_test_of_very_many_rows_uses_a_sample():
    found = rows(shift=1.0, n=50_000, d=2, k=2)
    told = judge_pairs(center_and_scale(found.mu), found, alternate(found), Thresholds(), 0)
    assert told.sampled_to == 20_000
    assert told.every[0].p == 0.001
