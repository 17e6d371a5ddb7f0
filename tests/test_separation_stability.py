"""Bootstrap stability of clusters."""

import numpy as np
import pytest

from latentkit.separation.options import limit_threads
from latentkit.separation.visible.clusters import kmeans
from latentkit.separation.visible.stability import jaccard, largest_stable


@pytest.fixture(autouse=True)
def as_in_a_report():
    with limit_threads(100):
        yield


def four(distance=8.0, each=40):
    rng = np.random.default_rng(0)
    codes = np.arange(4 * each) % 4
    X = rng.normal(size=(4 * each, 5))
    X[np.arange(4 * each), codes] += distance / np.sqrt(2)
    return X, codes


def test_clear_clusters_are_found_again():
    X, codes = four()
    assert jaccard(X, codes, np.random.default_rng(0)) == pytest.approx(np.ones(4), abs=0.02)


def test_parts_of_a_ball_are_not_found_again():
    X = np.random.default_rng(0).normal(size=(200, 8))
    assert jaccard(X, kmeans(X, 4, 0).labels, np.random.default_rng(0)).max() < 0.75


def test_one_bad_cluster_is_distinguished_from_the_good_ones():
    X, codes = four()
    labels = np.where(codes == 3, 3 + (np.random.default_rng(0).random(160) < 0.5), codes)
    stable = jaccard(X, labels, np.random.default_rng(0))
    assert stable[:3].min() > 0.75 > stable[3:].max()


def test_an_unstable_clustering_stops_early_with_the_same_result():
    X = np.random.default_rng(0).normal(size=(200, 8))
    labels = kmeans(X, 4, 0).labels
    given_up = jaccard(X, labels, np.random.default_rng(0), enough=0.75)
    assert given_up.min() < 0.75
    assert given_up == pytest.approx(jaccard(X, labels, np.random.default_rng(0)), abs=0.2)


def test_the_largest_stable_number_of_clusters_is_chosen():
    X, codes = four()
    labels, stable = largest_stable(X, 0.75, 0, np.random.default_rng(0))
    assert len(stable) == 4
    assert (np.unique(np.stack([labels, codes]), axis=1).shape[1]) == 4


def test_a_ball_has_no_stable_number_of_clusters():
    X = np.random.default_rng(0).normal(size=(80, 8))
    assert largest_stable(X, 0.75, 0, np.random.default_rng(0)) is None
