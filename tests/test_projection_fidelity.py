"""Fidelity compared with the trustworthiness of scikit-learn and with the definitions."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from latentkit.projection.fidelity import measure_fidelity


def spaces(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    high = rng.normal(size=(n, 6))
    return high, high[:, :2] + 0.3 * rng.normal(size=(n, 2))


@pytest.mark.parametrize(("n", "k"), [(7, 2), (60, 15), (400, 5)])
def test_trustworthiness_of_all_rows_equals_that_of_scikit_learn(n, k):
    high, low = spaces(n)
    scores = measure_fidelity(high, low, neighbors=k)
    assert scores.trustworthiness.value == pytest.approx(trustworthiness(high, low, n_neighbors=k), abs=1e-12)
    assert scores.trustworthiness.error == 0


def test_continuity_is_trustworthiness_with_the_spaces_exchanged():
    high, low = spaces(300)
    assert measure_fidelity(high, low).continuity.value == pytest.approx(
        trustworthiness(low, high, n_neighbors=15), abs=1e-12
    )


def test_kept_is_the_overlap_of_neighborhoods():
    high, low = spaces(200)
    nearest = [NearestNeighbors(n_neighbors=15).fit(x).kneighbors(return_distance=False) for x in (high, low)]
    overlap = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(*nearest, strict=True)])
    assert measure_fidelity(high, low).kept.value == pytest.approx(overlap)


def test_triplets_estimate_the_share_of_all_triplets():
    high, low = spaces(8)
    a, b = cdist(high, high), cdist(low, low)
    right = [
        (a[i, j] < a[i, k]) == (b[i, j] < b[i, k])
        for i in range(8)
        for j in range(8)
        for k in range(j)
        if len({i, j, k}) == 3
    ]
    scores = measure_fidelity(high, low).triplets
    assert abs(scores.value - np.mean(right)) < 4 * scores.error < 0.02


def test_shepard_estimates_spearmans_correlation_of_all_pairs():
    high, low = spaces(80)
    pairs = np.triu_indices(80, 1)
    whole = spearmanr(cdist(high, high)[pairs], cdist(low, low)[pairs]).statistic
    scores = measure_fidelity(high, low).shepard
    assert abs(scores.value - whole) < 4 * scores.error < 0.05


def test_a_sample_of_queries_is_within_its_standard_error():
    high, low = spaces(2000)
    whole = measure_fidelity(high, low)
    off = []
    for seed in range(20):
        part = measure_fidelity(high, low, queries=100, seed=seed)
        off.append((part.trustworthiness.value - whole.trustworthiness.value) / part.trustworthiness.error)
    assert 0.5 < np.std(off) < 1.6
    assert abs(np.mean(off)) < 1


def test_a_space_compared_with_itself_has_perfect_scores():
    high, _ = spaces(100)
    scores = measure_fidelity(high, high * 3 + 1)
    for score in (scores.trustworthiness, scores.continuity, scores.kept, scores.triplets, scores.shepard):
        assert score.value == pytest.approx(1)


def test_duplicates_do_not_lower_the_scores():
    high = np.repeat(spaces(10)[0], 30, axis=0).astype(np.float32)
    scores = measure_fidelity(high, np.repeat(spaces(10)[0], 30, axis=0)[:, ::-1], neighbors=15)
    assert scores.trustworthiness.value == scores.continuity.value == scores.kept.value == 1


def test_many_blocks_are_as_exact_as_one():
    rng = np.random.default_rng(0)
    high = rng.normal(size=(2100, 2000)).astype(np.float32)
    low = high[:, :2] + rng.normal(size=(2100, 2))
    assert measure_fidelity(high, low).trustworthiness.value == pytest.approx(
        trustworthiness(high.astype(np.float64), low, n_neighbors=15), abs=1e-9
    )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_too_few_rows_have_no_neighborhood_scores(n):
    high, low = spaces(n)
    assert measure_fidelity(high, low).trustworthiness is None


def test_the_seed_decides_the_sample():
    high, low = spaces(500)
    first, again, other = (measure_fidelity(high, low, queries=50, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
