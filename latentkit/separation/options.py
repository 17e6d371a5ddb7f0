"""What a caller may ask of a report, and how many rows stand for all where all are too many."""

from dataclasses import dataclass, field

import numpy as np

from latentkit.separation.thresholds import Thresholds

EXACT = 20_000  # up to here every row counts everywhere
# Rows sampled beyond it, by the name the caveat gives them.
SAMPLED = {
    "15-NN queries": 4000,
    "the fit of the probe": 20_000,
    "euclidean silhouette": 2000,
    "GDV": 10_000,
    "clustering": EXACT,
}


@dataclass(frozen=True)
class Options:
    """on: "latents", or "projection" (the latest), or a projection's method. clusters: None lets the classes or BIC choose."""

    on: str = "latents"
    clusters: int | None = None
    seed: int = 0
    limits: Thresholds = field(default_factory=Thresholds)

    def rng(self, stage: int) -> np.random.Generator:
        """Randomness of one stage: a function of the seed and the stage, never of what ran before."""
        return np.random.default_rng([self.seed, stage])
