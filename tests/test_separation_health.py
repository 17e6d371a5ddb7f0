"""Health of a latent space."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from latentkit.separation.report.health import (
    effective_rank,
    measure_health,
    mutual_information,
    participation_ratio,
    total_correlation,
)
from latentkit.stats import kl_per_dim


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_a_flat_spectrum_of_r_directions_has_rank_r(rank):
    spectrum = np.r_[np.full(rank, 2.5), np.zeros(4)]
    assert effective_rank(spectrum) == pytest.approx(rank)
    assert participation_ratio(spectrum) == pytest.approx(rank)


def test_ranks_of_an_uneven_spectrum_agree_with_their_definitions():
    spectrum = np.array([3.0, 1.0])
    assert effective_rank(spectrum) == pytest.approx(math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25)))
    assert participation_ratio(spectrum) == pytest.approx(16 / 10)


def test_a_constant_space_has_rank_zero():
    assert effective_rank(np.zeros(3)) == participation_ratio(np.zeros(3)) == 0.0


def test_total_correlation_of_two_correlated_gaussians():
    covariance = np.array([[4.0, 2.4], [2.4, 9.0]])
    assert total_correlation(covariance) == pytest.approx(-0.5 * math.log(1 - 0.4**2))


def test_total_correlation_is_zero_for_independent_dimensions_and_unknown_for_copies():
    assert total_correlation(np.diag([1.0, 5.0])) == pytest.approx(0.0)
    assert total_correlation(np.ones((2, 2))) is None
    assert total_correlation(np.zeros((0, 0))) is None


def test_kl_per_dimension_is_torchs():
    mu, logvar = rng().normal(size=(50, 4)), rng().normal(size=(50, 4))
    posterior = Normal(torch.tensor(mu), torch.tensor(logvar / 2).exp())
    theirs = kl_divergence(posterior, Normal(0.0, 1.0)).mean(dim=0)
    assert kl_per_dim(mu, logvar) == pytest.approx(theirs.numpy())


def test_kl_is_the_same_across_blocks():
    mu, logvar = rng().normal(size=(70_000, 2)), rng().normal(size=(70_000, 2))
    whole = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=0)
    assert kl_per_dim(mu, logvar) == pytest.approx(whole)


def test_posteriors_that_never_overlap_identify_every_image():
    mu = 100.0 * np.arange(64)[:, None]
    assert mutual_information(mu, np.zeros((64, 1)), rng()) == pytest.approx(math.log(64))


def test_equal_posteriors_have_no_mutual_information():
    assert mutual_information(np.zeros((64, 3)), np.zeros((64, 3)), rng()) == pytest.approx(0.0, abs=1e-12)


def test_mutual_information_of_a_gaussian_channel():
    # mu ~ N(0, 4), noise N(0, 1): 0.5 log(1 + 4) nats.
    mu = 2 * np.random.default_rng(1).normal(size=(3000, 1))
    assert mutual_information(mu, np.zeros((3000, 1)), rng()) == pytest.approx(0.5 * math.log(5), abs=0.05)


def test_a_dimension_that_hardly_varies_is_dead():
    mu = rng().normal(size=(500, 4)) * [1, 0.05, 1, 0]
    result = measure_health(mu, None, 0.01, rng())
    assert (result.active_units, result.dead) == (2, (1, 3))
    assert measure_health(mu, None, 0.001, rng()).active_units == 3


def test_without_logvar_what_requires_it_is_unknown():
    result = measure_health(rng().normal(size=(50, 3)), None, 0.01, rng())
    assert result.kl_per_dim is None
    assert result.mutual_information is None
    assert not result.mutual_information_capped


def test_mutual_information_at_its_ceiling_is_marked():
    mu = rng().normal(size=(100, 3))
    assert measure_health(mu, np.full((100, 3), -20.0), 0.01, rng()).mutual_information_capped
    assert not measure_health(mu, np.full((100, 3), 3.0), 0.01, rng()).mutual_information_capped


def test_fewer_images_than_latents_leave_the_total_correlation_unknown():
    assert measure_health(rng().normal(size=(5, 9)), None, 0.01, rng()).total_correlation is None
