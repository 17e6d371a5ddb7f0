"""Training in memory: our loop against what a user would otherwise write for the same network, an epoch each in turn."""

import math
import sys
from collections.abc import Callable, Sequence

import numpy as np

from latentkit import registry
from latentkit.architecture import RECIPES, initial_weights
from latentkit.objective import Objective
from latentkit.training.data import Data, Subset
from latentkit.training.loop import Loop, Position, Validated
from latentkit.training.options import Options

from .. import material, peers_torch
from ..measure import at_least, busy, explained, in_turn, speeds
from ..peers_torch import Plain
from ..row import Bar, Line, Scale, against, alone

CONV = {"arch": "conv", "latent": 128, "batch": 64}
MLP = {"arch": "mlp", "latent": 16, "batch": 128}
Epoch = Callable[[], None]


def torch(scale: Scale) -> list[Line]:
    """The torch backend against a plain loop, both as they come, and with `_ways` both compiled."""
    return [
        line for name, images, given in _cases(scale) for line in _against_loops(scale, name, images, given)
    ]


def keras(scale: Scale) -> list[Line]:
    """The Keras backend, as it comes and with --compile, against Model.fit, which compiles by itself."""
    from .. import peers_keras

    found = []
    for name, images, given in _cases(scale):
        theirs = peers_keras.in_memory(given["arch"], images, given["latent"], given["batch"])
        for compile in _ways(given):
            what = f"training, keras{' --compile' if compile else ''} / Model.fit, {name}"
            mine = ours("keras", images, given, compile=compile)
            found.append(_line(scale, what, images, mine, theirs, at_least(0.97)))
    return found


def _cases(scale: Scale) -> list[tuple[str, np.ndarray, dict]]:
    return [
        ("conv 64x64x3", material.noise(scale.of(1024, 256), 64, 3), CONV),
        ("mlp 28x28", material.noise(scale.of(16384, 4096), 28, 1), MLP),
    ]


def pythae(scale: Scale) -> list[Line]:
    """The torch backend against pythae's trainer over its own MLP, 784-512-16."""
    images = material.noise(scale.of(8192, 2048), 28, 1)
    mine = ours("torch", images, MLP)
    theirs = peers_torch.pythae(images, MLP["latent"], MLP["batch"], scale.folder)
    return [
        _line(scale, "training, torch / pythae 0.1.2, mlp 784-512-16", images, mine, theirs, at_least(2.5))
    ]


def gpu(scale: Scale) -> list[Line]:
    """On a GPU, the whole set resident on both sides: ours with --precision bfloat16 --compile against a plain loop
    that has the same; what these two give; and the share of the time in which kernels run."""
    import torch

    if not torch.cuda.is_available():
        sys.stderr.write("gpu: not measured, there is no CUDA device here\n")
        return []
    images, given = material.noise(scale.of(65536, 8192), 64, 3), {**CONV, "batch": 512}
    how = {"device": "cuda", "precision": "bfloat16", "compile": True}
    mine, plain = ours("torch", images, given, **how), ours("torch", images, given, device="cuda")
    peer = peers_torch.in_memory(
        given["arch"], images, given["latent"], given["batch"], Plain(True, "cuda", low_precision=True)
    )

    def theirs() -> None:
        with torch.backends.cudnn.flags(enabled=True, deterministic=False, allow_tf32=True):
            peer()

    def waited_for(epoch: Epoch) -> Epoch:
        def run() -> None:
            epoch()
            torch.cuda.synchronize()

        return run

    name, rounds = f"conv 64x64x3, batch {given['batch']}", scale.of(7, 3)
    against_plain = in_turn(waited_for(mine), theirs, rounds)
    against_own = in_turn(waited_for(mine), waited_for(plain), rounds)
    return [
        against(
            f"training on {torch.cuda.get_device_name()} / plain compiled loop, {name}",
            "images/s",
            speeds(against_plain, len(images)),
            at_least(0.95),
        ),
        against(
            f"--precision bfloat16 --compile / neither, {name}",
            "images/s",
            speeds(against_own, len(images)),
            None,
        ),
        alone(f"kernels run, {name}", "share of time", [busy(waited_for(mine))], at_least(0.6)),
    ]


def _ways(given: dict) -> Sequence[bool]:
    """Compiled or not: the multilayer perceptron in both ways. Convolutions take a minute to compile, after which a plain
    loop of torch's is slower than before (374 against 477 images/s on two cores)."""
    return (False, True) if given is MLP else (False,)


def _against_loops(scale: Scale, name: str, images: np.ndarray, given: dict) -> list[Line]:
    found = []
    for compile in _ways(given):
        told = ", both compiled" if compile else ""
        mine = ours("torch", images, given, compile=compile)
        theirs = peers_torch.in_memory(
            given["arch"], images, given["latent"], given["batch"], Plain(compile=compile)
        )
        what = f"training, torch / plain loop, {name}{told}"
        found.append(_line(scale, what, images, mine, theirs, at_least(0.97)))
    return found


def _line(scale: Scale, what: str, images: np.ndarray, mine: Epoch, theirs: Epoch, bar: Bar) -> Line:
    pairs = in_turn(mine, theirs, scale.of(7, 3))
    return explained(against(what, "images/s", speeds(pairs, len(images)), bar), mine)


def ours(backend: str, images: np.ndarray, given: dict, **how) -> Epoch:
    """One epoch of latentkit's own loop, batches, noise and bookkeeping included, validation left out.

    `how` is what `build` takes: device, precision, compile.
    """
    options = Options(size=images.shape[1], epochs=10**6, validate_every=10**9, **given)
    architecture, objective = RECIPES[options.arch](images.shape[1:], options.latent), Objective()
    weights = {f"weights/{key}": value for key, value in initial_weights(architecture, 0).items()}
    model = registry.load(backend).build(architecture, objective, weights, **how)
    data = Data(Subset(images, np.arange(len(images))), Subset(images, np.arange(2)), None, None)
    events = Loop(model, data, options, objective, Position.beginning(options, 10**9)).events()
    steps = math.ceil(len(images) / options.batch)

    def epoch() -> None:
        for _ in range(steps):
            if isinstance(next(events), Validated):
                raise AssertionError("a validation came in between")

    return epoch
