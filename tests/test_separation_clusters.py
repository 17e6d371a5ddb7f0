"""Clusterings and what they recover."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from latentkit.separation.options import limit_threads
from latentkit.separation.visible.clusters import (
    SeededClustering,
    adjusted_rand,
    ari_low,
    contingency,
    density,
    gaussian_mixture,
    kmeans,
    matched_accuracy,
    recovery,
)

labelings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=40)


@pytest.fixture(autouse=True)
def as_in_a_report():
    with limit_threads(100):
        yield


def three(distance=6.0, each=40, d=5, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(3), each)
    X = rng.normal(size=(3 * each, d))
    X[np.arange(3 * each), codes] += distance / np.sqrt(2)
    return X, codes


@given(labelings)
def test_adjusted_rand_is_scikit_learns(rows):
    classes, labels = np.array(rows).T
    assert adjusted_rand(contingency(classes, labels)) == pytest.approx(adjusted_rand_score(classes, labels))


@given(labelings)
def test_accuracy_is_that_of_the_best_matching_by_brute_force(rows):
    classes, labels = np.array(rows).T
    best = max(sum(c == p[result] for c, result in rows) for p in permutations(range(5)))
    assert matched_accuracy(contingency(classes, labels)) == pytest.approx(best / len(rows))


def test_the_bound_of_the_ari_is_scipys_bootstrap():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 60)
    labels = np.where(rng.random(180) < 0.8, classes, rng.integers(3, size=180))
    theirs = bootstrap(
        (classes, labels), adjusted_rand_score, paired=True, vectorized=False, n_resamples=1500,
        confidence_level=0.95, alternative="greater", method="percentile", rng=1,
    )  # fmt: skip
    low = ari_low(contingency(classes, labels), 180, 0.95, rng)
    assert low == pytest.approx(theirs.confidence_interval.low, abs=0.01)


def test_copies_do_not_raise_the_bound():
    X, codes = three(distance=2.5)
    result = kmeans(X, 3, 0)
    groups = np.arange(120)
    once = recovery(codes, groups, result, 0.95, np.random.default_rng(0))
    nine = SeededClustering(np.tile(result.labels, 9), np.tile(result.every, (1, 9)))
    often = recovery(np.tile(codes, 9), np.tile(groups, 9), nine, 0.95, np.random.default_rng(0))
    assert often.ari == pytest.approx(once.ari, abs=0.01)
    assert often.low == pytest.approx(once.low, abs=0.02)


def test_kmeans_keeps_the_seed_with_the_least_inertia_not_the_best_ari():
    X, _ = three(distance=2.0)
    result = kmeans(X, 3, 7)

    def inertia(labels):
        return sum(((X[labels == c] - X[labels == c].mean(axis=0)) ** 2).sum() for c in range(3))

    assert len(result.every) == 5
    assert inertia(result.labels) == pytest.approx(min(inertia(labels) for labels in result.every))
    assert inertia(result.labels) <= KMeans(3, n_init=10, random_state=7).fit(X).inertia_ * (1 + 1e-9)


def test_recovery_holds_agreement_spread_and_pixel_pca():
    X, codes = three(distance=3.0)
    result, pixels = kmeans(X, 3, 0), kmeans(X[:, :1], 3, 0)
    agreement = recovery(codes, np.arange(120), result, 0.95, np.random.default_rng(0), pixels)
    aris = [adjusted_rand_score(codes, labels) for labels in result.every]
    assert agreement.ari == pytest.approx(adjusted_rand_score(codes, result.labels))
    assert agreement.ami == pytest.approx(adjusted_mutual_info_score(codes, result.labels))
    assert agreement.spread == pytest.approx(max(aris) - min(aris))
    assert agreement.low < agreement.ari
    assert agreement.pixel_pca == pytest.approx(adjusted_rand_score(codes, pixels.labels))


def test_rows_without_a_label_count_in_the_clustering_and_not_in_the_agreement():
    X, codes = three(distance=3.0)
    result = kmeans(X, 3, 0)
    known = np.where(np.arange(120) % 3 == 0, codes, -1)
    agreement = recovery(known, np.arange(120), result, 0.95, np.random.default_rng(0))
    assert agreement.ari == pytest.approx(adjusted_rand_score(codes[::3], result.labels[::3]))


def test_a_mixture_finds_classes_of_different_spread_that_kmeans_divides_wrongly():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 150)
    X = np.where(codes[:, None] == 0, 0.2, 2.0) * rng.normal(size=(300, 4))
    by_means = kmeans(X, 2, 0)
    by_mixture = gaussian_mixture(X, by_means.every)
    assert (
        adjusted_rand_score(codes, by_mixture.labels)
        > 0.9
        > adjusted_rand_score(codes, by_means.labels) + 0.3
    )


def test_fewer_points_than_clusters_can_be_clustered():
    X = np.repeat(np.arange(2.0), 5)[:, None]
    result = kmeans(X, 3, 0)
    assert adjusted_rand_score(result.labels, np.repeat([0, 1], 5)) == 1.0
    assert gaussian_mixture(X, result.every).labels.shape == (10,)


def test_density_counts_clusters_and_noise():
    X, _ = three(distance=30.0)
    result = density(X, np.random.default_rng(0))
    assert (result.clusters, result.rows) == (3, 120)
    assert result.noise < 0.2


def test_density_of_a_handful_of_rows_is_all_noise():
    result = density(np.eye(4), np.random.default_rng(0))
    assert (result.clusters, result.noise, result.rows) == (0, 1.0, 4)
