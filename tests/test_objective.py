"""The objective against SciPy, PyTorch's distributions and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from latentkit import objective

FINITE = st.floats(-5, 5)


@given(FINITE, FINITE)
def test_kl_equals_the_integral_of_q_log_q_over_p(mu, logvar):
    sigma = math.exp(logvar / 2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    z = mu + sigma * nodes
    integrand = stats.norm.logpdf(z, mu, sigma) - stats.norm.logpdf(z)
    expected = float((weights * integrand).sum() / weights.sum())
    found = float(objective.kl(np.array([[mu]]), np.array([[logvar]]))[0, 0])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_kl_equals_that_of_torch_distributions():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    mu, logvar = rng.normal(size=(2, 7, 5))
    q = torch.distributions.Normal(torch.tensor(mu), torch.tensor(logvar / 2).exp())
    p = torch.distributions.Normal(torch.zeros(7, 5, dtype=torch.float64), 1.0)
    expected = torch.distributions.kl_divergence(q, p).numpy()
    np.testing.assert_allclose(objective.kl(mu, logvar), expected, rtol=1e-12, atol=1e-12)


def test_gaussian_equals_the_sum_of_log_densities():
    rng = np.random.default_rng(0)
    x, mean = rng.random((2, 4, 30))
    expected = -stats.norm.logpdf(x, mean, 0.3).sum(axis=1)
    np.testing.assert_allclose(
        objective.gaussian(((x - mean) ** 2).sum(axis=1), 30, 0.09), expected, rtol=1e-12
    )


def test_the_calibrated_variance_minimizes_the_gaussian():
    errors = np.random.default_rng(0).random(9) * 30
    best = objective.calibrated_sigma2(errors, 30)
    at_best = objective.gaussian(errors, 30, best).mean()
    assert all(objective.gaussian(errors, 30, best * factor).mean() > at_best for factor in (0.99, 1.01))


def test_the_calibrated_gaussian_is_half_d_log_mse_plus_a_constant():
    errors = np.random.default_rng(0).random(9) * 30
    mse = errors.mean() / 30
    found = objective.gaussian(errors, 30, objective.calibrated_sigma2(errors, 30)).mean()
    assert found == pytest.approx(15 * (math.log(mse) + 1 + math.log(2 * math.pi)))


def test_the_calibrated_variance_has_a_floor():
    assert objective.calibrated_sigma2(np.zeros(3), 10) == objective.SIGMA2_FLOOR
    assert pytest.approx(np.var(np.linspace(-0.5, 0.5, 100_001)) / 255**2, rel=1e-4) == objective.SIGMA2_FLOOR


@given(
    arrays.arrays(np.float64, (3, 4), elements=st.floats(0, 1)),
    arrays.arrays(np.float64, (3, 4), elements=FINITE),
)
def test_bernoulli_equals_the_cross_entropy(targets, logits):
    mean = 1 / (1 + np.exp(-logits))
    expected = -(targets * np.log(mean) + (1 - targets) * np.log(1 - mean)).sum(axis=1)
    np.testing.assert_allclose(objective.bernoulli(targets, logits), expected, rtol=1e-9, atol=1e-12)


def test_bernoulli_does_not_overflow():
    found = objective.bernoulli(np.array([[1.0, 0.0, 1.0]]), np.array([[-1000.0, 1000.0, 1000.0]]))
    assert found == pytest.approx([2000.0])


def test_free_bits_apply_to_each_dimension_of_the_mean():
    kl = np.array([0.1, 0.5, 2.0])
    assert objective.loss(10.0, kl, beta=2.0, free_bits=0.5) == pytest.approx(10 + 2 * (0.5 + 0.5 + 2.0))
    assert objective.loss(10.0, kl, beta=2.0, free_bits=0.0) == pytest.approx(10 + 2 * kl.sum())


def test_each_optimizer_has_its_slots():
    assert objective.slots("adam") == ("adam.m", "adam.v")
    assert objective.slots("rmsprop") == ("rmsprop.v",)


@pytest.mark.parametrize("levels", [1.5, 4, 30])
def test_bits_per_dimension_are_those_of_the_discrete_levels(levels):
    sigma, pixels = levels / 255, 7
    squared_error = np.array([pixels * sigma**2])
    nats = float(objective.gaussian(squared_error, pixels, sigma**2)[0])
    found = objective.bits_per_dim(nats, pixels, "gaussian")
    assert found == pytest.approx(math.log2(levels * math.sqrt(2 * math.pi * math.e)), rel=1e-12)
    edges = np.arange(-20 * levels, 20 * levels + 1) - 0.5
    mass = np.diff(stats.norm.cdf(edges, scale=levels))
    assert found == pytest.approx(stats.entropy(mass, base=2), abs=0.03)


def test_bits_per_dimension_of_fair_coins_are_one():
    targets = np.random.default_rng(0).integers(0, 2, (3, 11)).astype(float)
    nats = float(objective.bernoulli(targets, np.zeros((3, 11))).mean())
    assert objective.bits_per_dim(nats, 11, "bernoulli") == pytest.approx(1)
