"""Compare two or more latent spaces of the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation.compare.answers import Answers, score_spaces
from latentkit.separation.compare.record import Agreement, ComparedFile, Comparison, Difference, Pair, Verdict
from latentkit.separation.compare.sentences import describe_caveats, describe_result
from latentkit.separation.options import EXACT, SAMPLED, Options, limit_threads
from latentkit.separation.rows import Rows, arrange, class_counts
from latentkit.separation.separable.ridge import holm
from latentkit.separation.separable.scores import CLASSIFIERS
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
    k = number_of_clusters(rows, options)
    clustered = random_rows(np.arange(len(rows)), EXACT, options.rng(9))
    labels = [clusters.kmeans(space[clustered], k, options.seed).labels for space in spaces]
    answers = score_spaces(spaces, rows, clustered, labels, k, options)
    described = [
        describe_file(name, file, chosen, {key: one.values[place] for key, one in answers.items()})
        for place, (name, file, chosen) in enumerate(zip(names, files, at, strict=True))
    ]
    compared = rank_files(described)
    differences = compare_scores(names, answers, options.thresholds.alpha)
    pairs = judge_pairs(differences, options.thresholds.alpha)
    labeled = int((rows.codes >= 0).sum())
    summary = describe_result(compared, pairs, differences, labeled=labeled, classes=len(rows.classes))
    return Comparison(
        n=len(rows),
        classes=class_counts(rows),
        scored_on=labeled if answers else 0,
        files=compared,
        verdict=summary.verdict,
        pairs=pairs,
        differences=differences,
        agreement=measure_agreement(names, spaces, labels, rows, options),
        k=k,
        sentences=summary.sentences,
        caveats=(*caveats, *describe_caveats(compared, rows)),
        seed=options.seed,
    )


def describe_file(name: str, file: Latents, chosen: Index, scores: dict[str, float]) -> ComparedFile:
    """Return a file with its scores and its reconstruction error over the chosen rows."""
    mse = None if file.mse is None else float(file.mse[chosen].mean(dtype=np.float64))
    variance = file.arrays.get("pixel_variance")
    spread = 0.0 if variance is None else float(variance[chosen].mean(dtype=np.float64))
    r2 = 1 - mse / spread if mse is not None and spread > 0 else None
    return ComparedFile(name, len(file), file.mu.shape[1], scores, mse, r2)


def rank_files(files: Sequence[ComparedFile]) -> tuple[ComparedFile, ...]:
    """Number the files by the mean of their classifiers' scores; files of equal scores have equal ranks."""
    means = [np.mean([file.scores[one.key] for one in CLASSIFIERS]) for file in files if file.scores]
    return (
        tuple(
            replace(file, rank=1 + sum(bool(other > mean) for other in means))
            for file, mean in zip(files, means, strict=True)
        )
        if means
        else tuple(files)
    )


def compare_scores(
    names: Sequence[str], answers: Mapping[str, Answers], alpha: float
) -> tuple[Difference, ...]:
    """Compare every two files by every score; p-values are corrected within each pair, and all together (Holm)."""
    tests = [
        (names[i], names[j], key, one.test(i, j, alpha))
        for i, j in combinations(range(len(names)), 2)
        for key, one in answers.items()
    ]
    if not tests:
        return ()
    p = np.array([test.p for *_, test in tests])
    alone = np.concatenate([holm(own) for own in p.reshape(-1, len(answers))])
    return tuple(
        Difference(
            a=a,
            b=b,
            score=key,
            difference=test.difference,
            low=test.low,
            high=test.high,
            p=test.p,
            p_pair=p_pair,
            p_holm=p_holm,
            visible=test.visible(alpha / len(tests)),
            better=winner(a, b, test.difference, p_holm, alpha),
        )
        for (a, b, key, test), p_pair, p_holm in zip(tests, alone.tolist(), holm(p).tolist(), strict=True)
    )


def winner(a: str, b: str, difference: float, p: float, alpha: float) -> str | None:
    """Return the file that is better, or None if p is not below alpha."""
    return None if p >= alpha else b if difference > 0 else a


def judge_pairs(differences: Sequence[Difference], alpha: float) -> tuple[Pair, ...]:
    """Return what is said of every two files, and what would be said of them alone."""
    pairs = []
    for a, b in dict.fromkeys((one.a, one.b) for one in differences):
        both = [one for one in differences if (one.a, one.b) == (a, b)]
        alone = [winner(a, b, one.difference, one.p_pair, alpha) for one in both]
        pairs.append(Pair(a, b, verdict_of([one.better for one in both], b), verdict_of(alone, b)))
    return tuple(pairs)


def verdict_of(winners: Sequence[str | None], b: str) -> Verdict:
    """Return the verdict on b, of the winners by each score."""
    match {one == b for one in winners if one is not None}:
        case s if s == {True}:
            return "better"
        case s if s == {False}:
            return "worse"
        case s if s:
            return "mixed"
    return "cannot tell"


def number_of_clusters(rows: Rows, options: Options) -> int:
    """Return the number of clusters as requested, or the number of classes, or 10."""
    k = options.clusters or (len(rows.classes) if len(rows.classes) > 1 else CLUSTERS_WITHOUT_CLASSES)
    if 2 <= k < len(rows):
        return k
    if options.clusters is not None:
        raise SeparationError(f"{len(rows)} images cannot make {k} clusters: choose 2 to {len(rows) - 1}.")
    return 2


def measure_agreement(
    names: Sequence[str], spaces: Sequence[Floats], labels: Sequence[Index], rows: Rows, options: Options
) -> tuple[Agreement, ...]:
    """Return the agreement of every two files."""
    queries = random_rows(np.arange(len(rows)), SAMPLED["15-NN queries"], options.rng(17))
    neighbors = [nearest(space, queries, groups=rows.groups) for space in spaces]
    return tuple(
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
