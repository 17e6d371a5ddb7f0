"""Views of a latent space: what a clustering finds, and what a picture shows.

A view is judged twice where it can be. Without colors: do its clusters agree with the classes, and are there gaps between
them? The gaps are measured in the latent space, so islands that UMAP and t-SNE make in one cloud do not count, and in the
picture as well. A part of the classes is visible if the clusters agree with them somewhat and one Gaussian cloud would not be
divided as well; such a part does not need a gap. With colors: is each class at home in its own region of the picture
(purity), whether or not there is a gap? Labels are never used to make a view.

Simulated: 12 sets in 8 dimensions with every view of `--pictures all`. The numbers are how many of the 12 were "yes" by k-means,
the mixture, PCA, t-SNE, UMAP and N2D, and by any of them; "cut" labels are equal parts along the first axis.

    60 images   round, long, box, arc, rod, sheet, cut in 2    0  0  0  0  0  0   0
                t5 cut in 3; long, random labels               0  0  0  0  0  0   0
                arc, cut in 3                                  1  1  0  1  1  1   1
                3 classes at distance 2.83                     0  0  0  0  0  0   0
                3 classes at distance 3.5                      2  2  0  1  2  2   2
                3 classes at distance 4.95                    12 11 11 11 12 12  12
                rings; moons                                   0  0  0  0  0  0   0
    200 images  round, arc, rod, cut in 2                      0  0  0  0  0  0   0
                arc, cut in 3                                  1  0  1  1  1  1   1

Of the arc cut in 3, k-means was "yes" in 1 of 60 more sets of 60 images, and in none of 60 sets of 200.
None of 12 bounds a rate only below 22%. "Partly" is not protected against bent clouds: arcs cut along the first axis were
partly visible in most sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentkit.separation.options import Thresholds
from latentkit.separation.rows import Rows, distinct_per_class
from latentkit.separation.visible.clusters import adjusted_rand, ari_low, contingency
from latentkit.separation.visible.gap import measure_gap
from latentkit.separation.visible.structure import Structure
from latentkit.stats import center_and_scale, gaussian_mixture, nearest, random_rows

__all__ = ["ROWS", "Candidate", "View", "judge_view", "overall"]

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

ROWS = 2000
"""Images of which gaps and pictures are judged."""
PARTLY = 0.2
"""A bound of this much, of 1, is a part of the classes; the bound for the whole is an option."""
PURE = 0.5
"""How far from chance (0) to perfect (1) the purity of regions must be."""
STARTS = 5


@dataclass(frozen=True)
class Candidate:
    """A view to be judged: the clusters (M,) of some rows (M,), or the points (M, 2 or 3) of a picture of them."""

    method: str
    title: str
    kind: str
    """"clustering", "stored" for clusters in the file, or "picture"."""
    command: str
    """What makes it, for a file called FILE."""
    rows: Index
    labels: Index | None = None
    points: NDArray[np.floating] | None = None
    fidelity: float | None = None


@dataclass(frozen=True)
class View:
    """A view as judged; None is unknown or not applicable."""

    method: str
    title: str
    kind: str
    command: str
    images: int
    clusters: int
    ari: float | None
    """Agreement of its clusters with the classes: 0 is chance, 1 is perfect."""
    low: float | None
    gap: bool | None
    """Whether there are gaps between its clusters."""
    purity: float | None
    """Share of an image's 15 neighbors in the picture that are of its class, averaged over the classes."""
    chance: float | None
    """The purity of shuffled labels."""
    purity_low: float | None
    fidelity: float | None
    """The worse of trustworthiness and continuity."""
    verdict: str
    """Without colors: "yes", "partly", "no" or "cannot say"."""
    colored: str | None
    """With colors: the same words."""


def judge_view(
    candidate: Candidate,
    X: Floats,
    rows: Rows,
    k: int,
    test: Structure | None,
    limits: Thresholds,
    rng: np.random.Generator,
) -> View:
    """Judge a view of the latent space X (N, R), which is on one scale, with k clusters in a picture.

    X are the principal coordinates of `rows`; test: the structure test of X.
    """
    chosen, codes = candidate.rows, rows.codes[candidate.rows]
    labels, spaces = candidate.labels, [X[chosen]]
    if labels is None:
        assert candidate.points is not None
        points = center_and_scale(np.asarray(candidate.points))
        labels = gaussian_mixture(points, k, seed=0, starts=STARTS).predict(points).astype(np.intp)
        spaces.append(points)
    labels = _in_order(labels)
    p = None if test is None else test.p
    sample = random_rows(np.arange(len(chosen)), ROWS, rng)
    gaps = [measure_gap(space[sample], labels[sample]) for space in spaces]
    gap = None if None in gaps else all(one is not None and one.is_clear(p, limits.alpha) for one in gaps)
    ari = low = purity = purity_low = chance = None
    known = codes >= 0
    verdict, colored = "cannot say", None
    if len(rows.classes) > 1 and known.any():
        table = contingency(codes[known], labels[known])
        ari = float(adjusted_rand(table))
        low = ari_low(table, len(np.unique(rows.groups[chosen][known])), 1 - limits.alpha, rng)
        smallest = int(distinct_per_class(rows.groups, rows.codes, len(rows.classes)).min())
        if smallest >= limits.min_class:
            verdict = _agreement(low, gap, p, limits)
        if candidate.points is not None:
            purity, chance, purity_low = _purity(candidate.points, codes, rows.groups[chosen], limits.alpha)
            colored = _regions(purity_low, chance) if smallest >= limits.min_class else "cannot say"
    elif gap is not None and len(np.unique(rows.groups)) >= 2 * limits.min_class:
        verdict = "yes" if gap else "no"
    return View(
        method=candidate.method,
        title=candidate.title,
        kind=candidate.kind,
        command=candidate.command,
        images=len(chosen),
        clusters=len(np.unique(labels[labels >= 0])),
        ari=ari,
        low=low,
        gap=gap,
        purity=purity,
        chance=chance,
        purity_low=purity_low,
        fidelity=candidate.fidelity,
        verdict=verdict,
        colored=colored,
    )


def overall(views: Sequence[View]) -> str:
    """Return "yes" if the classes are visible in any view without colors, "no" in none, else "cannot say"."""
    verdicts = {view.verdict for view in views}
    if "yes" in verdicts:
        return "yes"
    return "no" if verdicts & {"partly", "no"} else "cannot say"


def _in_order(labels: Index) -> Index:
    """Number clusters by their first rows, so that how a method numbers them changes nothing; -1 stays."""
    names, first, codes = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(names), np.intp)
    rank[np.argsort(first)] = np.arange(len(names))
    ordered: Index = np.where(labels < 0, -1, rank[codes])
    return ordered


def _agreement(low: float, gap: bool | None, p: float | None, limits: Thresholds) -> str:
    """Return the verdict without colors: a part needs no gap, but must be more than pieces of one Gaussian cloud."""
    if gap and low >= limits.visible_ari:
        return "yes"
    structured = gap or (p is not None and p < limits.alpha)
    return "partly" if structured and low >= min(PARTLY, limits.visible_ari) else "no"


def _regions(low: float, chance: float) -> str:
    share = (low - chance) / max(1 - chance, 1e-9)
    return "yes" if share >= PURE else "partly" if share >= PARTLY else "no"


def _purity(
    points: NDArray[np.floating], codes: Index, groups: Index, alpha: float
) -> tuple[float, float, float]:
    """Return the purity of the classes in a picture, that of shuffled labels, and the lower bound of the purity.

    Only labeled images count, and copies of an image are not its neighbors. The bound treats an image as one observation.
    """
    from scipy.stats import norm

    known = np.flatnonzero(codes >= 0)
    near = nearest(np.asarray(points, np.float64)[known], groups=groups[known])
    classes = codes[known]
    exists = near >= 0
    share = ((classes[near] == classes[:, None]) & exists).sum(axis=1) / np.maximum(exists.sum(axis=1), 1)
    counts = np.bincount(classes)
    present = np.flatnonzero(counts)
    of_class = [share[classes == code] for code in present]
    purity = float(np.mean([one.mean() for one in of_class]))
    variance = sum(one.var() / max(len(one) - 1, 1) for one in of_class) / len(present) ** 2
    chance = float(np.mean((counts[present] - 1) / max(len(known) - 1, 1)))
    return purity, chance, purity - float(norm.ppf(1 - alpha)) * float(np.sqrt(variance))
