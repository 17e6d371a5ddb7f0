"""Facts about a training: every source is converted to `Facts`, and rules read nothing else.

Where the conventions are known (`exact`), no value depends on what was summed or averaged:

    D       height * width * channels: the number of values in an image
    mse     squared error per value, with pixels in 0..1
    r2      1 - mse / variance of the pixels around the mean image; 0 for predicting that image
    kl      nats per image, summed over the latent dimensions
    loss    nats per image; a log from elsewhere follows a convention of its own

A metric that was not logged is absent. NaN and infinity are kept.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.stats import Accuracy

__all__ = [
    "SETTLED",
    "Facts",
    "Framework",
    "HistoryRow",
    "ImageFiles",
    "LatentSpace",
    "PastedCode",
    "PosteriorStatistics",
    "ReconstructionQuality",
    "Side",
    "Split",
]

SETTLED = 3
"""Validations to wait for before a training that is still running is judged, or any is called healthy."""
Side = Literal["train", "validation"]
Framework = Literal["keras", "pytorch"]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class HistoryRow:
    """The metrics at one point of a history."""

    place: str
    """For a person: "epoch 2", "step 300"."""
    train: Mapping[str, float] = field(default_factory=dict)
    validation: Mapping[str, float] = field(default_factory=dict)
    beta: float | None = None
    outputs: Mapping[str, float] = field(default_factory=dict)
    """Losses of the parts of a model with several outputs, by the name in the log."""

    def side(self, side: Side) -> Mapping[str, float]:
        """Return the metrics of one side."""
        return self.train if side == "train" else self.validation


@dataclass(frozen=True)
class Split:
    """Numbers of training and validation images, in all, by class, and on both sides."""

    train: int
    validation: int
    shared: int = 0
    train_classes: Mapping[str, int] = field(default_factory=dict)
    validation_classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PosteriorStatistics:
    """Statistics of q(z | x) over a set of images; each array has shape (D,)."""

    kl_per_dim: Floats
    """Mean over images, in nats."""
    mu_variance: Floats | None = None
    """Variance of mu over images; see `stats.active_units`."""
    sigma: Floats | None = None
    """Median over images."""
    repeat_distance: Floats | None = None
    """Root mean square difference between two embeddings of the same images, in units of sigma."""


@dataclass(frozen=True)
class LatentSpace:
    """Latents of a few thousand images at most, and what was measured on all of them."""

    mu: Floats
    """(n, D)"""
    labels: NDArray[np.str_] | None = None
    """(n,) if every image has one and there are at least two classes."""
    baseline: Floats | None = None
    """(n, D') PCA of the pixels."""
    projections: Mapping[str, Floats] = field(default_factory=dict)
    seeds: Mapping[str, Any] = field(default_factory=dict)
    """Random seed of each projection; None if it was not recorded."""
    classes: int = 0
    """Number of classes of all images."""
    neighbors: Accuracy | None = None
    """Score of the 15 nearest neighbors over all labeled images, as in the report; None with too few of them."""
    baseline_neighbors: Accuracy | None = None
    """Score in PCA of the pixels."""


class ReconstructionQuality(NamedTuple):
    """Images x compared with their reconstructions y, in the units of the source."""

    images: int
    image_low: float
    image_high: float
    """Range of x."""
    output_low: float
    output_high: float
    """Range of y."""
    clipped: float
    """Share of the values of x that lie beyond all of y while y is at its own bound."""
    sharpness: float
    """Variance of the Laplacian, y / x."""
    spread: float
    """Variance between images, y / x."""
    r2: float | None
    eval_gap: float | None = None
    """Squared error of the same images in inference mode / in training mode."""


@dataclass(frozen=True)
class ImageFiles:
    """Results of a scan that rules judge."""

    images: int
    faults: Mapping[str, Sequence[str]]
    """Kind of fault to paths."""
    duplicates: Sequence[Sequence[str]] = ()
    near_duplicates: Sequence[Sequence[str]] = ()
    modes: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    confounds: Sequence[tuple[str, float, float, float]] = ()
    """(feature, balanced accuracy, its lower bound, accuracy of a constant answer) of each feature that
    predicts the class."""


@dataclass(frozen=True)
class PastedCode:
    """Validation arguments found in code that was pasted with a log."""

    next_batch: str | None = None
    """The piece of code that passes a single batch."""
    validation_steps: int | None = None
    validation_split: float | None = None


@dataclass(frozen=True)
class Facts:
    """Everything that a rule may look at."""

    source: str
    """For a person: "a Keras progress log, 2 epochs"."""
    rows: tuple[HistoryRow, ...] = ()
    exact: bool = False
    """True if the conventions above hold; otherwise those of the log are unknown."""
    run: str | None = None
    """The folder, if the source is a latentkit run."""
    framework: Framework | None = None
    """The framework that wrote the log; None if its format does not tell."""
    unvalidated: str | None = None
    """Why the log has no validation metrics although it has columns for them."""
    names: Mapping[tuple[Side, str], str] = field(default_factory=dict)
    """The name in the log of each metric."""
    columns: tuple[tuple[str, str], ...] = ()
    """(name, meaning) of the columns of a log that were used."""
    unread: tuple[str, ...] = ()
    """Notes on what was ignored or changed while reading."""
    accuracies: Mapping[str, float] = field(default_factory=dict)
    """Last value of each column named accuracy."""
    silhouettes: tuple[str, ...] = ()
    """Columns named silhouette."""
    bernoulli_columns: tuple[str, ...] = ()
    """Columns named after binary cross-entropy."""
    score_columns: tuple[str, ...] = ()
    """Columns named after a score whose loss may be negative, such as Dice."""
    steps: int | None = None
    """Steps per epoch."""
    finished: bool = True
    stopped: bool = False
    """True if a NaN or an infinity ended the training."""
    pixels: int | None = None
    """D, if known."""
    unit_range: bool | None = None
    """True if pixels are known to be within 0..1."""
    batch_norm: bool | None = None
    likelihood: str | None = None
    beta: float | None = None
    """Target weight of the KL."""
    lr: float | None = None
    """Learning rate at the start."""
    latent: int | None = None
    """Number of latent dimensions."""
    split: Split | None = None
    code: PastedCode | None = None
    posterior: PosteriorStatistics | None = None
    space: LatentSpace | None = None
    reconstructions: ReconstructionQuality | None = None
    clusters: tuple[int, ...] | None = None
    """Cluster sizes."""
    files: ImageFiles | None = None

    @property
    def too_early(self) -> str | None:
        """The reason why this training cannot be called healthy yet; None if there is none, or it is no training."""
        count = len(self.rows)
        if count >= SETTLED or not (self.rows or self.exact):
            return None
        unit = "validation" if self.exact or any(row.validation for row in self.rows) else "logged row"
        return f"{count} {unit}{'' if count == 1 else 's'}, and at least {SETTLED} are needed"

    def series(self, side: Side, name: str) -> list[tuple[str, float]]:
        """Return (place, value) wherever a metric was logged, NaN and infinity included."""
        return [(row.place, row.side(side)[name]) for row in self.rows if name in row.side(side)]

    def last(self, side: Side, name: str) -> float | None:
        """Return the last finite value of a metric."""
        finite = [value for _, value in self.series(side, name) if math.isfinite(value)]
        return finite[-1] if finite else None

    def pairs(self, name: str) -> list[tuple[str, float, float]]:
        """Return (place, training value, validation value) wherever both are finite and positive.

        Where the sides are logged at different steps, a validation value is paired with the last training value before.
        """
        pairs = []
        last = math.nan
        for row in self.rows:
            last = row.train.get(name, last)
            validation = row.validation.get(name, math.nan)
            if 0 < last < math.inf and 0 < validation < math.inf:
                pairs.append((row.place, last, validation))
        return pairs
