"""What clustering makes of the rows: the given classes again, or clusters nobody has named; and the structure test."""

import numpy as np
from numpy.typing import NDArray

from latentkit.separation import clusters
from latentkit.separation.components import choose_components
from latentkit.separation.options import EXACT, Options
from latentkit.separation.report import Clusterings, Found
from latentkit.separation.rows import Rows
from latentkit.separation.sample import sample
from latentkit.separation.stability import jaccard, largest_stable
from latentkit.separation.structure import Structure, structure

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def judge_clusters(
    X: Floats, pixels: Floats | None, rows: Rows, options: Options
) -> tuple[Clusterings | None, Structure | None]:
    """Clusterings and the structure test: at the k of the option, else of the classes, else as many as are stable."""
    picked = sample(np.arange(len(X)), EXACT, options.rng(9))
    points = X[picked]
    k = options.clusters or len(rows.classes)
    if len(points) <= max(k, 2) or not X.any():
        return None, None
    density = clusters.density(points, options.rng(13))
    if len(rows.classes) < 2:
        found = discover(points, density, options)
    else:
        found = recover(points, None if pixels is None else pixels[picked], k, density, picked, rows, options)
    return found, structure(points, found.k, options.rng(14))


def recover(
    points: Floats,
    pixels: Floats | None,
    k: int,
    density: clusters.Density,
    picked: Index,
    rows: Rows,
    options: Options,
) -> Clusterings:
    """How much of the classes clustering finds again."""
    codes, groups = rows.codes[picked], rows.groups[picked]
    by_means = clusters.kmeans(points, k, options.seed)
    by_mixture = clusters.gaussian_mixture(points, by_means.every)
    beside = None if pixels is None else clusters.kmeans(pixels, k, options.seed)
    kmeans, gmm = (
        clusters.recovery(
            codes, groups, found, codes >= 0, 1 - options.limits.alpha, options.rng(11), pixels=other
        )
        for found, other in ((by_means, beside), (by_mixture, None))
    )
    chosen_by = "classes" if options.clusters is None else "option"
    return Clusterings(k, chosen_by, None, kmeans, gmm, density, None)


def discover(points: Floats, density: clusters.Density, options: Options) -> Clusterings:
    """The clusters to be found where there are no classes: as many as are stable, unless a number is given."""
    enough = options.limits.min_stability
    components, chosen_by, found = None, "option", None
    k = options.clusters
    if k is None:
        components = choose_components(points, options.rng(10)).k
        chosen_by, found = "stability", largest_stable(points, enough, options.seed, options.rng(12))
    if found is None:
        chosen_by, k = (chosen_by, k) if k is not None else ("bic", max(components or 2, 2))
        labels = clusters.kmeans(points, k, options.seed).labels
        found = labels, jaccard(points, labels, options.rng(12))
    sizes = np.bincount(found[0], minlength=len(found[1]))
    every = tuple(Found(int(sizes[c]), float(found[1][c])) for c in np.argsort(-sizes, kind="stable"))
    return Clusterings(len(every), chosen_by, components, None, None, density, every)
