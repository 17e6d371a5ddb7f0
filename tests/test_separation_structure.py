"""Lloyd in batches, the structure test and the number of components."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from latentkit.separation.options import limit_threads
from latentkit.separation.visible import lloyd, structure
from latentkit.separation.visible.stability import choose_components


@pytest.fixture(autouse=True)
def as_in_a_report():
    with limit_threads(100):
        yield


def three(distance=6.0, each=40, d=5, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(3), each)
    X = rng.normal(size=(3 * each, d))
    X[np.arange(3 * each), codes] += distance / np.sqrt(2)
    return X - X.mean(axis=0), codes


def test_batched_lloyd_agrees_with_scikit_learn_on_every_data_set():
    sets = np.stack([three(distance=2.5, seed=seed)[0] for seed in range(6)]).astype(np.float32)
    sums, labels = lloyd.kmeans_of_many(sets, 3, np.random.default_rng(0))
    for X, total, result in zip(sets, sums, labels, strict=True):
        theirs = KMeans(3, n_init=20, random_state=0).fit(X)
        assert total == pytest.approx(theirs.inertia_, rel=0.01)
        centers = np.stack([X[result == c].mean(axis=0) for c in range(3)])
        assert total == pytest.approx(((X - centers[result]) ** 2).sum(), rel=1e-3)


def test_batched_lloyd_labels_well_separated_classes():
    X, codes = three(distance=12.0)
    _, labels = lloyd.kmeans_of_many(X[None].astype(np.float32), 3, np.random.default_rng(0))
    assert adjusted_rand_score(codes, labels[0]) == 1.0


def test_equal_rows_can_be_clustered():
    sums, _ = lloyd.kmeans_of_many(np.zeros((2, 9, 3), np.float32), 3, np.random.default_rng(0))
    assert sums == pytest.approx([0, 0], abs=1e-6)


def test_clear_clusters_get_the_smallest_p_there_is():
    result = structure.structure(three()[0], 3, np.random.default_rng(0))
    assert (result.p, result.k, result.n, result.draws) == (0.01, 3, 120, 99)


def test_one_gaussian_ends_the_simulation_early():
    X = np.random.default_rng(0).normal(size=(200, 5))
    result = structure.structure(X, 3, np.random.default_rng(1))
    assert result.p >= 0.05
    assert result.draws < 99
    assert result.p == pytest.approx(structure.EXCEEDANCES / result.draws)


def test_a_stretched_gaussian_has_no_structure():
    # k-means cuts it very stably and very tightly, which is why the null has its covariance.
    X = np.random.default_rng(0).normal(size=(300, 5)) * [10, 1, 1, 1, 1]
    assert structure.structure(X, 2, np.random.default_rng(1)).p > 0.05


def test_false_alarms_on_gaussians_are_rare():
    rng = np.random.default_rng(0)
    ps = [structure.structure(rng.normal(size=(60, 4)) * [3, 2, 1, 1], 2, rng).p for _ in range(200)]
    assert np.mean(np.array(ps) < 0.05) <= 0.08


def test_no_more_rows_than_the_limit_are_clustered():
    assert structure.structure(three(each=900)[0], 3, np.random.default_rng(0)).n == structure.ROWS


@pytest.mark.parametrize("X", [np.zeros((50, 1)), np.random.default_rng(0).normal(size=(9, 2))])
def test_without_variance_or_rows_there_is_no_test(X):
    assert structure.structure(X, 2, np.random.default_rng(0)) is None


def test_bic_sees_one_component_in_a_gaussian_and_four_in_four():
    rng = np.random.default_rng(0)
    assert choose_components(rng.normal(size=(200, 3)), rng).k == 1
    corners = np.array([[0, 0], [0, 9], [9, 0], [9, 9]])[np.arange(200) % 4]
    assert choose_components(corners + rng.normal(size=(200, 2)), rng).k == 4


def test_bic_takes_tied_covariances_for_parallel_stretched_classes():
    rng = np.random.default_rng(0)
    codes = np.arange(300) % 3
    stretch = np.linalg.cholesky(np.array([[4.0, 3.9], [3.9, 4.0]])).T
    X = rng.normal(size=(300, 2)) @ stretch + np.column_stack([codes * 3, -codes * 3])
    result = choose_components(X, rng)
    assert (result.k, result.covariance) == (3, "tied")
