"""Principal components compared with scikit-learn, and the cases in which one pass could go wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from latentkit.errors import ProjectionError
from latentkit.projection.pca import components_for, fit, principal_axes, project_onto


def latents(n: int, d: int, *, mean: float = 0.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.geomspace(3, 0.1, d) @ rng.normal(size=(d, d)) + mean


@settings(max_examples=25, deadline=None)
@given(n=st.integers(3, 80), d=st.integers(2, 40), seed=st.integers(0, 99))
def test_axes_and_variances_are_those_of_scikit_learn(n, d, seed):
    mu = latents(n, d, seed=seed)
    axes, oracle = principal_axes(mu), PCA(svd_solver="full").fit(mu)
    k = min(n - 1, d)
    np.testing.assert_allclose(axes.variance[:k], oracle.explained_variance_[:k], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(axes.share[:k], oracle.explained_variance_ratio_[:k], atol=1e-10)
    np.testing.assert_allclose(axes.components[:2], oracle.components_[:2], atol=1e-6)


def test_points_are_those_of_scikit_learn_over_many_blocks():
    mu = latents(9000, 24, mean=5.0).astype(np.float32)
    points = fit(mu, principal_axes(mu), dims=3).points
    np.testing.assert_allclose(points, PCA(3).fit_transform(mu.astype(np.float64)), atol=1e-4)


def test_a_mean_far_from_zero_does_not_cancel_the_variance_away():
    mu = latents(20_000, 5, mean=1e7)
    np.testing.assert_allclose(
        principal_axes(mu).variance, PCA(svd_solver="full").fit(mu).explained_variance_, rtol=1e-8
    )


def test_a_memory_map_gives_the_bytes_of_the_array(tmp_path):
    mu = latents(5000, 8).astype(np.float32)
    np.save(tmp_path / "mu.npy", mu)
    mapped = np.load(tmp_path / "mu.npy", mmap_mode="r")
    assert np.array_equal(principal_axes(mapped).components, principal_axes(mu).components)


def test_rotating_the_latents_rotates_the_axes_but_not_the_picture():
    mu = latents(300, 6)
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))
    here, there = (fit(x, principal_axes(x), dims=2).points for x in (mu, mu @ turn))
    np.testing.assert_allclose(np.abs(here), np.abs(there), atol=1e-4)


def test_the_largest_loading_of_each_component_is_positive():
    components = principal_axes(latents(200, 9)).components
    assert (components[np.arange(9), np.abs(components).argmax(axis=1)] > 0).all()


def test_equal_loadings_do_not_leave_the_sign_to_rounding():
    line = np.linspace(-1, 1, 100)[:, None]
    for noise in range(20):
        loading = np.array([1.0, -1.0]) * (1 + 1e-14 * np.random.default_rng(noise).normal(size=2))
        assert principal_axes(line * loading).components[0, 0] > 0


def test_dimension_variances_are_those_of_numpy():
    for n in (4, 500):
        mu = latents(n, 7)
        np.testing.assert_allclose(principal_axes(mu).dimension_variance, mu.var(axis=0, ddof=1))


def test_two_rows_make_a_flat_picture():
    mu = np.array([[0.0, 0, 0], [3, 0, 4]])
    points = fit(mu, principal_axes(mu), dims=2).points
    np.testing.assert_allclose(np.abs(points), [[2.5, 0], [2.5, 0]], atol=1e-6)


def test_a_missing_component_is_zero():
    assert not components_for(principal_axes(np.eye(2, 5)), 3)[2].any()


def test_new_rows_are_centered_on_the_old_mean():
    axes = principal_axes(latents(50, 4, mean=2.0))
    np.testing.assert_allclose(project_onto(axes.mean[None], axes.mean, axes.components), np.zeros((1, 4)))


@pytest.mark.parametrize("n", [5, 5000])
def test_a_value_that_is_not_finite_is_named_by_its_row(n):
    mu = latents(n, 8)
    mu[n - 2, 3] = np.nan
    with pytest.raises(ProjectionError, match=f"row {n - 2} of mu"):
        principal_axes(mu)
