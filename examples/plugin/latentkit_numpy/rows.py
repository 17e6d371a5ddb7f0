"""Forward and backward pass of each kind of row, on (N, C, H, W) or (N, F) float32.

The function of a row returns its output, and a function from the gradient of the output to the gradient of the input,
which also adds the gradients of the weights to `gradients`.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from latentkit.architecture import NORM_EPSILON, Layer, Shape, Weights

Array = NDArray[np.float32]
Back = Callable[[Array], Array]


def apply(
    half: str, rows: Iterable[Layer], shapes: list[Shape], weights: Weights, gradients: Weights, x: Array
) -> tuple[Array, Back]:
    """Apply the rows one after another; return the output and the backward function."""
    backs: list[Back] = []
    for row, after in zip(rows, shapes[1:], strict=True):
        x, back = _row(row, after, f"{half}.{row.name}", weights, gradients, x)
        backs.append(back)

    def all_back(g: Array) -> Array:
        for back in reversed(backs):
            g = back(g)
        return g

    return x, all_back


def _row(
    row: Layer, after: Shape, name: str, weights: Weights, gradients: Weights, x: Array
) -> tuple[Array, Back]:
    match row.kind:
        case "conv":
            return _convolution(name, weights, gradients, x, stride=2)
        case "upconv":
            out, back = _convolution(name, weights, gradients, x.repeat(2, axis=2).repeat(2, axis=3))
            n, channels, height, width = x.shape
            return out, lambda g: back(g).reshape(n, channels, height, 2, width, 2).sum(axis=(3, 5))
        case "dense":
            return _dense(name, weights, gradients, x)
        case "norm":
            return _norm(name, row.size, weights, gradients, x)
        case "silu":
            return _silu(x)
        case "flatten" | "unflatten":
            return x.reshape(-1, *after), lambda g: g.reshape(x.shape)
        case "residual":
            return _residual(name, row.size, weights, gradients, x)


def _dense(name: str, weights: Weights, gradients: Weights, x: Array) -> tuple[Array, Back]:
    weight = weights[f"{name}.weight"]

    def back(g: Array) -> Array:
        gradients[f"{name}.weight"] += g.T @ x
        gradients[f"{name}.bias"] += g.sum(axis=0)
        return g @ weight

    return x @ weight.T + weights[f"{name}.bias"], back


def _convolution(
    name: str, weights: Weights, gradients: Weights, x: Array, stride: int = 1
) -> tuple[Array, Back]:
    """Convolve with one pixel of zero padding, as a product of matrices: its rows are the windows of an image."""
    weight = weights[f"{name}.weight"]
    out_channels, in_channels, size, _ = weight.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    n, _, height, width = windows.shape[:4]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, -1)
    matrix = weight.reshape(out_channels, -1)
    out = (
        (columns @ matrix.T + weights[f"{name}.bias"])
        .reshape(n, height, width, out_channels)
        .transpose(0, 3, 1, 2)
    )

    def back(g: Array) -> Array:
        rows = g.transpose(0, 2, 3, 1).reshape(-1, out_channels)
        gradients[f"{name}.weight"] += (rows.T @ columns).reshape(weight.shape)
        gradients[f"{name}.bias"] += rows.sum(axis=0)
        spread = (rows @ matrix).reshape(n, height, width, in_channels, size, size)
        gathered = np.zeros_like(padded)
        for down in range(size):
            for across in range(size):
                here = gathered[
                    :, :, down : down + stride * height : stride, across : across + stride * width : stride
                ]
                here += spread[:, :, :, :, down, across].transpose(0, 3, 1, 2)
        return gathered[:, :, 1:-1, 1:-1]

    return out, back


def _norm(name: str, groups: int, weights: Weights, gradients: Weights, x: Array) -> tuple[Array, Back]:
    grouped = x.reshape(len(x), groups, -1)
    centered = grouped - grouped.mean(axis=2, keepdims=True)
    inverse = 1 / np.sqrt((centered**2).mean(axis=2, keepdims=True) + np.float32(NORM_EPSILON))
    unit = centered * inverse
    normed = unit.reshape(x.shape)
    scale = weights[f"{name}.weight"][:, None, None]

    def back(g: Array) -> Array:
        gradients[f"{name}.weight"] += (g * normed).sum(axis=(0, 2, 3))
        gradients[f"{name}.bias"] += g.sum(axis=(0, 2, 3))
        inner = (g * scale).reshape(unit.shape)
        along = (inner * unit).mean(axis=2, keepdims=True)
        return ((inner - inner.mean(axis=2, keepdims=True) - unit * along) * inverse).reshape(x.shape)

    return normed * scale + weights[f"{name}.bias"][:, None, None], back


def _silu(x: Array) -> tuple[Array, Back]:
    gate = sigmoid(x)
    return x * gate, lambda g: g * gate * (1 + x * (1 - gate))


def _residual(name: str, groups: int, weights: Weights, gradients: Weights, x: Array) -> tuple[Array, Back]:
    out, backs = x, []
    for half in ("1", "2"):
        out, back = _norm(f"{name}.norm{half}", groups, weights, gradients, out)
        backs.append(back)
        out, back = _silu(out)
        backs.append(back)
        out, back = _convolution(f"{name}.conv{half}", weights, gradients, out)
        backs.append(back)

    def all_back(g: Array) -> Array:
        inner = g
        for back in reversed(backs):
            inner = back(inner)
        return g + inner

    return x + out, all_back


def sigmoid(x: Array) -> Array:
    """Return the logistic function of x; it never overflows."""
    return np.exp(-np.logaddexp(np.float32(0), -x))
