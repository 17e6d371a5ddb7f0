"""Metrics of a set of images, against NumPy on the whole set."""

import latentkit_numpy
import numpy as np
import pytest

from latentkit.architecture import conv, initial_weights
from latentkit.objective import SIGMA2_FLOOR, Objective
from latentkit.protocol import Batch, Evaluation, Losses
from latentkit.stats import ACTIVE_VARIANCE
from latentkit.training.data import Subset
from latentkit.training.metrics import RunningMeans, evaluate, pool, variance

PIXELS = 48


def evaluations(n: int, batch: int, latent: int = 3, seed: int = 0) -> list[Evaluation]:
    rng = np.random.default_rng(seed)
    whole = Evaluation(
        *(rng.random(n, np.float32) * 100 for _ in range(2)),
        *(
            rng.standard_normal((n, latent), np.float32) * np.array([1, 0.05, 2], np.float32)
            for _ in range(2)
        ),
    )
    return [Evaluation(*(column[at : at + batch] for column in whole)) for at in range(0, n, batch)]


def subset(pixels: np.ndarray) -> Subset:
    return Subset(pixels, np.arange(len(pixels)))


def model(seed: int = 0, side: int = 8, latent: int = 3):
    architecture = conv((side, side, 3), latent, 4)
    state = {f"weights/{name}": value for name, value in initial_weights(architecture, seed).items()}
    return latentkit_numpy.build(architecture, Objective(), state)


@pytest.mark.parametrize("batch", [1, 7, 10, 23, 100])
def test_metrics_do_not_depend_on_the_batch_size(batch):
    _, squared, mu, logvar = (
        np.concatenate(column).astype(np.float64) for column in zip(*evaluations(23, 23), strict=True)
    )
    kl = (0.5 * (np.exp(logvar) + mu**2 - 1 - logvar)).mean(axis=0)
    sigma2 = squared.sum() / (23 * PIXELS)
    reconstruction = np.mean(squared / 2 / sigma2 + PIXELS / 2 * np.log(2 * np.pi * sigma2))
    metrics = pool(evaluations(23, batch), Objective(), pixels=PIXELS, pixel_variance=2.0, beta=4.0)
    assert metrics.reconstruction == pytest.approx(reconstruction, rel=1e-12)
    assert metrics.kl_per_dim == pytest.approx(tuple(kl), rel=1e-6)
    assert metrics.kl == pytest.approx(kl.sum(), rel=1e-6)
    assert metrics.loss == pytest.approx(reconstruction + 4 * kl.sum(), rel=1e-6)
    assert metrics.mse == pytest.approx(squared.mean() / PIXELS, rel=1e-12)
    assert metrics.r2 == pytest.approx(1 - squared.mean() / PIXELS / 2, rel=1e-12)
    assert metrics.sigma == pytest.approx(np.sqrt(sigma2), rel=1e-12)
    assert metrics.active_units == np.sum(mu.var(axis=0) > ACTIVE_VARIANCE) == 2


def test_the_calibrated_sigma_minimizes_the_reconstruction():
    metrics = pool(evaluations(23, 7), Objective(), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    for sigma in (metrics.sigma * 0.99, metrics.sigma * 1.01):
        fixed = pool(evaluations(23, 7), Objective(sigma=sigma), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
        assert fixed.sigma == pytest.approx(sigma)
        assert fixed.reconstruction > metrics.reconstruction


def test_a_perfect_reconstruction_has_the_sigma_of_rounding():
    perfect = [one._replace(squared_error=np.zeros(len(one.mu), np.float32)) for one in evaluations(9, 4)]
    metrics = pool(perfect, Objective(), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    assert metrics.sigma == pytest.approx(np.sqrt(SIGMA2_FLOOR))
    assert metrics.r2 == 1.0


def test_a_bernoulli_has_its_own_reconstruction_and_no_sigma():
    cut = evaluations(23, 7)
    metrics = pool(cut, Objective(likelihood="bernoulli"), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    expected = np.concatenate([one.reconstruction for one in cut]).astype(np.float64).mean()
    assert (metrics.sigma, metrics.reconstruction) == (None, pytest.approx(expected, rel=1e-12))


def test_free_bits_are_in_the_loss_and_not_in_the_kl():
    plain = pool(evaluations(23, 7), Objective(), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    free = pool(evaluations(23, 7), Objective(free_bits=1.0), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    assert free.kl == plain.kl
    expected = plain.reconstruction + sum(max(1.0, kl) for kl in plain.kl_per_dim)
    assert free.loss == pytest.approx(expected, rel=1e-12)
    assert free.loss > plain.loss


def test_the_mean_image_has_an_r2_of_zero():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 4, 4, 3), dtype=np.uint8)
    unit = pixels / 255
    errors = np.square(unit - unit.mean(axis=0)).sum(axis=(1, 2, 3))
    each = [Evaluation(errors, errors, np.zeros((30, 2)), np.zeros((30, 2)))]
    metrics = pool(each, Objective(), pixels=PIXELS, pixel_variance=variance(subset(pixels)), beta=1.0)
    assert metrics.r2 == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 64, 65, 200])
def test_variance_equals_that_of_numpy(n):
    pixels = np.random.default_rng(n).integers(0, 256, (n + 5, 4, 6, 3), dtype=np.uint8)
    rows = np.random.default_rng(n).permutation(n + 5)[:n]
    expected = (pixels[rows] / 255).var(axis=0).mean()
    assert variance(Subset(pixels, rows)) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_identical_images_have_no_r2():
    pixels = np.full((70, 4, 4, 3), 201, np.uint8)
    assert variance(subset(pixels)) == 0
    metrics = pool(evaluations(23, 7), Objective(), pixels=PIXELS, pixel_variance=0.0, beta=1.0)
    assert metrics.r2 is None
    assert RunningMeans(images=1).summary(PIXELS, 0.0)["r2"] is None


def test_validating_twice_gives_the_same_result(image_set):
    images = subset(image_set(11).pixels)
    first, second = (list(evaluate(model(), images, 3, 4, seed=5)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        for column, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(column, again)


def test_every_image_is_validated_exactly_once(image_set):
    images = subset(image_set(11).pixels)
    metrics = list(evaluate(model(), images, 3, 4, seed=5))
    assert [len(one.mu) for one in metrics] == [4, 4, 3]
    np.testing.assert_allclose(
        np.concatenate([one.mu for one in metrics]), model().encode(images.pixels).mu, atol=1e-6
    )


def test_the_noise_of_an_image_does_not_depend_on_the_batch(image_set):
    images, seen = subset(image_set(11).pixels), []

    class RecordingModel:
        def evaluate(self, batch: Batch) -> Evaluation:
            seen.append(batch.noise)
            return model().evaluate(batch)

    for batch in (4, 11):
        list(evaluate(RecordingModel(), images, 3, batch, seed=5))
    np.testing.assert_array_equal(np.concatenate(seen[:3]), seen[3])
    list(evaluate(RecordingModel(), images, 3, 11, seed=6))
    assert not np.array_equal(seen[3], seen[4])


def test_running_means_are_weighted_by_the_number_of_images():
    running = RunningMeans()
    running.add(Losses(np.float32(10), 8.0, 2.0, 48.0), 3)
    running.add(Losses(20.0, 16.0, 4.0, 96.0), 1)
    assert running.summary(PIXELS, 2.0) == {
        "loss": 12.5,
        "reconstruction": 10.0,
        "kl": 2.5,
        "mse": 1.25,
        "r2": 1 - 1.25 / 2,
    }


@pytest.mark.parametrize(("mu", "finite"), [(np.inf, False), (np.nan, False), (1e38, True)])
def test_a_non_finite_posterior_makes_the_loss_non_finite_without_a_warning(mu, finite):
    one = evaluations(5, 5)[0]
    one.mu[2, 1] = mu
    metrics = pool([one], Objective(), pixels=PIXELS, pixel_variance=1.0, beta=0.0)
    assert np.isfinite(metrics.loss) == finite


def test_the_summary_has_exactly_these_metrics():
    metrics = pool(evaluations(23, 7), Objective(), pixels=PIXELS, pixel_variance=1.0, beta=1.0)
    assert " ".join(metrics.summary()) == "loss reconstruction kl mse r2 active_units bits_per_dim"


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_bits_per_dimension_do_not_depend_on_beta(likelihood):
    found = [
        pool(
            evaluations(20, 7), Objective(likelihood=likelihood), pixels=PIXELS, pixel_variance=1.0, beta=beta
        )
        for beta in (0.0, 1.0)
    ]
    assert found[0].bits_per_dim == found[1].bits_per_dim
    assert found[0].loss < found[1].loss
    bits = found[1].loss / PIXELS / np.log(2) + (np.log2(255) if likelihood == "gaussian" else 0)
    assert found[1].bits_per_dim == pytest.approx(bits)
