"""What is known of a training, whoever told it: every source is turned into this, and every rule reads only this.

Nothing here depends on what was summed or averaged, where that is known (`exact`):

    D       height * width * channels: the numbers in an image
    mse     squared error per number, pixels in 0..1
    r2      1 - mse / variance of the pixels around the mean image; 0 predicts that image
    kl      nats per image, summed over the latent dimensions
    loss    nats per image; a log made elsewhere tells its own, whatever that is

A figure that was not told is absent; one that is not a number is NaN or infinite, and says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Code",
    "Data",
    "Pictures",
    "Posterior",
    "Quantities",
    "Row",
    "Side",
    "Space",
    "Split",
]

Side = Literal["train", "validation"]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Row:
    """The figures at one place of a history."""

    place: str
    """In words: "epoch 2", "step 300"."""
    train: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)
    beta: float | None = None

    def side(self, side: Side) -> Mapping[str, float]:
        """The figures of one side."""
        return self.train if side == "train" else self.validation


@dataclass(frozen=True)
class Split:
    """What was trained on and what was held out: how many images, of which classes, and how many on both sides."""

    train: int
    validation: int
    shared: int = 0
    train_classes: Mapping[str, int] = field(default_factory=dict)
    validation_classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Posterior:
    """q(z | x) over a set of images, each array (D,)."""

    kl_per_dim: Floats
    """Mean over images, nats."""
    variance: Floats | None = None
    """Of mu; a dimension is active above 0.01 (Burda et al. 2016)."""
    sigma: Floats | None = None
    """Median over images."""
    again: Floats | None = None
    """Root mean square difference between two embeddings of the same images, in units of sigma."""


@dataclass(frozen=True)
class Space:
    """Latents of at most a few thousand images, to be looked at."""

    mu: Floats
    """(n, D)"""
    labels: NDArray[np.str_] | None = None
    """(n,) where every image has one and there are at least two."""
    baseline: Floats | None = None
    projections: Mapping[str, Floats] = field(default_factory=dict)
    seeds: Mapping[str, Any] = field(default_factory=dict)
    """Of the projections; None where it was not recorded."""


class Pictures(NamedTuple):
    """Images x beside their reconstructions y, in the units they came in."""

    images: int
    low: float
    high: float
    """Range of x."""
    out_low: float
    out_high: float
    """Range of y."""
    clipped: float
    """Share of the numbers of x that lie beyond all of y while y stands at its bound there."""
    sharpness: float
    """Variance of the Laplacian, y / x."""
    spread: float
    """Variance between images, y / x."""
    r2: float | None
    eval_gap: float | None = None
    """Squared error of the same images in inference mode / in training mode."""


@dataclass(frozen=True)
class Data:
    """What scan found in the files."""

    images: int
    faults: Mapping[str, Sequence[str]]
    """Kind to paths."""
    duplicates: Sequence[Sequence[str]] = ()
    near_duplicates: Sequence[Sequence[str]] = ()
    modes: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    confounds: Sequence[tuple[str, float, float, float]] = ()
    """(feature, balanced accuracy, its lower bound, that of one constant answer) of those that predict the class."""


@dataclass(frozen=True)
class Code:
    """What lines of code, pasted along with a log, say about validation."""

    next_batch: str | None = None
    """The piece of code that hands over one batch."""
    validation_steps: int | None = None
    validation_split: float | None = None


@dataclass(frozen=True)
class Quantities:
    """Everything there is to judge."""

    source: str
    """In words: "a Keras progress log, 2 epochs"."""
    rows: tuple[Row, ...] = ()
    exact: bool = False
    """Whether the conventions are those above; else they are a log's own, and unknown."""
    columns: tuple[tuple[str, str], ...] = ()
    """What the names in a log were taken for."""
    unread: tuple[str, ...] = ()
    """What was not understood."""
    accuracies: Mapping[str, float] = field(default_factory=dict)
    """Columns called accuracy, and their last values."""
    silhouettes: tuple[str, ...] = ()
    bernoulli_columns: tuple[str, ...] = ()
    """Columns called after binary cross-entropy."""
    steps: int | None = None
    """In an epoch."""
    finished: bool = True
    stopped: bool = False
    """Whether a figure that was not finite ended it."""
    pixels: int | None = None
    unit_range: bool | None = None
    """Whether pixels are known to be within 0..1."""
    batch_norm: bool | None = None
    likelihood: str | None = None
    beta: float | None = None
    latent: int | None = None
    split: Split | None = None
    code: Code | None = None
    posterior: Posterior | None = None
    space: Space | None = None
    pictures: Pictures | None = None
    clusters: tuple[int, ...] | None = None
    """Sizes."""
    data: Data | None = None

    def series(self, side: Side, name: str) -> list[tuple[str, float]]:
        """(place, value) of a figure wherever it was told, NaN and infinities included."""
        return [(row.place, row.side(side)[name]) for row in self.rows if name in row.side(side)]

    def last(self, side: Side, name: str) -> float | None:
        """The last finite value of a figure."""
        finite = [value for _, value in self.series(side, name) if math.isfinite(value)]
        return finite[-1] if finite else None

    def pairs(self, name: str) -> list[tuple[str, float, float]]:
        """(place, training, validation) wherever both were told and both are finite and positive."""
        return [
            (row.place, row.train[name], row.validation[name])
            for row in self.rows
            if name in row.train
            and name in row.validation
            and all(0 < side[name] < math.inf for side in (row.train, row.validation))
        ]
