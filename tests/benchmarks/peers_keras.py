"""What a careful Keras user writes: the same network and objective in Keras's own layers, and `Model.fit`."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from latentkit.objective import SIGMA2_FLOOR

from .peers_torch import HIDDEN, WIDTHS


def in_memory(arch: str, images: np.ndarray, latent: int, batch: int) -> Callable[[], None]:
    """An epoch of `fit` over an array."""
    model = _model(arch, images.shape[1:], latent)
    return lambda: model.fit(images, batch_size=batch, epochs=1, verbose=0)


def from_folder(folder: Path, size: int, latent: int, batch: int) -> Callable[[], None]:
    """An epoch of `fit` over `image_dataset_from_directory`, read ahead."""
    import keras
    import tensorflow

    model = _model("conv", (size, size, 3), latent)

    def epoch() -> None:
        data = keras.utils.image_dataset_from_directory(
            folder,
            label_mode=None,
            batch_size=batch,
            image_size=(size, size),
            crop_to_aspect_ratio=True,
            verbose=False,
        )
        model.fit(
            data.prefetch(tensorflow.data.AUTOTUNE), epochs=1, verbose=0, shuffle=False
        )  # it is already

    return epoch


def _model(arch: str, image: tuple[int, int, int], latent: int):
    import keras
    from keras import ops

    encoder, decoder = (_conv if arch == "conv" else _mlp)(image, latent)
    pixels = math.prod(image)

    class Vae(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = encoder, decoder
            self.noise = keras.random.SeedGenerator(0)

        def call(self, x):
            x = ops.cast(x, "float32") / 255
            mu, logvar = ops.split(self.encoder(x), 2, axis=1)
            noise = keras.random.normal(ops.shape(mu), seed=self.noise)
            mean = self.decoder(mu + ops.exp(logvar / 2) * noise)
            error = ops.sum(ops.square(mean - x), axis=(1, 2, 3))
            sigma2 = ops.maximum(ops.mean(ops.stop_gradient(error)) / pixels, SIGMA2_FLOOR)
            kl = ops.mean(ops.sum(ops.square(mu) + ops.exp(logvar) - 1 - logvar, axis=1)) / 2
            self.add_loss(ops.mean(error / (2 * sigma2)) + pixels / 2 * ops.log(2 * math.pi * sigma2) + kl)
            return mean

    model = Vae()
    model.compile(keras.optimizers.Adam(1e-3))
    return model


def _conv(image, latent):
    import keras
    from keras import layers

    side = image[0] // 2 ** len(WIDTHS)
    encoder = keras.Sequential([keras.Input(image)])
    for width in WIDTHS:
        encoder.add(layers.Conv2D(width, 4, 2, "same"))
        encoder.add(layers.GroupNormalization(8, epsilon=1e-5))
        encoder.add(layers.Activation("silu"))
    encoder.add(layers.Flatten())
    encoder.add(layers.Dense(2 * latent))
    decoder = keras.Sequential([keras.Input((latent,)), layers.Dense(WIDTHS[-1] * side * side)])
    decoder.add(layers.Reshape((side, side, WIDTHS[-1])))
    decoder.add(layers.GroupNormalization(8, epsilon=1e-5))
    decoder.add(layers.Activation("silu"))
    for width in reversed(WIDTHS[:-1]):
        decoder.add(layers.UpSampling2D())
        decoder.add(layers.Conv2D(width, 3, 1, "same"))
        decoder.add(layers.GroupNormalization(8, epsilon=1e-5))
        decoder.add(layers.Activation("silu"))
    decoder.add(layers.UpSampling2D())
    decoder.add(layers.Conv2D(image[2], 3, 1, "same", activation="sigmoid"))
    return encoder, decoder


def _mlp(image, latent):
    import keras
    from keras import layers

    encoder = keras.Sequential([keras.Input(image), layers.Flatten(), layers.Dense(HIDDEN, "silu")])
    encoder.add(layers.Dense(2 * latent))
    decoder = keras.Sequential([keras.Input((latent,)), layers.Dense(HIDDEN, "silu")])
    decoder.add(layers.Dense(math.prod(image), "sigmoid"))
    decoder.add(layers.Reshape(image))
    return encoder, decoder
