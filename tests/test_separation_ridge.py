"""The linear probe of a pair."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from latentkit.separation.separable.auc import auc
from latentkit.separation.separable.ridge import FLOOR, direction, penalty
from latentkit.stats import center_and_scale


def test_the_penalty_leaves_one_parameter_for_ten_rows():
    eigenvalues = np.geomspace(1, 200, 128)
    value = penalty(eigenvalues, 200)
    assert (eigenvalues / (eigenvalues + value)).sum() == pytest.approx(20, rel=1e-4)


def test_many_rows_need_only_the_floor():
    assert penalty(np.full(4, 1000.0), 1000) == FLOOR * 1000


def test_a_space_without_variance_has_a_penalty():
    assert penalty(np.zeros(1), 10) > 0


def test_the_direction_is_scikit_learns_ridge():
    rng = np.random.default_rng(0)
    X, targets = rng.normal(size=(40, 7)), np.repeat([-1.0, 1.0], [10, 30])
    centered = X - X.mean(axis=0)
    alpha = penalty(np.linalg.eigvalsh(centered.T @ centered), 40)
    assert direction(X, targets) == pytest.approx(Ridge(alpha=alpha).fit(X, targets).coef_)


def test_fifty_dead_dimensions_do_not_hurt():
    # Standardizing each dimension would blow their noise up and cost .09 of AUC.
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 150)
    X = rng.normal(size=(300, 16))
    X[:, 0] += 2.25 * y
    fit = np.arange(300) % 2 == 0

    def area(space):
        scaled = center_and_scale(space)
        score = scaled[~fit] @ direction(scaled[fit], 2.0 * y[fit] - 1)
        return auc(score[y[~fit] == 1], score[y[~fit] == 0])

    dead = np.column_stack([X, 0.01 * rng.normal(size=(300, 50))])
    assert area(X) > 0.9
    assert area(dead) > area(X) - 0.02


def test_as_many_latents_as_images_still_leave_a_useful_probe():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 100)
    X = rng.normal(size=(200, 128))
    X[:, 0] += 4 * y
    fit = np.arange(200) % 2 == 0
    score = X[~fit] @ direction(X[fit], 2.0 * y[fit] - 1)
    assert auc(score[y[~fit] == 1], score[y[~fit] == 0]) > 0.95
