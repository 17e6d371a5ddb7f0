"""Every device that a backend lists computes what the CPU does."""

import numpy as np

from latentkit.objective import Objective
from latentkit.protocol import Batch
from latentkit.testing.subject import batch_for, state_of, whole_network


def test_two_steps_and_an_evaluation_are_those_of_the_cpu(backend):
    architecture = whole_network()
    images = np.asfortranarray(batch_for(architecture, 5).images)  # whatever lies in memory how it will

    def computed(device):
        model = backend.build(architecture, Objective(), state_of(architecture), device=device)
        for step in range(2):
            _, targets, noise = batch_for(architecture, 5, step=step, clean=False)
            losses = model.step(Batch(images, targets, noise), learning_rate=0.01, beta=0.7)
        return [*map(float, losses), *model.evaluate(batch_for(architecture, 5)), model.encode(images).mu]

    expected = computed("cpu")
    for device in backend.devices():
        for found, value in zip(computed(device), expected, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-3, atol=1e-4, err_msg=device)
