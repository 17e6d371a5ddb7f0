"""Two or more latent spaces of the same images, side by side: which tells the classes apart better, and how alike they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation import clusters
from latentkit.separation.alignment import linear_cka, shared_by_chance, shared_neighbours
from latentkit.separation.compare_words import about, sentences
from latentkit.separation.comparison import Agreement, Comparison, Difference, File
from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.permutation import holm
from latentkit.separation.rows import Rows, arrange, halves
from latentkit.separation.sample import sample
from latentkit.separation.scale import one_scale
from latentkit.separation.scores import Score, paired_draws
from latentkit.separation.supervised import Sides, knn_guesses, probe_guesses, score, sides_of
from latentkit.separation.threads import one_thread_each

UNNAMED = 10  # clusters to compare where there are no classes

Floats = NDArray[np.float64]
Index = NDArray[np.intp]


def match(files: Sequence[Latents], names: Sequence[str]) -> list[Index]:
    """Row numbers of the images that all files hold, in one order, sorted by id."""
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


def shared(files: Sequence[Latents], at: Sequence[Index]) -> tuple[Rows, list[str]]:
    """What the files say of the images in common: labels and digests of the first that has them, and who saw what."""
    said = []

    def first(key: str) -> NDArray[Any] | None:
        held = [file.arrays[key][rows] for file, rows in zip(files, at, strict=True) if key in file.arrays]
        if any((one != held[0]).any() for one in held[1:]):
            said.append(
                f"The files disagree about {key} of some images: those of the first file that has any are used."
            )
        return held[0] if held else None

    splits = [None if file.split is None else file.split[rows] for file, rows in zip(files, at, strict=True)]
    known = [split for split in splits if split is not None]
    split = None
    if len(known) == len(files):
        split = np.where(np.any([one == "train" for one in known], axis=0), "train", "unseen")
    rows = arrange(
        files[0].mu[at[0]],
        ids=files[0].ids[at[0]],
        labels=first("labels"),
        digest=first("digest"),
        split=split,
    )
    return rows, said


def compare(files: Sequence[Latents], names: Sequence[str], options: Options | None = None) -> Comparison:
    """Compare two or more latent spaces of the same images. Raises SeparationError when they have none in common."""
    options = options or Options()
    if len(files) < 2:
        raise SeparationError("there is one file: give two or more to compare.")
    if len(set(names)) < len(names):
        raise SeparationError(f"a file is given twice among {', '.join(names)}: give different ones.")
    at = match(files, names)
    with one_thread_each(len(at[0])):
        return figures(files, names, at, options)


def figures(
    files: Sequence[Latents], names: Sequence[str], at: Sequence[Index], options: Options
) -> Comparison:
    """The comparison of matched rows."""
    rows, caveats = shared(files, at)
    spaces = [one_scale(file.mu[chosen]) for file, chosen in zip(files, at, strict=True)]
    found = halves(rows, options.limits, options.rng(1))
    sides = sides_of(rows, found, options)
    scored, guesses = [], []
    for name, file, chosen, space in zip(names, files, at, spaces, strict=True):
        pixels = None if file.baseline is None else one_scale(file.baseline[chosen])
        knn15, probe, said = judge_file(space, pixels, rows, sides, options)
        scored.append(File(name, len(file), file.mu.shape[1], knn15, probe))
        guesses.append(said)
    differences = () if sides is None else contrast(names, guesses, rows, sides, options)
    k, agreement = agree(names, spaces, rows, options)
    return Comparison(
        n=len(rows),
        classes=dict(zip(rows.classes, np.bincount(rows.codes[rows.codes >= 0]).tolist(), strict=True)),
        scored="held-out" if found.held_out else "all",
        fitted_on=len(found.fit),
        scored_on=len(found.score),
        files=tuple(scored),
        differences=differences,
        agreement=agreement,
        k=k,
        sentences=sentences(scored, differences),
        caveats=(*caveats, *about(scored, rows, found)),
        seed=options.seed,
    )


def judge_file(
    space: Floats, pixels: Floats | None, rows: Rows, sides: Sides | None, options: Options
) -> tuple[Score | None, Score | None, dict[str, Index]]:
    """The two scores of one file, and the guesses they come from."""
    if sides is None:
        return None, None, {}
    said = {"knn15": knn_guesses(space, rows, sides), "probe": probe_guesses(space, rows, sides)}
    near = None if pixels is None else knn_guesses(pixels, rows, sides)
    beside = None if pixels is None else probe_guesses(pixels, rows, sides)
    knn15 = score(sides.queries, said["knn15"], near, rows, options, 5)
    return knn15, score(sides.score, said["probe"], beside, rows, options, 6), said


def contrast(
    names: Sequence[str], guesses: Sequence[dict[str, Index]], rows: Rows, sides: Sides, options: Options
) -> tuple[Difference, ...]:
    """Every two files by every score: the paired bootstrap, its p-values corrected together (Holm)."""
    found = []
    for i, a in enumerate(names):
        for j, b in enumerate(names[i + 1 :], i + 1):
            for which, chosen in (("knn15", sides.queries), ("probe", sides.score)):
                codes = rows.codes[chosen]
                gain = (guesses[i][which] == codes).astype(np.float64) - (guesses[j][which] == codes)
                draws = paired_draws(gain, codes, rows.groups[chosen], options.rng(16))
                centre = float(np.mean([gain[codes == code].mean() for code in np.unique(codes)]))
                low, high = np.quantile(draws, [options.limits.alpha, 1 - options.limits.alpha])
                # Draws exactly at 0 speak for neither side, so they count against both.
                tail = min((draws <= 0).sum(), (draws >= 0).sum())
                p = min(2 * (1 + int(tail)) / (1 + len(draws)), 1.0)
                found.append((a, b, which, centre, float(low), float(high), p))
    corrected = holm(np.array([row[-1] for row in found]))
    return tuple(
        Difference(
            *row, p_holm, (row[0] if row[3] > 0 else row[1]) if p_holm < options.limits.alpha else None
        )
        for row, p_holm in zip(found, corrected.tolist(), strict=True)
    )


def agree(
    names: Sequence[str], spaces: Sequence[Floats], rows: Rows, options: Options
) -> tuple[int, tuple[Agreement, ...]]:
    """Neighbours, alignment and clusterings of every two files."""
    picked = sample(np.arange(len(rows)), EXACT, options.rng(9))
    queries = sample(np.arange(len(rows)), SAMPLED["15-NN queries"], options.rng(17))
    k = options.clusters or (len(rows.classes) if len(rows.classes) > 1 else UNNAMED)
    if not 2 <= k < len(rows):
        if options.clusters is not None:
            raise SeparationError(f"{k} clusters of {len(rows)} images: give 2 to {len(rows) - 1}.")
        k = 2
    labels = [clusters.kmeans(space[picked], k, options.seed).labels for space in spaces]
    found = []
    for i, a in enumerate(names):
        for j, b in enumerate(names[i + 1 :], i + 1):
            found.append(
                Agreement(
                    a=a,
                    b=b,
                    neighbours=shared_neighbours(spaces[i], spaces[j], queries, rows.groups),
                    neighbours_by_chance=shared_by_chance(len(rows)),
                    cka=linear_cka(spaces[i], spaces[j]),
                    clusters_ari=float(clusters.adjusted_rand(clusters.contingency(labels[i], labels[j]))),
                )
            )
    return k, tuple(found)
