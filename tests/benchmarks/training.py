"""Training speed against what a user would otherwise write, in turn in one process.

    python tests/benchmarks/training.py [torch|keras ...] [--rounds 7] [--images 1024] [--size 64]

The peer is a plain loop in PyTorch (channels-last, fused Adam, data in memory) or a plain
`Model.fit` in Keras, over the same network and objective. A round times one epoch of each; the
ratio is ours over theirs, so 1 is equal and more is faster.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from latentkit import registry
from latentkit.architecture import conv, initial_weights
from latentkit.objective import ADAM_DECAY, EPSILON, SIGMA2_FLOOR, Objective
from latentkit.training.data import Data, Subset
from latentkit.training.loop import Loop, Position, Validated
from latentkit.training.options import Options

BATCH, LATENT, WIDTHS = 64, 128, (16, 32, 64, 128)
Epoch = Callable[[], None]


def ours(name: str, images: np.ndarray) -> Epoch:
    """One epoch of latentkit's own loop, batches, noise and bookkeeping included, validation left out."""
    options = Options(size=images.shape[1], latent=LATENT, batch=BATCH, epochs=10**6, validate_every=10**9)
    architecture, objective = conv(images.shape[1:], LATENT), Objective()
    weights = {f"weights/{key}": value for key, value in initial_weights(architecture, 0).items()}
    model = registry.load(name).build(architecture, objective, weights)
    everything = Subset(images, np.arange(len(images)))
    data = Data(everything, Subset(images, np.arange(2)), None)
    events = Loop(model, data, options, objective, Position.beginning(options, 10**9)).events()
    steps = math.ceil(len(images) / BATCH)

    def epoch() -> None:
        for _ in range(steps):
            assert not isinstance(next(events), Validated)

    return epoch


def plain_torch(images: np.ndarray) -> Epoch:
    """The loop that a careful PyTorch user writes."""
    import torch
    from torch import nn
    from torch.nn import functional

    side = images.shape[1] // 2 ** len(WIDTHS)
    down, channels = [], images.shape[3]
    for width in WIDTHS:
        down += [nn.Conv2d(channels, width, 4, 2, 1), nn.GroupNorm(8, width), nn.SiLU()]
        channels = width
    encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(channels * side * side, 2 * LATENT))
    up = [
        nn.Linear(LATENT, channels * side * side),
        nn.Unflatten(1, (channels, side, side)),
        nn.GroupNorm(8, channels),
        nn.SiLU(),
    ]
    for width in reversed(WIDTHS[:-1]):
        up += [
            nn.Upsample(scale_factor=2),
            nn.Conv2d(channels, width, 3, 1, 1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
        ]
        channels = width
    decoder = nn.Sequential(*up, nn.Upsample(scale_factor=2), nn.Conv2d(channels, images.shape[3], 3, 1, 1))
    for half in (encoder, decoder):
        half.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(
        [*encoder.parameters(), *decoder.parameters()], 1e-3, ADAM_DECAY, EPSILON, fused=True
    )
    data = torch.from_numpy(images).permute(0, 3, 1, 2)
    pixels = math.prod(images.shape[1:])

    def epoch() -> None:
        for chosen in torch.randperm(len(data)).split(BATCH):
            x = data[chosen].float().div_(255).contiguous(memory_format=torch.channels_last)
            mu, logvar = encoder(x).chunk(2, 1)
            mean = torch.sigmoid(decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu)))
            error = functional.mse_loss(mean, x, reduction="none").flatten(1).sum(1)
            sigma2 = (error.detach().mean() / pixels).clamp(min=SIGMA2_FLOOR)
            kl = (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean() / 2
            loss = (error / (2 * sigma2)).mean() + pixels / 2 * torch.log(2 * math.pi * sigma2) + kl
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def plain_keras(images: np.ndarray) -> Epoch:
    """The Model.fit that a careful Keras user writes."""
    import keras
    from keras import layers, ops

    side = images.shape[1] // 2 ** len(WIDTHS)
    encoder = keras.Sequential([keras.Input(images.shape[1:])])
    for width in WIDTHS:
        encoder.add(layers.Conv2D(width, 4, 2, "same"))
        encoder.add(layers.GroupNormalization(8, epsilon=1e-5))
        encoder.add(layers.Activation("silu"))
    encoder.add(layers.Flatten())
    encoder.add(layers.Dense(2 * LATENT))
    decoder = keras.Sequential(
        [
            keras.Input((LATENT,)),
            layers.Dense(WIDTHS[-1] * side * side),
            layers.Reshape((side, side, WIDTHS[-1])),
        ]
    )
    decoder.add(layers.GroupNormalization(8, epsilon=1e-5))
    decoder.add(layers.Activation("silu"))
    for width in reversed(WIDTHS[:-1]):
        decoder.add(layers.UpSampling2D())
        decoder.add(layers.Conv2D(width, 3, 1, "same"))
        decoder.add(layers.GroupNormalization(8, epsilon=1e-5))
        decoder.add(layers.Activation("silu"))
    decoder.add(layers.UpSampling2D())
    decoder.add(layers.Conv2D(images.shape[3], 3, 1, "same", activation="sigmoid"))
    pixels = math.prod(images.shape[1:])

    class Vae(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = encoder, decoder
            self.noise = keras.random.SeedGenerator(0)

        def call(self, x):
            x = ops.cast(x, "float32") / 255
            mu, logvar = ops.split(self.encoder(x), 2, axis=1)
            mean = self.decoder(
                mu + ops.exp(logvar / 2) * keras.random.normal(ops.shape(mu), seed=self.noise)
            )
            error = ops.sum(ops.square(mean - x), axis=(1, 2, 3))
            sigma2 = ops.maximum(ops.mean(ops.stop_gradient(error)) / pixels, SIGMA2_FLOOR)
            kl = ops.mean(ops.sum(ops.square(mu) + ops.exp(logvar) - 1 - logvar, axis=1)) / 2
            self.add_loss(ops.mean(error / (2 * sigma2)) + pixels / 2 * ops.log(2 * math.pi * sigma2) + kl)
            return mean

    model = Vae()
    model.compile(keras.optimizers.Adam(1e-3))
    return lambda: model.fit(images, batch_size=BATCH, epochs=1, verbose=0)


PEERS = {"torch": plain_torch, "keras": plain_keras}


def rounds(name: str, images: np.ndarray, count: int) -> Iterator[tuple[float, float]]:
    """Images a second, ours and theirs, in turn; the order changes from round to round."""
    epochs = [ours(name, images), PEERS[name](images)]
    for epoch in epochs:
        epoch()
    for turn in range(count):
        speeds = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            begun = time.perf_counter()
            epochs[which]()
            speeds[which] = len(images) / (time.perf_counter() - begun)
        yield speeds[0], speeds[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("backends", nargs="*", default=["torch", "keras"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--size", type=int, default=64)
    asked = parser.parse_args()
    images = np.random.default_rng(0).integers(0, 256, (asked.images, asked.size, asked.size, 3), np.uint8)
    for name in asked.backends:
        speeds = list(rounds(name, images, asked.rounds))
        ratios = sorted(mine / theirs for mine, theirs in speeds)
        row = {
            "backend": name,
            "ours": round(statistics.median(mine for mine, _ in speeds)),
            "theirs": round(statistics.median(theirs for _, theirs in speeds)),
            "ratio": round(statistics.median(ratios), 3),
            "lowest": round(ratios[0], 3),
            "highest": round(ratios[-1], 3),
        }
        print(json.dumps(row))  # noqa: T201


if __name__ == "__main__":
    main()
