"""How alike two spaces are."""

import numpy as np
import pytest
from scipy.stats import ortho_group
from sklearn.neighbors import NearestNeighbors

from latentkit.separation.compare.judge import linear_cka, shared_by_chance
from latentkit.stats import nearest, shared_neighbors


def space(n=200, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_cka_agrees_with_its_definition_by_centered_kernels():
    X, Y = space(), space(d=3, seed=1) + space()[:, :3]
    center = np.eye(200) - 1 / 200
    K, L = center @ X @ X.T @ center, center @ Y @ Y.T @ center
    assert linear_cka(X, Y) == pytest.approx((K * L).sum() / np.sqrt((K * K).sum() * (L * L).sum()))


def test_cka_of_a_rotation_and_of_another_scale_is_one():
    X = space()
    assert linear_cka(X, 7 * X @ ortho_group.rvs(6, random_state=0) + 2) == pytest.approx(1.0)


def test_cka_of_unrelated_spaces_is_small_and_of_a_constant_one_unknown():
    assert linear_cka(space(n=2000), space(n=2000, seed=1)) < 0.02
    assert linear_cka(space(), np.zeros((200, 1))) is None


def test_shared_neighbors_are_counted_as_by_scikit_learn():
    X, Y = space(), space() + 0.5 * space(seed=1)
    one, other = (NearestNeighbors(n_neighbors=15).fit(Z).kneighbors(return_distance=False) for Z in (X, Y))
    share = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(one.tolist(), other.tolist(), strict=True)])
    assert shared_neighbors(nearest(X), nearest(Y)) == pytest.approx(share)


def test_unrelated_spaces_share_neighbors_by_chance():
    result = shared_neighbors(nearest(space(n=1000)), nearest(space(n=1000, seed=1)))
    assert result == pytest.approx(shared_by_chance(1000), abs=0.005)
    assert shared_by_chance(2) == 1.0
