"""The thresholds of the verdicts, the options of a report, and the sizes of its samples.

Nothing heavy is imported, so that the command line can make its options from `Thresholds`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from latentkit.fields import option

if TYPE_CHECKING:
    import numpy as np

__all__ = ["EXACT", "SAMPLED", "Options", "Thresholds", "limit_threads"]

EXACT = 20_000
"""Up to this many images, every row is used (except where a caveat says otherwise)."""
SAMPLED = {
    "15-NN queries": 4000,
    "euclidean silhouette": 2000,
    "GDV": 10_000,
    "clustering": EXACT,
}
"""Rows sampled from more than `EXACT` images, by the name that the caveat gives them."""
GROUP = "Thresholds"
"""Heading of the thresholds in the help."""
SINGLE_THREADED = 5000
"""Up to this many rows, scikit-learn's own loops run on one thread as well."""


@dataclass(frozen=True)
class Thresholds:
    """When the words of the verdicts apply. A report records the thresholds it was made with.

    Each field is an option of `latentkit report`.
    """

    separated_auc: float = option(
        0.90, "A pair is separate if its AUC bound reaches this.", group=GROUP, minimum=0.5, maximum=1
    )
    visible_ari: float = option(
        0.50, "Classes are visible if the ARI bound reaches this.", group=GROUP, minimum=0, maximum=1
    )
    min_class: int = option(20, "Fewest images per class for 'no evidence'.", group=GROUP, minimum=2)
    max_se: float = option(
        0.05, "Largest AUC standard error for 'no evidence'.", group=GROUP, minimum=0, maximum=1
    )
    alpha: float = option(
        0.05, "Error rate of tests; bounds are at 1 - alpha.", group=GROUP, minimum=0.001, maximum=0.5
    )
    min_stability: float = option(
        0.75, "Least mean bootstrap Jaccard of a stable cluster.", group=GROUP, minimum=0, maximum=1
    )
    active_variance: float = option(
        0.01, "Variance of mu above which a latent is active.", group=GROUP, minimum=0
    )


@dataclass(frozen=True)
class Options:
    """Options of a report or a comparison."""

    on: str = "latents"
    """"latents", "projection" (the latest), or the method of a projection."""
    clusters: int | None = None
    """None: the number of classes or, without labels, the largest stable number."""
    pictures: str = "stored"
    """"stored" looks at PCA and at what the file holds; "all" makes UMAP, t-SNE and N2D as well."""
    seed: int = 0
    thresholds: Thresholds = field(default_factory=Thresholds)

    def rng(self, stage: int) -> "np.random.Generator":
        """Return the random numbers of one stage, which depend on the seed and the stage alone."""
        import numpy as np

        return np.random.default_rng([self.seed, stage])


@contextmanager
def limit_threads(rows: int) -> Iterator[None]:
    """Run each matrix product on one thread and, for few rows, scikit-learn's own loops as well.

    Products of a few thousand rows finish before their threads have met: on a busy machine one thread is ten
    times faster.
    """
    import sklearn.cluster  # noqa: F401  (a library that is not loaded yet cannot be limited)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, user_api=None if rows <= SINGLE_THREADED else "blas"):
        yield
