"""Networks as rows of layers, the shapes between them, and their initial weights. NumPy only.

A run stores rows, so that an old run never depends on today's recipes. A new family of
networks is a new recipe and touches no backend; a new *kind* changes the reference, every backend
and the API.

The kinds, on one image of shape (C, H, W) or a vector of shape (F,):

    conv       4x4, stride 2, one pixel of zeros around: (C, H, W) to (size, H/2, W/2); even H and W
    upconv     nearest-neighbor x2, then 3x3 with one pixel of zeros around: to (size, 2H, 2W)
    dense      (F,) to (size,)
    norm       GroupNorm with `size` groups, epsilon 1e-5, a scale and a shift per channel
    silu       x * sigmoid(x)
    flatten    (C, H, W) to (C*H*W,), in that order
    unflatten  (F,) to (size, S, S), S = sqrt(F / size)
    residual   x + conv2(silu(norm2(conv1(silu(norm1(x)))))), 3x3 stride 1 convolutions that keep
               the shape, norms of `size` groups; weights NAME.norm1, NAME.conv1, NAME.norm2, NAME.conv2

The encoder ends in (2 * latent,): mu, then logvar. The decoder begins with (latent,) and ends in
(C, H, W) logits, of which the decoded mean is the sigmoid, for every likelihood.

Weights are named "encoder.NAME.weight" and "encoder.NAME.bias", and laid out as PyTorch does:
convolutions (out, in, kh, kw), dense (out, in).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from latentkit.choices import Arch
from latentkit.errors import ArchitectureError
from latentkit.randomness import generator

__all__ = [
    "NORM_EPSILON",
    "RECIPES",
    "Architecture",
    "Kind",
    "Layer",
    "Shape",
    "Weights",
    "conv",
    "initial_weights",
    "mlp",
    "parameters",
    "resnet",
    "shapes",
]

Kind = Literal["conv", "upconv", "dense", "norm", "silu", "flatten", "unflatten", "residual"]
Shape = tuple[int, ...]
Weights = dict[str, NDArray[np.float32]]
"""Canonical names to C-contiguous arrays in the canonical layout."""

NORM_EPSILON = 1e-5

WIDEST = 8
"""A recipe doubles the channels each time it halves the image, up to this many times its width."""


class Layer(NamedTuple):
    """One row: its kind, the name of its weights, and its size (see the module)."""

    kind: Kind
    name: str
    size: int = 0


@dataclass(frozen=True)
class Architecture:
    """The encoder and the decoder, made by a recipe or read from a run. The shapes are checked on creation."""

    image: tuple[int, int, int]
    """(H, W, C)"""
    latent: int
    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]

    def __post_init__(self) -> None:
        height, width, channels = self.image
        names = [row.name for row in (*self.encoder, *self.decoder)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ArchitectureError(f"two rows have the name {twice!r}; give each row a unique name")
        for half, rows, start, end in (
            ("encoder", self.encoder, (channels, height, width), (2 * self.latent,)),
            ("decoder", self.decoder, (self.latent,), (channels, height, width)),
        ):
            reached = shapes(rows, start)[-1]
            if reached != end:
                raise ArchitectureError(
                    f"the {half} ends in shape {reached}, but must end in {end}; change its last row"
                )

    @property
    def pixels(self) -> int:
        """The number of values in one image: height * width * channels."""
        return math.prod(self.image)

    def to_json(self) -> dict[str, Any]:
        """Return what run.json stores."""
        return {
            "image": list(self.image),
            "latent": self.latent,
            "encoder": [list(row) for row in self.encoder],
            "decoder": [list(row) for row in self.decoder],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Architecture":
        """Return the network that run.json stores; raises ArchitectureError if it is not valid."""
        try:
            height, width, channels = (int(side) for side in stored["image"])
            encoder, decoder = (
                tuple(Layer(kind, str(name), int(size)) for kind, name, size in stored[half])
                for half in ("encoder", "decoder")
            )
            latent = int(stored["latent"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArchitectureError(
                f"the stored architecture is not valid ({error!r}); train the run again"
            ) from None
        return cls((height, width, channels), latent, encoder, decoder)


def shapes(rows: Iterable[Layer], start: Shape) -> list[Shape]:
    """Return the shape before the first row and after each row; raises ArchitectureError naming a row that does not fit."""
    reached = [start]
    for row in rows:
        reached.append(_shape_after(row, reached[-1]))
    return reached


def _shape_after(row: Layer, shape: Shape) -> Shape:
    where = f"row {row.name!r} ({row.kind}, size {row.size}) after shape {shape}"
    if row.kind not in get_args(Kind):
        raise ArchitectureError(f"{where}: unknown kind; the kinds are {', '.join(get_args(Kind))}")
    vector = row.kind in ("dense", "unflatten")
    if row.kind != "silu" and vector != (len(shape) == 1):
        raise ArchitectureError(
            f"{where}: its input must be {'a vector (F,)' if vector else 'an image (C, H, W)'}"
        )
    if row.kind not in ("silu", "flatten") and row.size < 1:
        raise ArchitectureError(f"{where}: the size must be at least 1")
    match row.kind:
        case "conv":
            if shape[1] % 2 or shape[2] % 2:
                raise ArchitectureError(
                    f"{where}: a convolution can only halve even sides; choose an even --size"
                )
            return (row.size, shape[1] // 2, shape[2] // 2)
        case "upconv":
            return (row.size, shape[1] * 2, shape[2] * 2)
        case "dense":
            return (row.size,)
        case "norm" | "residual":
            if shape[0] % row.size:
                raise ArchitectureError(
                    f"{where}: {shape[0]} channels cannot be divided into {row.size} groups"
                )
            return shape
        case "silu":
            return shape
        case "flatten":
            return (math.prod(shape),)
        case "unflatten":
            side = math.isqrt(shape[0] // row.size)
            if row.size * side * side != shape[0]:
                raise ArchitectureError(f"{where}: {shape[0]} values do not make {row.size} square channels")
            return (row.size, side, side)


def parameters(architecture: Architecture) -> dict[str, Shape]:
    """Return the canonical name and shape of every weight, in the order of the rows."""
    height, width, channels = architecture.image
    return {
        f"{half}.{name}": shape
        for half, rows, start in (
            ("encoder", architecture.encoder, (channels, height, width)),
            ("decoder", architecture.decoder, (architecture.latent,)),
        )
        for row, before in zip(rows, shapes(rows, start), strict=False)
        for name, shape in _row_parameters(row, before)
    }


def _row_parameters(row: Layer, before: Shape) -> Iterator[tuple[str, Shape]]:
    kernels: dict[str, Shape] = {}
    match row.kind:
        case "conv":
            kernels = {row.name: (row.size, before[0], 4, 4)}
        case "upconv":
            kernels = {row.name: (row.size, before[0], 3, 3)}
        case "dense":
            kernels = {row.name: (row.size, before[0])}
        case "norm":
            kernels = {row.name: (before[0],)}
        case "residual":
            square = (before[0], before[0], 3, 3)
            kernels = {f"{row.name}.norm1": before[:1], f"{row.name}.conv1": square}
            kernels |= {f"{row.name}.norm2": before[:1], f"{row.name}.conv2": square}
        case "silu" | "flatten" | "unflatten":
            pass
    for name, shape in kernels.items():
        yield f"{name}.weight", shape
        yield f"{name}.bias", shape[:1]


def initial_weights(architecture: Architecture, seed: int) -> Weights:
    """Return initial weights: variance 1 / fan-in (LeCun et al. 1998), biases 0, norms 1 and 0.

    The second convolution of a residual starts at zero, so that a residual starts as the identity (Goyal et al. 2017).
    Each weight has its own random stream, so that adding a row does not change the weights of the others.
    """
    weights: Weights = {}
    for name, shape in parameters(architecture).items():
        if name.endswith(".bias") or name.endswith(".conv2.weight"):
            value = np.zeros(shape, np.float32)
        elif len(shape) == 1:
            value = np.ones(shape, np.float32)
        else:
            deviation = 1 / math.sqrt(math.prod(shape[1:]))
            normal = generator(seed, f"weights/{name}").standard_normal(shape, np.float32)
            value = normal * np.float32(deviation)
        weights[name] = value
    return weights


def conv(image: tuple[int, int, int], latent: int, width: int = 16) -> Architecture:
    """Return a network of convolutions that halve the image and double the channels until a side is odd or at most 4."""
    return _convolutional(image, latent, width, residual=False)


def resnet(image: tuple[int, int, int], latent: int, width: int = 16) -> Architecture:
    """Return the network of `conv` with a residual block at every resolution below that of the image."""
    return _convolutional(image, latent, width, residual=True)


def mlp(image: tuple[int, int, int], latent: int, width: int = 512) -> Architecture:
    """Return a network with one hidden layer of `width` in the encoder and in the decoder."""
    channels = image[2]
    return Architecture(
        image,
        latent,
        (
            Layer("flatten", "pixels"),
            Layer("dense", "hidden", width),
            Layer("silu", "hidden.silu"),
            Layer("dense", "posterior", 2 * latent),
        ),
        (
            Layer("dense", "expand", width),
            Layer("silu", "expand.silu"),
            Layer("dense", "logits", math.prod(image)),
            Layer("unflatten", "image", channels),
        ),
    )


RECIPES: Mapping[Arch, Callable[..., Architecture]] = {"conv": conv, "mlp": mlp, "resnet": resnet}
"""The recipes by name: recipe(image, latent[, width])."""


def _convolutional(image: tuple[int, int, int], latent: int, width: int, *, residual: bool) -> Architecture:
    height, across, channels = image
    if height != across or height % 2:
        raise ArchitectureError(
            f"convolutions cannot halve images of {height}x{across} pixels; choose an even --size (28, 32, 64, 128), or --arch mlp"
        )
    side = height
    widths: list[int] = []
    while side % 2 == 0 and side > 4:
        widths.append(min(width * 2 ** len(widths), width * WIDEST))
        side //= 2
    widths = widths or [width]
    side = height >> len(widths)

    def block(kind: Kind, place: str, size: int) -> list[Layer]:
        groups = math.gcd(size, 8)
        rows = [
            Layer(kind, place, size),
            Layer("norm", f"{place}.norm", groups),
            Layer("silu", f"{place}.silu"),
        ]
        return [*rows, Layer("residual", f"{place}.residual", groups)] if residual else rows

    encoder = [row for k, size in enumerate(widths) for row in block("conv", f"down{k + 1}", size)]
    encoder += [Layer("flatten", "features"), Layer("dense", "posterior", 2 * latent)]
    decoder = [Layer("dense", "expand", widths[-1] * side * side), Layer("unflatten", "seed", widths[-1])]
    decoder += [Layer("norm", "seed.norm", math.gcd(widths[-1], 8)), Layer("silu", "seed.silu")]
    for k in range(len(widths) - 1, 0, -1):
        decoder += block("upconv", f"up{k}", widths[k - 1])
    decoder.append(Layer("upconv", "logits", channels))
    return Architecture(image, latent, tuple(encoder), tuple(decoder))
