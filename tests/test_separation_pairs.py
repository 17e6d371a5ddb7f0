"""Every pair of classes."""

import numpy as np
import pytest

from latentkit.separation.options import Thresholds
from latentkit.separation.rows import arrange
from latentkit.separation.separable.auc import newcombe
from latentkit.separation.separable.folds import assign_folds
from latentkit.separation.separable.pairs import candidates, judge_pair, judge_pairs, pair_auc, pair_p
from latentkit.separation.separable.ridge import holm
from latentkit.stats import center_and_scale


def rows(shift=0.0, n=120, d=64, k=3, seed=0, **more):
    codes = np.arange(n) % k
    mu = np.random.default_rng(seed).normal(size=(n, d))
    mu[np.arange(n), codes] += shift
    return arrange(mu, labels=np.array([f"c{code}" for code in codes]), **more)


def folds(result):
    return assign_folds(result, np.random.default_rng(0))


def test_a_pair_is_scored_on_rows_it_was_not_fitted_on():
    # 64 noise dimensions and 20 a side: fitted on its own rows the probe would be perfect.
    areas = [
        pair_auc(center_and_scale(result.mu), result, folds(result), 0, 1)[0]
        for result in (rows(seed=s) for s in range(20))
    ]
    assert 0.45 < np.mean(areas) < 0.55


def test_other_classes_do_not_affect_a_pair():
    result = rows(shift=3.0)
    X = center_and_scale(result.mu)
    moved = X + 50.0 * (result.codes == 2)[:, None]
    assert pair_auc(moved, result, folds(result), 0, 1) == pair_auc(X, result, folds(result), 0, 1)


def test_copies_count_once_in_the_sizes():
    digest = np.array([f"{i % 3}{i // 12}" for i in range(120)])  # four copies of each
    result = rows(digest=digest)
    assert pair_auc(center_and_scale(result.mu), result, folds(result), 0, 1)[1:] == (10, 10)


def test_a_class_of_two_images_has_no_auc():
    result = arrange(rows().mu[:43], labels=np.array(["a"] * 41 + ["b"] * 2))
    assert pair_auc(center_and_scale(result.mu), result, folds(result), 0, 1) == (None, 41, 2)


def test_a_pair_of_which_one_has_a_single_image_is_not_tested():
    result = rows()
    assert (
        pair_p(
            center_and_scale(result.mu)[:4],
            arrange(result.mu[:4], labels=np.array(["a", "a", "a", "b"])),
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
    result = rows(shift=2.5, n=240, k=6)
    judged = judge_pairs(center_and_scale(result.mu), result, folds(result), Thresholds(), 0)
    assert (len(judged.every), judged.complete, judged.draws, judged.sampled_to) == (15, True, 999, None)
    assert [pair.p_holm for pair in judged.every] == pytest.approx(
        holm(np.array([pair.p for pair in judged.every]))
    )
    for pair in judged.every:
        assert pair.p_holm < 0.05
        assert (pair.auc_low, pair.auc_high) == newcombe(pair.auc, pair.n_a, pair.n_b)
        assert pair.auc_low_strict == newcombe(pair.auc, pair.n_a, pair.n_b, 1 - 0.05 / 15).low
    assert (
        judge_pairs(center_and_scale(rows(k=8).mu), rows(k=8), folds(rows(k=8)), Thresholds(), 0).draws
        == 40 * 28
    )


def test_the_permutation_test_of_very_many_rows_uses_a_sample():
    result = rows(shift=1.0, n=50_000, d=2, k=2)
    judged = judge_pairs(center_and_scale(result.mu), result, folds(result), Thresholds(), 0)
    assert judged.sampled_to == 20_000
    assert judged.every[0].p == 0.001


@pytest.mark.parametrize(
    ("p", "p_holm", "low", "strict"),
    [(0.01, 0.04, 0.83, 0.81), (0.04, 0.12, 0.83, 0.5), (0.05, 0.15, 0.5, 0.5), (None, 1.0, 0.5, 0.5)],
)
def test_a_bound_is_above_chance_only_if_the_permutation_test_rejects_chance(p, p_holm, low, strict):
    pair = judge_pair("a", "b", (0.9, 50, 50), p, p_holm, 3, Thresholds())
    assert (pair.auc_low, pair.auc_low_strict) == (
        pytest.approx(low, abs=0.01),
        pytest.approx(strict, abs=0.01),
    )
