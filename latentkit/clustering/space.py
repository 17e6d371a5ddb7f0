"""The coordinates that are clustered: the active dimensions, or the leading principal components, on one scale.

Dimensions are never scaled individually: dead ones would count as much as active ones.
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
    """x = (mu[columns] - mean) @ components.T / scale, with mean (F,) and components (d, F), or none for the identity."""

    columns: NDArray[np.intp]
    mean: NDArray[np.float64]
    scale: float
    components: NDArray[np.float64] | None = None

    def of(self, mu: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return mu (N, features) in these coordinates, (N, d) float64."""
        centered = np.asarray(mu[:, self.columns], np.float64) - self.mean
        return (centered if self.components is None else centered @ self.components.T) / self.scale

    @property
    def dims(self) -> int:
        """The number of coordinates."""
        return len(self.columns) if self.components is None else len(self.components)

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The arrays that a file stores."""
        arrays = {"columns": self.columns, "mean": self.mean, "scale": np.array(self.scale)}
        return arrays if self.components is None else {**arrays, "components": self.components}


def space_of(mu: NDArray[np.floating], dims: int | None, *, unit_prior: bool) -> Space:
    """Return the active dimensions of mu (N, D) if dims is None, else its first dims principal components.

    Raises SeparationError if no dimension is active, there are fewer than dims components, or all rows are equal.
    """
    axes = pca.principal_axes(mu)
    features = mu.shape[1]
    if not axes.variance.sum() > 0:
        raise SeparationError(
            f"all {len(mu)} rows of mu are equal, so there are no clusters: run `latentkit diagnose` on the run"
        )
    scale = float(np.sqrt(axes.variance[0]))
    if dims is not None:
        if dims > len(axes.components):
            raise SeparationError(
                f"{len(mu)} images of {features} dimensions have {len(axes.components)} principal components, not {dims}: "
                "use a smaller --dims"
            )
        return Space(np.arange(features), axes.mean, scale, axes.components[:dims])
    active = np.setdiff1d(
        np.arange(features), dead_dimensions(axes.dimension_variance, unit_prior=unit_prior)
    )
    if not len(active):
        raise SeparationError(
            f"all {features} dimensions are dead (variance of 0.01 or less), so there is nothing to cluster: "
            f"run `latentkit diagnose` on the run, or use --dims {min(features, 10)} to cluster anyway"
        )
    return Space(active, axes.mean[active], scale)
