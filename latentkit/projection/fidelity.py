"""How far a picture may be believed: what a projection kept of the latent space, with errors.

Five figures, each 1 at best. Neighbourhoods are ranked exactly, for a sample of queries against all
rows, and with every row a query the three figures about them are exact and their errors 0; distances are
compared over random pairs and triplets. Equal distances share the better rank: duplicates are no fault.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fidelity", "Figure", "measure_fidelity"]

NEIGHBOURS = 15
WORK = 26_000_000
"""Query-row distances in each space: 256 queries at 100 000 rows, every row a query up to about 5 000."""
FEWEST_QUERIES = 64
BLOCK_VALUES = 4_000_000
DRAWS = 20_000
"""Pairs, and triplets, drawn with replacement."""
TIE = 1e-12
"""Squared distances nearer than this times the largest squared length are equal: the matrix product's rounding."""

Float64 = NDArray[np.float64]


class Distances(NamedTuple):
    """squared (queries, N) and below what difference two of them are equal."""

    squared: Float64
    tie: float


@dataclass(frozen=True)
class Figure:
    """A mean over what was sampled, and its standard error (0 where nothing was left out)."""

    value: float
    error: float


@dataclass(frozen=True)
class Fidelity:
    """neighbours is k; queries is how many of the n rows were ranked; None where n is too small to tell.

    trustworthiness, continuity: Venna & Kaski 2001. Are the picture's k neighbours near in the latent
        space; are the latent space's k neighbours near in the picture? Penalised by rank; 1 is perfect.
    kept: the share of the picture's k nearest that are among the k nearest in the latent space.
    triplets: how often the picture says rightly which of two images is nearer to a third; 0.5 is chance.
    shepard: Spearman's correlation of the distances of pairs in the two spaces.
    """

    neighbours: int
    queries: int
    trustworthiness: Figure | None
    continuity: Figure | None
    kept: Figure | None
    triplets: Figure | None
    shepard: Figure | None

    def as_json(self) -> dict[str, Any]:
        """A JSON object: each figure is {"value", "error"} or null."""
        return asdict(self)


def measure_fidelity(
    high: NDArray[np.floating],
    low: NDArray[np.floating],
    *,
    neighbours: int = NEIGHBOURS,
    queries: int | None = None,
    seed: int = 0,
) -> Fidelity:
    """What low (N, 2 or 3) kept of high (N, D), in Euclidean distances.

    neighbours falls to below N / 2, where trustworthiness is defined; fewer than 4 rows have none.
    queries defaults to what takes seconds whatever N is.
    """
    n = len(high)
    k = min(neighbours, (n - 1) // 2)
    rng = np.random.default_rng([seed, 0x66696465])
    triplets, shepard = _distances(high, low, rng) if n >= 3 else (None, None)
    if n < 4:
        return Fidelity(k, 0, None, None, None, triplets, shepard)
    m = min(n, queries if queries is not None else max(FEWEST_QUERIES, WORK // n))
    chosen = np.arange(n) if m == n else np.sort(rng.choice(n, m, replace=False))
    trusted, continued, kept = (np.empty(m) for _ in range(3))
    low64 = np.asarray(low, np.float64)
    size = max(1, BLOCK_VALUES // n)
    for start in range(0, m, size):
        rows = chosen[start : start + size]
        part = slice(start, start + len(rows))
        trusted[part], continued[part], kept[part] = _neighbourhoods(
            _squared_distances(high, rows), _squared_distances(low64, rows), rows, k
        )
    worst = k * (2 * n - 3 * k - 1) / 2
    return Fidelity(
        k,
        m,
        _mean(1 - trusted / worst, n),
        _mean(1 - continued / worst, n),
        _mean(kept / k, n),
        triplets,
        shepard,
    )


def _neighbourhoods(
    high: Distances, low: Distances, rows: NDArray[np.intp], k: int
) -> tuple[Float64, Float64, Float64]:
    """Rank penalties of trustworthiness and continuity, and neighbours kept, each (queries,)."""
    own = np.arange(len(rows))
    high.squared[own, rows] = low.squared[own, rows] = np.inf
    trusted, continued, kept = (np.empty(len(rows)) for _ in range(3))
    for query, (in_high, in_low) in enumerate(zip(high.squared, low.squared, strict=True)):
        high_rank = _ranks(in_high, np.argpartition(in_low, k - 1)[:k], high.tie)
        low_rank = _ranks(in_low, np.argpartition(in_high, k - 1)[:k], low.tie)
        trusted[query] = np.maximum(high_rank - k, 0).sum()
        continued[query] = np.maximum(low_rank - k, 0).sum()
        kept[query] = np.count_nonzero(high_rank <= k)
    return trusted, continued, kept


def _ranks(squared: Float64, of: NDArray[np.intp], tie: float) -> NDArray[np.intp]:
    """1 + how many are nearer, for the rows `of`, among squared distances (N,) from one query."""
    return 1 + np.searchsorted(np.sort(squared), squared[of] - tie)


def _squared_distances(space: NDArray[np.floating], rows: NDArray[np.intp]) -> Distances:
    """From the rows to every row of space (N, D), which is read once, by blocks."""
    queries = np.asarray(space[rows], np.float64)
    centre = queries.mean(axis=0)
    queries -= centre
    lengths, longest = (queries**2).sum(axis=1), 0.0
    squared = np.empty((len(rows), len(space)))
    size = max(1, BLOCK_VALUES // space.shape[1])
    for start in range(0, len(space), size):
        block = np.asarray(space[start : start + size], np.float64) - centre
        others = (block**2).sum(axis=1)
        squared[:, start : start + size] = lengths[:, None] + others - 2 * (queries @ block.T)
        longest = max(longest, float(others.max()))
    return Distances(squared, TIE * longest)


def _distances(
    high: NDArray[np.floating], low: NDArray[np.floating], rng: np.random.Generator
) -> tuple[Figure, Figure | None]:
    """Triplets and Shepard's correlation over random triplets (first, second, third) of distinct rows."""
    from scipy.stats import rankdata

    n = len(high)
    first = rng.integers(n, size=DRAWS)
    step, skip = rng.integers(1, n, size=DRAWS), rng.integers(1, n - 1, size=DRAWS)
    second, third = (first + step) % n, (first + skip + (skip >= step)) % n
    high_second, high_third = _apart(high, first, second), _apart(high, first, third)
    low_second, low_third = _apart(low, first, second), _apart(low, first, third)
    agree = np.sign(high_second - high_third) == np.sign(low_second - low_third)
    share = float(agree.mean())
    triplets = Figure(share, float(np.sqrt(share * (1 - share) / DRAWS)))
    if np.ptp(high_second) == 0 or np.ptp(low_second) == 0:
        return triplets, None
    rho = float(np.corrcoef(rankdata(high_second), rankdata(low_second))[0, 1])
    error = (1 - rho**2) * np.sqrt((1 + rho**2 / 2) / (DRAWS - 3))  # Bonett & Wright 2000, delta method
    return triplets, Figure(rho, float(error))


def _apart(space: NDArray[np.floating], a: NDArray[np.intp], b: NDArray[np.intp]) -> Float64:
    """Distances between rows a and rows b of space."""
    apart = np.empty(len(a))
    size = max(1, BLOCK_VALUES // space.shape[1])
    for start in range(0, len(a), size):
        part = slice(start, start + size)
        apart[part] = np.linalg.norm(np.asarray(space[a[part]], np.float64) - space[b[part]], axis=1)
    return apart


def _mean(values: Float64, n: int) -> Figure:
    """The mean of values drawn without replacement from n, with its standard error."""
    m = len(values)
    error = values.std(ddof=1) / np.sqrt(m) * np.sqrt(1 - m / n)
    return Figure(float(values.mean()), float(error))
