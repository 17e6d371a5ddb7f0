"""Training in memory: our loop against what a user would otherwise write for the same network, an epoch each in turn."""

import math
from collections.abc import Callable

import numpy as np

from latentkit import registry
from latentkit.architecture import RECIPES, initial_weights
from latentkit.objective import Objective
from latentkit.training.data import Data, Subset
from latentkit.training.loop import Loop, Position, Validated
from latentkit.training.options import Options

from .. import material, peers_torch
from ..measure import at_least, explained, in_turn, speeds
from ..row import Bar, Line, Scale, against

CONV = {"arch": "conv", "latent": 128, "batch": 64}
MLP = {"arch": "mlp", "latent": 16, "batch": 128}
Epoch = Callable[[], None]


def torch(scale: Scale) -> list[Line]:
    """The torch backend against the best plain loop."""
    return [
        _against(scale, "torch", "conv 64x64x3", material.noise(scale.of(1024, 256), 64, 3), CONV),
        _against(scale, "torch", "mlp 28x28", material.noise(scale.of(16384, 4096), 28, 1), MLP),
    ]


def keras(scale: Scale) -> list[Line]:
    """The Keras backend against Model.fit."""
    return [
        _against(scale, "keras", "conv 64x64x3", material.noise(scale.of(1024, 256), 64, 3), CONV),
        _against(scale, "keras", "mlp 28x28", material.noise(scale.of(16384, 4096), 28, 1), MLP),
    ]


def pythae(scale: Scale) -> list[Line]:
    """The torch backend against pythae's trainer over its own MLP, 784-512-16."""
    images = material.noise(scale.of(8192, 2048), 28, 1)
    mine = ours("torch", images, MLP)
    theirs = peers_torch.pythae(images, MLP["latent"], MLP["batch"], scale.folder)
    return [
        _line(scale, "training, torch / pythae 0.1.2, mlp 784-512-16", images, mine, theirs, at_least(2.5))
    ]


def _against(scale: Scale, backend: str, name: str, images: np.ndarray, given: dict) -> Line:
    if backend == "torch":
        peer, theirs = "plain loop", peers_torch.in_memory
    else:
        from .. import peers_keras

        peer, theirs = "Model.fit", peers_keras.in_memory
    mine = ours(backend, images, given)
    other = theirs(given["arch"], images, given["latent"], given["batch"])
    return _line(scale, f"training, {backend} / {peer}, {name}", images, mine, other, at_least(0.97))


def _line(scale: Scale, what: str, images: np.ndarray, mine: Epoch, theirs: Epoch, bar: Bar) -> Line:
    pairs = in_turn(mine, theirs, scale.of(9, 3))
    return explained(against(what, "images/s", speeds(pairs, len(images)), bar), mine)


def ours(backend: str, images: np.ndarray, given: dict) -> Epoch:
    """One epoch of latentkit's own loop, batches, noise and bookkeeping included, validation left out."""
    options = Options(size=images.shape[1], epochs=10**6, validate_every=10**9, **given)
    architecture, objective = RECIPES[options.arch](images.shape[1:], options.latent), Objective()
    weights = {f"weights/{key}": value for key, value in initial_weights(architecture, 0).items()}
    model = registry.load(backend).build(architecture, objective, weights)
    data = Data(Subset(images, np.arange(len(images))), Subset(images, np.arange(2)), None)
    events = Loop(model, data, options, objective, Position.beginning(options, 10**9)).events()
    steps = math.ceil(len(images) / options.batch)

    def epoch() -> None:
        for _ in range(steps):
            if isinstance(next(events), Validated):
                raise AssertionError("a validation came in between")

    return epoch
