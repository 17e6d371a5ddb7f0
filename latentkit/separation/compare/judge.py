"""Compare two or more latent spaces of the same images."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation.compare.record import Agreement, ComparedFile, Comparison, Difference
from latentkit.separation.compare.sentences import describe_caveats, describe_differences
from latentkit.separation.options import EXACT, SAMPLED, Options, limit_threads
from latentkit.separation.rows import Rows, arrange, class_counts
from latentkit.separation.separable.holdout import holdout_split
from latentkit.separation.separable.ridge import holm
from latentkit.separation.separable.scores import (
    CLASSIFIERS,
    ScoringRows,
    paired_draws,
    score_all,
    scoring_rows,
)
from latentkit.separation.visible import clusters
from latentkit.stats import NEIGHBORS, center_and_scale, nearest, random_rows, shared_neighbors

__all__ = ["compare"]

CLUSTERS_WITHOUT_CLASSES = 10

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def compare(files: Sequence[Latents], names: Sequence[str], options: Options | None = None) -> Comparison:
    """Compare two or more latent spaces of the same images.

    Raises SeparationError for fewer than two files, for a file given twice, and if the files have fewer than two
    images in common.
    """
    options = options or Options()
    if len(files) < 2:
        raise SeparationError("there is only one file: give two or more to compare.")
    if len(set(names)) < len(names):
        raise SeparationError(f"a file is given twice among {', '.join(names)}: give different ones.")
    at = match_rows(files, names)
    with limit_threads(len(at[0])):
        return compare_rows(files, names, at, options)


def match_rows(files: Sequence[Latents], names: Sequence[str]) -> list[Index]:
    """Return, for each file, the row numbers of the images that all files have, sorted by id."""
    common = files[0].ids
    for name, file in zip(names[1:], files[1:], strict=True):
        common = np.intersect1d(common, file.ids)
        if len(common) < 2:
            raise SeparationError(
                f"{names[0]} and {name} have {len(common)} images in common (the first ids are {files[0].ids[0]!s} and "
                f"{file.ids[0]!s}): compare latents of the same images, embedded from the same folder."
            )
    orders = [np.argsort(file.ids, kind="stable") for file in files]
    return [
        order[np.searchsorted(file.ids[order], np.sort(common))]
        for file, order in zip(files, orders, strict=True)
    ]


def common_rows(files: Sequence[Latents], at: Sequence[Index]) -> tuple[Rows, list[str]]:
    """Return the images in common, with caveats.

    Labels and digests are those of the first file that has them. An image is a training image if any file says so.
    """
    caveats = []

    def first(key: str) -> NDArray[Any] | None:
        arrays = [file.arrays[key][rows] for file, rows in zip(files, at, strict=True) if key in file.arrays]
        if any((one != arrays[0]).any() for one in arrays[1:]):
            caveats.append(
                f"The files disagree about {key} of some images: those of the first file that has any are used."
            )
        return arrays[0] if arrays else None

    splits = [file.split[rows] for file, rows in zip(files, at, strict=True) if file.split is not None]
    split = None
    if len(splits) == len(files):
        split = np.where(np.any([one == "train" for one in splits], axis=0), "train", "unseen")
    rows = arrange(
        files[0].mu[at[0]],
        ids=files[0].ids[at[0]],
        labels=first("labels"),
        digest=first("digest"),
        split=split,
    )
    return rows, caveats


def compare_rows(
    files: Sequence[Latents], names: Sequence[str], at: Sequence[Index], options: Options
) -> Comparison:
    """Compare matched rows."""
    rows, caveats = common_rows(files, at)
    spaces = [center_and_scale(file.mu[chosen]) for file, chosen in zip(files, at, strict=True)]
    split = holdout_split(rows, options.thresholds, options.rng(1))
    scored = scoring_rows(rows, split, options)
    compared, predictions = [], []
    for name, file, chosen, space in zip(names, files, at, spaces, strict=True):
        pixels = None if file.baseline is None else center_and_scale(file.baseline[chosen])
        scores, predicted = ({}, {}) if scored is None else score_all(space, pixels, rows, scored, options)
        compared.append(ComparedFile(name, len(file), file.mu.shape[1], scores))
        predictions.append(predicted)
    differences = () if scored is None else compare_scores(names, predictions, rows, scored, options)
    k, agreement = measure_agreement(names, spaces, rows, options)
    return Comparison(
        n=len(rows),
        classes=class_counts(rows),
        scored="held-out" if split.held_out else "all",
        fitted_on=len(split.fit),
        scored_on=len(split.score),
        files=tuple(compared),
        differences=differences,
        agreement=agreement,
        k=k,
        sentences=describe_differences(compared, differences),
        caveats=(*caveats, *describe_caveats(compared, rows, split)),
        seed=options.seed,
    )


def compare_scores(
    names: Sequence[str],
    predictions: Sequence[dict[str, Index]],
    rows: Rows,
    scored: ScoringRows,
    options: Options,
) -> tuple[Difference, ...]:
    """Compare every two files by every score, by a paired bootstrap; all p-values are corrected together (Holm)."""
    results = []
    for (a, first), (b, second) in combinations(zip(names, predictions, strict=True), 2):
        for classifier in CLASSIFIERS:
            at = classifier.scored_rows(scored)
            codes = rows.codes[at]
            gain = (first[classifier.key] == codes).astype(np.float64) - (second[classifier.key] == codes)
            draws = paired_draws(gain, codes, rows.groups[at], options.rng(16))
            difference = float(np.mean([gain[codes == code].mean() for code in np.unique(codes)]))
            alpha = options.thresholds.alpha
            low, high = np.quantile(draws, [alpha, 1 - alpha])
            # Draws of exactly 0 favor neither file, so they count against both.
            tail = min((draws <= 0).sum(), (draws >= 0).sum())
            p = min(2 * (1 + int(tail)) / (1 + len(draws)), 1.0)
            results.append((a, b, classifier.key, difference, float(low), float(high), p))
    corrected = holm(np.array([result[-1] for result in results]))
    return tuple(
        Difference(
            *result,
            p_holm,
            (result[0] if result[3] > 0 else result[1]) if p_holm < options.thresholds.alpha else None,
        )
        for result, p_holm in zip(results, corrected.tolist(), strict=True)
    )


def measure_agreement(
    names: Sequence[str], spaces: Sequence[Floats], rows: Rows, options: Options
) -> tuple[int, tuple[Agreement, ...]]:
    """Return the number of clusters, and the agreement of every two files."""
    chosen = random_rows(np.arange(len(rows)), EXACT, options.rng(9))
    queries = random_rows(np.arange(len(rows)), SAMPLED["15-NN queries"], options.rng(17))
    k = options.clusters or (len(rows.classes) if len(rows.classes) > 1 else CLUSTERS_WITHOUT_CLASSES)
    if not 2 <= k < len(rows):
        if options.clusters is not None:
            raise SeparationError(
                f"{len(rows)} images cannot make {k} clusters: choose 2 to {len(rows) - 1}."
            )
        k = 2
    labels = [clusters.kmeans(space[chosen], k, options.seed).labels for space in spaces]
    neighbors = [nearest(space, queries, groups=rows.groups) for space in spaces]
    agreement = tuple(
        Agreement(
            a=names[i],
            b=names[j],
            neighbors=shared_neighbors(neighbors[i], neighbors[j]),
            neighbors_by_chance=shared_by_chance(len(rows)),
            cka=linear_cka(spaces[i], spaces[j]),
            clusters_ari=float(clusters.adjusted_rand(clusters.contingency(labels[i], labels[j]))),
        )
        for i, j in combinations(range(len(names)), 2)
    )
    return k, agreement


def shared_by_chance(rows: int) -> float:
    """Return the expected share of common neighbors of unrelated spaces."""
    return min(NEIGHBORS / max(rows - 1, 1), 1.0)


def linear_cka(X: Floats, Y: Floats) -> float | None:
    """Return the linear centered kernel alignment (Kornblith 2019) of (N, D) and (N, E), or None if one is constant.

    It is 1 for a rotation, and 0 if nothing is alike.
    """
    left, right = X - X.mean(axis=0), Y - Y.mean(axis=0)
    norm = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return float(np.square(left.T @ right).sum() / norm) if norm > 0 else None
