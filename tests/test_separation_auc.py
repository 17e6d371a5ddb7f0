"""AUC of a pair and its bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from latentkit.separation.separable.auc import auc, hanley_mcneil, newcombe

few = st.integers(1, 12)
scores = few.flatmap(lambda n: arrays(np.float64, n, elements=st.integers(-3, 3).map(float)))


@given(scores, scores)
def test_auc_is_scikit_learns_with_ties(positive, negative):
    truth = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    assert auc(positive, negative) == pytest.approx(roc_auc_score(truth, np.r_[positive, negative]))


def test_at_chance_the_standard_error_is_that_of_mann_whitney():
    n = 37
    assert hanley_mcneil(0.5, n, n) == pytest.approx(math.sqrt((2 * n + 1) / (12 * n * n)))


@pytest.mark.parametrize(("n", "low"), [(20, 0.928), (45, 0.969)])
def test_a_perfect_auc_of_few_images_is_not_certainty(n, low):
    assert newcombe(1.0, n, n).low == pytest.approx(low, abs=5e-4)
    assert newcombe(1.0, n, n).high == 1.0


@given(st.floats(0.01, 0.99), st.integers(2, 300), st.integers(2, 300))
def test_a_bound_explains_the_observed_auc_by_exactly_its_own_error(area, m, n):
    z = 1.6448536269514722
    low, high = newcombe(area, m, n)
    assert area - low == pytest.approx(z * hanley_mcneil(low, m, n), abs=1e-6)
    assert high - area == pytest.approx(z * hanley_mcneil(high, m, n), abs=1e-6)


@given(st.floats(0, 1), st.integers(1, 100), st.integers(1, 100))
def test_exchanging_the_classes_mirrors_the_interval(area, m, n):
    low, high = newcombe(area, m, n)
    mirrored = newcombe(1 - area, n, m)
    assert (1 - mirrored.high, 1 - mirrored.low) == (
        pytest.approx(low, abs=1e-6),
        pytest.approx(high, abs=1e-6),
    )


def test_a_stricter_level_gives_a_lower_bound():
    assert newcombe(0.95, 50, 50, 1 - 0.05 / 3).low < newcombe(0.95, 50, 50).low


def test_the_lower_bound_has_its_nominal_coverage():
    # Binormal scores with a true AUC of .90, 30 against 30: 95 % of the bounds must lie below it.
    rng = np.random.default_rng(0)
    shift = 1.2815515655446004 * math.sqrt(2)
    below = [
        newcombe(auc(rng.normal(shift, 1, 30), rng.normal(0, 1, 30)), 30, 30).low <= 0.90 for _ in range(1000)
    ]
    assert 0.93 <= np.mean(below) <= 0.985
