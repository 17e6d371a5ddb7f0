"""Measure how much of the latent space a projection preserves, with standard errors.

There are five scores, each at most 1. Neighborhoods are ranked exactly, for a sample of queries against all rows; if every row
is a query, the three scores of neighborhoods are exact and their errors 0. Distances are compared for random pairs and
triplets. Equal distances share the better rank, so duplicates do not lower a score.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from latentkit.stats import NEIGHBORS

__all__ = ["Fidelity", "Score", "measure_fidelity"]

WORK = 26_000_000
"""Distances computed in each space: 256 queries for 100,000 rows, and every row up to about 5,000 rows."""
FEWEST_QUERIES = 64
BLOCK_VALUES = 4_000_000
DRAWS = 20_000
"""Number of pairs, and of triplets, drawn with replacement."""
TIE = 1e-12
"""Squared distances that differ by less than this times the largest squared length are equal: rounding of the product."""

Float64 = NDArray[np.float64]


class Distances(NamedTuple):
    """Squared distances (queries, N), and the difference below which two of them are equal."""

    squared: Float64
    tie: float


@dataclass(frozen=True)
class Score:
    """A mean over the sample, and its standard error (0 if nothing was left out)."""

    value: float
    error: float


@dataclass(frozen=True)
class Fidelity:
    """The scores of a projection; a score is None if there are too few rows.

    neighbors: k, the number of neighbors in a neighborhood.
    queries: the number of rows whose neighborhoods were ranked.
    trustworthiness, continuity: whether the k neighbors in the projection are near in the latent space, and the reverse,
        penalized by rank; 1 is perfect (Venna & Kaski 2001).
    kept: the share of the k nearest neighbors in the projection that are among the k nearest in the latent space.
    triplets: how often the projection shows correctly which of two images is nearer to a third; 0.5 is chance.
    shepard: Spearman's correlation of the distances of pairs in the two spaces.
    """

    neighbors: int
    queries: int
    trustworthiness: Score | None
    continuity: Score | None
    kept: Score | None
    triplets: Score | None
    shepard: Score | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; each score is {"value", "error"} or null. The key of k in files is "neighbours"."""
        scores = asdict(self)
        return {"neighbours": scores.pop("neighbors"), **scores}


def measure_fidelity(
    high: NDArray[np.floating],
    low: NDArray[np.floating],
    *,
    neighbors: int = NEIGHBORS,
    queries: int | None = None,
    seed: int = 0,
) -> Fidelity:
    """Compare low (N, 2 or 3) with high (N, D), by Euclidean distances.

    `neighbors` is lowered to below N / 2, where trustworthiness is defined; fewer than 4 rows have no neighborhoods.
    `queries` defaults to a number that takes seconds for any N.
    """
    n = len(high)
    k = min(neighbors, (n - 1) // 2)
    rng = np.random.default_rng([seed, 0x66696465])
    triplets, shepard = _distance_scores(high, low, rng) if n >= 3 else (None, None)
    if n < 4:
        return Fidelity(k, 0, None, None, None, triplets, shepard)
    m = min(n, queries if queries is not None else max(FEWEST_QUERIES, WORK // n))
    sample = np.arange(n) if m == n else np.sort(rng.choice(n, m, replace=False))
    trust_penalty, continuity_penalty, preserved = (np.empty(m) for _ in range(3))
    low64 = np.asarray(low, np.float64)
    size = max(1, BLOCK_VALUES // n)
    for start in range(0, m, size):
        rows = sample[start : start + size]
        part = slice(start, start + len(rows))
        trust_penalty[part], continuity_penalty[part], preserved[part] = _neighborhoods(
            _squared_distances(high, rows), _squared_distances(low64, rows), rows, k
        )
    worst = k * (2 * n - 3 * k - 1) / 2
    return Fidelity(
        k,
        m,
        _mean(1 - trust_penalty / worst, n),
        _mean(1 - continuity_penalty / worst, n),
        _mean(preserved / k, n),
        triplets,
        shepard,
    )


def _neighborhoods(
    high: Distances, low: Distances, rows: NDArray[np.intp], k: int
) -> tuple[Float64, Float64, Float64]:
    """Return the rank penalties of trustworthiness and continuity, and the preserved neighbors, each (queries,)."""
    own = np.arange(len(rows))
    high.squared[own, rows] = low.squared[own, rows] = np.inf
    trust_penalty, continuity_penalty, preserved = (np.empty(len(rows)) for _ in range(3))
    for query, (in_high, in_low) in enumerate(zip(high.squared, low.squared, strict=True)):
        high_rank = _ranks(in_high, np.argpartition(in_low, k - 1)[:k], high.tie)
        low_rank = _ranks(in_low, np.argpartition(in_high, k - 1)[:k], low.tie)
        trust_penalty[query] = np.maximum(high_rank - k, 0).sum()
        continuity_penalty[query] = np.maximum(low_rank - k, 0).sum()
        preserved[query] = np.count_nonzero(high_rank <= k)
    return trust_penalty, continuity_penalty, preserved


def _ranks(squared: Float64, rows: NDArray[np.intp], tie: float) -> NDArray[np.intp]:
    """Return 1 + the number of nearer rows, for some rows, given the squared distances (N,) from one query."""
    return 1 + np.searchsorted(np.sort(squared), squared[rows] - tie)


def _squared_distances(space: NDArray[np.floating], rows: NDArray[np.intp]) -> Distances:
    """Return the distances from the rows to every row of space (N, D), which is read once, in blocks."""
    queries = np.asarray(space[rows], np.float64)
    center = queries.mean(axis=0)
    queries -= center
    lengths, longest = (queries**2).sum(axis=1), 0.0
    squared = np.empty((len(rows), len(space)))
    size = max(1, BLOCK_VALUES // space.shape[1])
    for start in range(0, len(space), size):
        block = np.asarray(space[start : start + size], np.float64) - center
        others = (block**2).sum(axis=1)
        squared[:, start : start + size] = lengths[:, None] + others - 2 * (queries @ block.T)
        longest = max(longest, float(others.max()))
    return Distances(squared, TIE * longest)


def _distance_scores(
    high: NDArray[np.floating], low: NDArray[np.floating], rng: np.random.Generator
) -> tuple[Score, Score | None]:
    """Return the scores of triplets and pairs, for random triplets (first, second, third) of distinct rows."""
    from scipy.stats import rankdata

    n = len(high)
    first = rng.integers(n, size=DRAWS)
    step, skip = rng.integers(1, n, size=DRAWS), rng.integers(1, n - 1, size=DRAWS)
    second, third = (first + step) % n, (first + skip + (skip >= step)) % n
    high_second, high_third = _lengths(high, first, second), _lengths(high, first, third)
    low_second, low_third = _lengths(low, first, second), _lengths(low, first, third)
    agree = np.sign(high_second - high_third) == np.sign(low_second - low_third)
    share = float(agree.mean())
    triplets = Score(share, float(np.sqrt(share * (1 - share) / DRAWS)))
    if np.ptp(high_second) == 0 or np.ptp(low_second) == 0:
        return triplets, None
    rho = float(np.corrcoef(rankdata(high_second), rankdata(low_second))[0, 1])
    error = (1 - rho**2) * np.sqrt((1 + rho**2 / 2) / (DRAWS - 3))  # Bonett & Wright 2000, delta method
    return triplets, Score(rho, float(error))


def _lengths(space: NDArray[np.floating], a: NDArray[np.intp], b: NDArray[np.intp]) -> Float64:
    """Return the distances between rows a and rows b of space."""
    lengths = np.empty(len(a))
    size = max(1, BLOCK_VALUES // space.shape[1])
    for start in range(0, len(a), size):
        part = slice(start, start + size)
        lengths[part] = np.linalg.norm(np.asarray(space[a[part]], np.float64) - space[b[part]], axis=1)
    return lengths


def _mean(values: Float64, n: int) -> Score:
    """Return the mean of values drawn without replacement from n, with its standard error."""
    m = len(values)
    error = values.std(ddof=1) / np.sqrt(m) * np.sqrt(1 - m / n)
    return Score(float(values.mean()), float(error))
