"""Checks of each kind of row, alone wherever possible, or else next to the simplest other rows."""

import numpy as np
from numpy.typing import NDArray

from latentkit import objective as objectives
from latentkit.architecture import Architecture
from latentkit.protocol import Backend
from latentkit.testing import reference
from latentkit.testing.subject import (
    batch_for,
    build,
    close,
    network,
    require,
    rows,
    state_of,
    vector_network,
    weights_in,
)

__all__ = [
    "check_conv",
    "check_dense",
    "check_flatten",
    "check_logvar_is_clamped",
    "check_norm",
    "check_residual",
    "check_silu",
    "check_unflatten",
    "check_upconv",
]

Images = NDArray[np.uint8]
Latents = NDArray[np.float32]


def _check_encoder(backend: Backend, architecture: Architecture, *, images: Images | None = None) -> None:
    """Require that the posterior equals that of the reference."""
    images = batch_for(architecture).images if images is None else images
    mu, logvar = reference.encode(architecture, weights_in(state_of(architecture)), images)
    posterior = build(backend, architecture).encode(images)
    close("encode: mu", posterior.mu, mu, relative=1e-3, absolute=1e-4)
    close("encode: logvar", posterior.logvar, logvar, relative=1e-3, absolute=1e-4)


def _check_decoder(backend: Backend, architecture: Architecture, latents: Latents | None = None) -> None:
    """Require that the decoded means equal those of the reference."""
    latents = batch_for(architecture).noise if latents is None else latents
    expected = reference.decode(architecture, weights_in(state_of(architecture)), latents)
    close("decode", build(backend, architecture).decode(latents), expected)


def check_conv(backend: Backend) -> None:
    """conv is a 4x4 convolution with stride 2 and one pixel of zero padding."""
    encoder = rows(("conv", 3), ("conv", 4), ("flatten", 0))
    _check_encoder(
        backend, network((4, 4, 2), 2, encoder, rows(("unflatten", 2), ("upconv", 2), ("upconv", 2)))
    )


def check_upconv(backend: Backend) -> None:
    """upconv doubles by nearest neighbor, then is a 3x3 convolution with one pixel of zero padding."""
    decoder = rows(("unflatten", 3), ("upconv", 4), ("upconv", 2))
    _check_decoder(backend, network((4, 4, 2), 3, rows(("conv", 4), ("conv", 6), ("flatten", 0)), decoder))


def check_dense(backend: Backend) -> None:
    """dense is x W' + b, with weights of shape (out, in)."""
    _check_encoder(backend, vector_network())
    _check_decoder(backend, vector_network())


def check_norm(backend: Backend) -> None:
    """norm is GroupNorm with epsilon 1e-5, then a scale and a shift per channel."""
    encoder = rows(("norm", 2), ("conv", 4), ("flatten", 0))
    architecture = network((2, 2, 4), 2, encoder, rows(("unflatten", 2), ("upconv", 4)))
    images = batch_for(architecture).images // 64 + 100  # a small variance, so that epsilon matters
    _check_encoder(backend, architecture, images=images)


def check_silu(backend: Backend) -> None:
    """silu is x * sigmoid(x), for both signs."""
    decoder = rows(("silu", 0), ("unflatten", 3))
    architecture = network((1, 1, 3), 3, rows(("flatten", 0), ("dense", 6)), decoder)
    _check_decoder(backend, architecture, np.linspace(-6, 6, 30, dtype=np.float32).reshape(10, 3))


def check_flatten(backend: Backend) -> None:
    """flatten keeps the order channel, row, column."""
    decoder = rows(("dense", 12), ("unflatten", 3))
    _check_encoder(backend, network((2, 2, 3), 6, rows(("flatten", 0)), decoder))


def check_unflatten(backend: Backend) -> None:
    """unflatten makes channels of square images, in the order channel, row, column."""
    encoder = rows(("conv", 24), ("flatten", 0))
    _check_decoder(backend, network((2, 2, 3), 12, encoder, rows(("unflatten", 3))))


def check_residual(backend: Backend) -> None:
    """residual is x + conv2(silu(norm2(conv1(silu(norm1(x))))))."""
    encoder = rows(("residual", 2), ("conv", 4), ("flatten", 0))
    _check_encoder(backend, network((2, 2, 4), 2, encoder, rows(("unflatten", 2), ("upconv", 4))))


def check_logvar_is_clamped(backend: Backend) -> None:
    """encode and evaluate clamp logvar to the bounds of the objective."""
    architecture, bounds = vector_network(), objectives.LOGVAR
    model, batch = build(backend, architecture, scale=1000), batch_for(architecture, 8)
    for where, logvar in (
        ("encode", model.encode(batch.images).logvar),
        ("evaluate", model.evaluate(batch).logvar),
    ):
        lowest, highest = float(logvar.min()), float(logvar.max())
        require(
            (lowest, highest) == bounds, f"{where}: logvar ranges from {lowest} to {highest}, not {bounds}"
        )
