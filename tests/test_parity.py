"""All backends give the same results."""

import itertools

import latentkit_numpy
import numpy as np
import pytest

from latentkit.architecture import RECIPES, initial_weights
from latentkit.objective import Objective
from latentkit.protocol import Batch
from latentkit.randomness import generator
from latentkit.testing.subject import batch_for, state_of, whole_network

LATENT, STEPS = 4, 6


@pytest.fixture(scope="module")
def backends(load_backend, required_backends):
    return {"numpy": latentkit_numpy} | {name: load_backend(name) for name in required_backends}


def images(n: int = 24):
    """Discs of random position, size and color: (n, 16, 16, 3) uint8."""
    rng = generator(0, "discs")
    y, x = np.mgrid[:16, :16]
    center, radius = rng.uniform(4, 12, (2, n, 1, 1)), rng.uniform(2, 6, (n, 1, 1))
    inside = (y - center[0]) ** 2 + (x - center[1]) ** 2 < radius**2
    return (inside[..., None] * rng.integers(60, 256, (n, 1, 1, 3))).astype(np.uint8)


def batch(step: int) -> Batch:
    chosen = images()[generator(0, "order", step).permutation(24)[:8]]
    return Batch(chosen, chosen, generator(0, "noise", step).standard_normal((8, LATENT), np.float32))


def built(backend, arch, objective, state=None):
    architecture = RECIPES[arch]((16, 16, 3), LATENT, 8)
    first = {f"weights/{name}": value for name, value in initial_weights(architecture, 0).items()}
    return backend.build(architecture, objective, state or first)


def trained(backend, arch, objective):
    model = built(backend, arch, objective)
    return model, [float(model.step(batch(step), learning_rate=1e-3, beta=1.0).loss) for step in range(STEPS)]


OBJECTIVES = {
    "calibrated": Objective(),
    "bernoulli": Objective(likelihood="bernoulli"),
    "rmsprop": Objective(optimizer="rmsprop", clip=5.0),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("arch", RECIPES)
def test_every_backend_has_the_same_losses(arch, objective, backends):
    losses = {name: trained(backend, arch, OBJECTIVES[objective])[1] for name, backend in backends.items()}
    for name, found in losses.items():
        np.testing.assert_allclose(found, losses["numpy"], rtol=1e-4, atol=0.05, err_msg=name)
    assert losses["numpy"][-1] < losses["numpy"][0]


@pytest.mark.parametrize("arch", RECIPES)
def test_a_run_of_one_backend_has_the_same_latents_in_another(arch, backends):
    models = {name: trained(backend, arch, Objective())[0] for name, backend in backends.items()}
    for here, there in itertools.permutations(backends, 2):
        moved = built(backends[there], arch, Objective(), models[here].state())
        for field in ("mu", "logvar"):
            found, expected = (getattr(model.encode(images()), field) for model in (moved, models[here]))
            np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=f"{here} to {there}: {field}")
        z = batch(0).noise
        np.testing.assert_allclose(moved.decode(z), models[here].decode(z), atol=1e-4)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_training_resumes_in_another_backend_as_in_its_own(optimizer, backends):
    objective = Objective(optimizer=optimizer)
    for here, there in itertools.permutations(backends, 2):
        stayed, _ = trained(backends[here], "conv", objective)
        moved = built(backends[there], "conv", objective, stayed.state())
        for step in range(STEPS, STEPS + 3):
            found, expected = (
                float(m.step(batch(step), learning_rate=1e-3, beta=1.0).loss) for m in (moved, stayed)
            )
            assert found == pytest.approx(expected, rel=1e-4, abs=0.05), f"{here} to {there}, step {step}"


def test_every_device_agrees_with_numpy_for_any_memory_layout(backends):
    architecture = whole_network()

    def computed(backend, device):
        model = backend.build(architecture, Objective(), state_of(architecture), device=device)
        for step in range(2):
            seen, targets, noise = batch_for(architecture, 5, step=step, clean=False)
            columns = (np.asfortranarray(column) for column in (seen, targets, noise))
            losses = model.step(Batch(*columns), learning_rate=0.01, beta=0.7)
        return [*map(float, losses), *model.evaluate(batch_for(architecture, 5))]

    expected = computed(latentkit_numpy, "cpu")
    for name, backend in backends.items():
        for device in backend.devices():
            for found, value in zip(computed(backend, device), expected, strict=True):
                np.testing.assert_allclose(found, value, rtol=2e-3, atol=2e-4, err_msg=f"{name} {device}")
