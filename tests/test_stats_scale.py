"""One scale for the whole space."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group

from latentkit.stats import center_and_scale


def test_distances_change_by_one_factor():
    X = np.random.default_rng(0).normal(size=(50, 6)) * [5, 3, 1, 1, 0.1, 0.01] + 7
    ratio = pdist(center_and_scale(X)) / pdist(X)
    assert ratio == pytest.approx(np.full_like(ratio, ratio[0]))


def test_the_largest_variance_becomes_one():
    X = np.random.default_rng(0).normal(size=(50, 6)) * [5, 3, 1, 1, 0.1, 0.01] + 7
    scaled = center_and_scale(X)
    assert scaled.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-12)
    assert np.cov(scaled.T) == pytest.approx(np.diag(np.cov(scaled.T).diagonal()), abs=1e-12)
    assert scaled.var(axis=0, ddof=1)[0] == pytest.approx(1.0)


def test_a_rotation_makes_no_difference():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 6)) * [5, 3, 1, 0.5, 0.1, 0.01]
    rotated = X @ ortho_group.rvs(6, random_state=1) + 3
    assert np.abs(center_and_scale(rotated)) == pytest.approx(np.abs(center_and_scale(X)), abs=1e-8)


def test_dimensions_without_variance_are_dropped():
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    padded = np.column_stack([X, np.full(50, 4.1, np.float32), np.zeros(50, np.float32)])
    assert center_and_scale(padded).shape == (50, 3)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_a_constant_space_is_one_column_of_zeros(value):
    constant = center_and_scale(np.full((9, 4), value, np.float32))
    assert constant.shape == (9, 1)
    assert not constant.any()


def test_small_but_real_variance_on_a_large_offset_is_kept():
    X = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32) + 100
    assert center_and_scale(X).shape == (50, 2)
