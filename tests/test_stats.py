"""KL, active units, samples of rows and fits: each agrees with its definition."""

import numpy as np
import pytest

from latentkit import stats


def test_kl_is_zero_for_the_prior_and_summed_in_float64():
    assert stats.kl_per_dim(np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32)).tolist() == [0.0] * 3
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(2, 70_000, 2)).astype(np.float32)
    wide = mu.astype(np.float64), logvar.astype(np.float64)
    expected = ((wide[0] ** 2 + np.exp(wide[1]) - 1 - wide[1]) / 2).mean(axis=0)
    assert stats.kl_per_dim(mu, logvar) == pytest.approx(expected, rel=1e-12)


def test_a_unit_is_active_above_the_threshold():
    mu = np.array([[1.0, 0.05, 0.0], [-1.0, -0.05, 0.0]], np.float32)
    assert stats.active_mask(mu).tolist() == [True, False, False]
    assert stats.active_units(mu) == 1
    assert stats.active_units(mu, 0.001) == 2


def test_the_most_typical_row_points_where_the_others_do_whatever_its_length():
    mu = np.array([[0.1, 0.0], [3.0, 3.1], [0.0, 4.0], [9.0, 0.0], [0.0, 0.0]])
    assert stats.most_typical(mu) == 1
    assert stats.most_typical(np.zeros((3, 2))) == 0


@pytest.mark.parametrize(("total", "n"), [(10, 3), (3, 10), (7, 7), (0, 4), (100_000, 999)])
def test_evenly_spaced_rows_are_different_ascending_and_in_the_middle_of_their_shares(total, n):
    rows = stats.evenly_spaced(total, n)
    assert len(rows) == min(n, total)
    assert (np.diff(rows) > 0).all()
    if total > n:
        share = total / n
        assert (np.abs(rows + 0.5 - (np.arange(n) + 0.5) * share) <= 1).all()


def test_the_best_mixture_by_bic_has_the_components_there_are():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal((0, 9 * i), size=(100, 2)) for i in range(3)])
    bics = [stats.gaussian_mixture(X, k, "diag", starts=2).bic(X) for k in range(1, 6)]
    assert int(np.argmin(bics)) + 1 == 3


def test_kmeans_returns_the_start_with_the_least_inertia():
    X = np.random.default_rng(0).normal(size=(80, 3))
    fit = stats.kmeans(X, 4, seed=1)
    assert fit.centers.shape == (4, 3)
    assert fit.inertia == pytest.approx(((X - fit.centers[fit.labels]) ** 2).sum())
    assert fit.inertia <= stats.kmeans(X, 4, seed=1, starts=1).inertia + 1e-9


def test_neighbors_in_common_are_all_or_none_or_some():
    one = np.array([[1, 2], [0, 2]])
    assert stats.shared_neighbors(one, one) == 1.0
    assert stats.shared_neighbors(one, one + 5) == 0.0
    assert stats.shared_neighbors(one, np.array([[2, 7], [2, -1]])) == 0.5
