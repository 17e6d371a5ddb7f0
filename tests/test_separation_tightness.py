"""How tight the given classes are."""

import os
import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,
    silhouette_score,
)

from latentkit.separation.separable.distances import class_sums
from latentkit.separation.separable.tightness import gdv, tightness


def classes(n=300, d=6, k=3, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.choice(k, n, p=np.arange(1, k + 1) / np.arange(1, k + 1).sum())
    X = rng.normal(size=(n, d))
    X[:, 0] += 2 * codes
    return X - X.mean(axis=0), codes


@pytest.mark.parametrize(("n", "close"), [(5003, 1e-5), (4999, 1e-8), (512, 1e-8), (1, 1e-8)])
def test_sums_of_distances_are_those_of_scipy_across_all_block_borders(n, close):
    X, codes = classes(n)
    sums = np.stack([cdist(X, X[codes == c]).sum(axis=1) for c in range(3)], axis=1)
    assert class_sums(X, X, codes, 3) == pytest.approx(sums, rel=close, abs=1e-9)
    some = X[: 9 * n // 10]
    assert class_sums(some, X, codes, 3) == pytest.approx(sums[: len(some)], rel=close, abs=1e-9)


def test_sums_to_many_classes_are_the_same_and_take_little_memory(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # a block is held on each
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(3000, 4)), np.arange(3000) % 500
    sums = np.stack([cdist(X, X[codes == c]).sum(axis=1) for c in range(500)], axis=1)
    tracemalloc.start()
    result = class_sums(X, X, codes, 500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result == pytest.approx(sums, rel=1e-7)
    assert peak < 4.2 * sums.nbytes  # 5.2 with the sums of both rows of a distance


@pytest.mark.parametrize("n", [20, 777])
def test_both_silhouettes_are_scikit_learns(n):
    X, codes = classes(n)
    result = tightness(X, codes, 3)
    assert result.euclidean == pytest.approx(silhouette_score(X, codes), abs=1e-6)
    assert result.squared == pytest.approx(silhouette_score(X, codes, metric="sqeuclidean"), abs=1e-12)
    assert result.euclidean_se is None


def test_each_class_has_the_mean_of_its_own_rows():
    X, codes = classes()
    each = silhouette_samples(X, codes)
    assert tightness(X, codes, 3).per_class == pytest.approx(
        [each[codes == c].mean() for c in range(3)], abs=1e-6
    )


def test_davies_bouldin_and_calinski_harabasz_are_scikit_learns():
    X, codes = classes()
    result = tightness(X, codes, 3)
    assert result.indices["davies_bouldin"] == pytest.approx(davies_bouldin_score(X, codes))
    assert result.indices["calinski_harabasz"] == pytest.approx(calinski_harabasz_score(X, codes))


def test_a_class_of_one_row_scores_zero_as_in_scikit_learn():
    X, codes = classes(60)
    codes[:] = codes % 2
    codes[7] = 2
    result = tightness(X, codes, 3)
    assert result.per_class[2] == 0.0
    assert result.euclidean == pytest.approx(silhouette_score(X, codes), abs=1e-6)
    assert result.squared == pytest.approx(silhouette_score(X, codes, metric="sqeuclidean"))


def test_a_sample_of_rows_has_a_standard_error():
    X, codes = classes(2000)
    exact = tightness(X, codes, 3)
    queries = np.sort(np.random.default_rng(0).choice(2000, 400, replace=False))
    sampled = tightness(X, codes, 3, queries=queries)
    each = silhouette_samples(X, codes)[queries]
    assert sampled.euclidean == pytest.approx(each.mean(), abs=1e-6)
    assert sampled.euclidean_se == pytest.approx(each.std(ddof=1) / 20, rel=1e-4)
    assert abs(sampled.euclidean - exact.euclidean) < 4 * sampled.euclidean_se
    assert sampled.squared == exact.squared


def test_gdv_agrees_with_its_definition():
    X, codes = classes(120)
    Z = 0.5 * (X - X.mean(axis=0)) / X.std(axis=0)
    groups = [Z[codes == c] for c in range(3)]
    within = np.mean([cdist(g, g)[np.triu_indices(len(g), 1)].mean() for g in groups])
    across = np.mean([cdist(groups[a], groups[b]).mean() for a, b in ((0, 1), (0, 2), (1, 2))])
    assert gdv(X, codes, 3) == pytest.approx((within - across) / np.sqrt(6), abs=1e-5)


def test_gdv_of_two_points_is_minus_one():
    X = np.repeat(np.array([[-1.0, -2.0], [1.0, 2.0]]), 10, axis=0)
    assert gdv(X, np.repeat([0, 1], 10), 2) == pytest.approx(-1.0)


def test_gdv_leaves_dead_dimensions_out():
    X, codes = classes(120)
    assert gdv(np.column_stack([X, np.zeros(120)]), codes, 3) == pytest.approx(gdv(X, codes, 3))


def test_rows_all_at_one_point_score_zero():
    result = tightness(np.zeros((10, 1)), np.arange(10) % 2, 2)
    assert (result.euclidean, result.squared, result.indices["gdv"]) == (0.0, 0.0, None)


@pytest.mark.parametrize(("n", "k"), [(10, 1), (3, 3)])
def test_without_two_groups_to_compare_there_is_no_silhouette(n, k):
    assert tightness(np.random.default_rng(0).normal(size=(n, 2)), np.arange(n) % k, k) is None
