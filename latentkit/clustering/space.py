"""The coordinates that clustering happens in: live dimensions, or leading principal components, on one scale.

Dimensions are never scaled one by one: dead ones would count as much as live ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.projection import dead_dimensions, pca

__all__ = ["Space", "space_of"]


@dataclass(frozen=True)
class Space:
    """x = (mu[columns] - mean) @ components' / scale; mean (F,), components (d, F), or the identity if absent."""

    columns: NDArray[np.intp]
    mean: NDArray[np.float64]
    scale: float
    components: NDArray[np.float64] | None = None

    def of(self, mu: NDArray[np.floating]) -> NDArray[np.float64]:
        """mu (N, features) in these coordinates, (N, d) float64."""
        centred = np.asarray(mu[:, self.columns], np.float64) - self.mean
        return (centred if self.components is None else centred @ self.components.T) / self.scale

    @property
    def dims(self) -> int:
        """How many coordinates there are."""
        return len(self.columns) if self.components is None else len(self.components)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What a file keeps of it."""
        kept = {"columns": self.columns, "mean": self.mean, "scale": np.array(self.scale)}
        return kept if self.components is None else {**kept, "components": self.components}


def space_of(mu: NDArray[np.floating], dims: int | None, *, unit_prior: bool) -> Space:
    """The live dimensions of mu (N, D) if dims is None, else its first dims principal components.

    Raises SeparationError if there are no live ones, or fewer than dims, or the rows are all equal.
    """
    axes = pca.principal_axes(mu)
    features = mu.shape[1]
    if not axes.variance.sum() > 0:
        raise SeparationError(
            f"all {len(mu)} rows of mu are equal, so there are no clusters: ask `latentkit diagnose` about the run"
        )
    scale = float(np.sqrt(axes.variance[0]))
    if dims is not None:
        if dims > len(axes.components):
            raise SeparationError(
                f"{len(mu)} images of {features} dimensions have {len(axes.components)} principal components, not {dims}: "
                "choose a smaller --dims"
            )
        return Space(np.arange(features), axes.mean, scale, axes.components[:dims])
    live = np.setdiff1d(np.arange(features), dead_dimensions(axes.dimension_variance, unit_prior=unit_prior))
    if not len(live):
        raise SeparationError(
            f"all {features} dimensions are dead (variance of 0.01 or less), so nothing is left to cluster: "
            f"ask `latentkit diagnose` about the run, or choose --dims {min(features, 10)} to cluster anyway"
        )
    return Space(live, axes.mean[live], scale)
