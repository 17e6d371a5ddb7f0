"""From latents to a report: every figure of the screen, in the order in which it is needed.

Deterministic: everything random is seeded by (seed, stage), never by what ran before.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation import (
    caveats,
    clusters,
    latent,
    scores,
    silhouette,
    verdict,
    words,
)
from latentkit.separation.components import choose_components
from latentkit.separation.pairs import Pairs, judge_pairs
from latentkit.separation.report import Clusterings, Found, Report, Verdict
from latentkit.separation.rows import Halves, Rows, arrange, distinct, halves
from latentkit.separation.sample import sample, stratified
from latentkit.separation.scale import one_scale
from latentkit.separation.stability import jaccard, largest_stable
from latentkit.separation.structure import Structure, structure
from latentkit.separation.thresholds import Thresholds

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

ALONE = 5000
EXACT = 20_000  # up to here every row counts everywhere
# Rows sampled beyond it, by the name the caveat gives them.
SAMPLED = {
    "15-NN queries": 4000,
    "the fit of the probe": 20_000,
    "euclidean silhouette": 2000,
    "GDV": 10_000,
    "clustering": EXACT,
}


@dataclass(frozen=True)
class Options:
    """on: "latents", or "projection" (the latest), or a projection's method. clusters: None lets the classes or BIC choose."""

    on: str = "latents"
    clusters: int | None = None
    seed: int = 0
    limits: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True)
class Scored:
    """What needs labels of two classes."""

    pairs: Pairs
    knn15: scores.Score
    probe: scores.Score
    confusion: tuple[tuple[int, ...], ...]


def projection_of(latents: Latents, on: str) -> tuple[str, NDArray[np.floating]]:
    """The method and the points (N, 2 or 3) of a projection in the latents."""
    methods = [key.removeprefix("projection_") for key in latents.arrays if key.startswith("projection_")]
    methods = [method for method in methods if method != "info"]
    if not methods:
        raise SeparationError("there is no projection in these latents: run `latentkit project` first.")
    if on == "projection":
        info = latents.arrays.get("projection_info")
        on = methods[-1] if info is None else json.loads(str(info.item()))["latest"]
    if on not in methods:
        raise SeparationError(
            f"there is no projection {on!r} in these latents: they hold {', '.join(methods)}."
        )
    return on, latents.arrays[f"projection_{on}"]


def judge(latents: Latents, options: Options | None = None) -> Report:
    """Everything there is to say about these latents. Raises SeparationError for what cannot be judged as asked."""
    options = options or Options()
    space, points = ("latents", latents.mu) if options.on == "latents" else projection_of(latents, options.on)
    rows = arrange(
        points,
        ids=latents.ids,
        labels=latents.labels,
        split=latents.split,
        digest=latents.digest,
        logvar=latents.logvar if space == "latents" else None,
        baseline=latents.baseline,
    )
    if options.clusters is not None and not 2 <= options.clusters < len(rows):
        raise SeparationError(
            f"{options.clusters} clusters of {len(rows)} images: give 2 to {len(rows) - 1}."
        )
    with one_thread_each(len(rows)):
        return figures(rows, space, "schema" in latents.meta, options)


@contextmanager
def one_thread_each(rows: int) -> Iterator[None]:
    """Products of a few thousand rows are done before their threads have met: on a busy machine ten times faster."""
    import sklearn.cluster  # noqa: F401  (a library that is not loaded yet cannot be limited)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, user_api=None if rows <= ALONE else "blas"):
        yield


def figures(rows: Rows, space: str, ours: bool, options: Options) -> Report:
    """The report on arranged rows; `ours`: they come from a file of latentkit's own."""
    limits = options.limits
    X = one_scale(rows.mu)
    pixels = None if rows.baseline is None else one_scale(rows.baseline)
    sides = halves(rows, limits, _rng(options, 1))
    scored = judge_labels(X, pixels, rows, sides, options)
    labelled = np.flatnonzero(rows.codes >= 0)
    tight = judge_tightness(X[labelled], rows.codes[labelled], len(rows.classes), options)
    clustering, test = judge_clusters(X, pixels, rows, options)
    health = latent.health(rows.mu, rows.logvar, limits.active_variance, _rng(options, 2))
    return Report(
        n=len(rows),
        dims=rows.mu.shape[1],
        space=space,
        classes=dict(
            zip(
                rows.classes,
                np.bincount(rows.codes[labelled], minlength=len(rows.classes)).tolist(),
                strict=True,
            )
        ),
        unlabelled=len(rows) - len(labelled),
        scored="held-out" if sides.held_out else "all",
        fitted_on=len(sides.fit),
        scored_on=len(sides.score),
        pairs=() if scored is None else scored.pairs.every,
        confusion=None if scored is None else scored.confusion,
        knn15=None if scored is None else scored.knn15,
        probe=None if scored is None else scored.probe,
        tightness=tight,
        clustering=clustering,
        structure=test,
        latent=health,
        verdict=conclude(rows, scored, clustering, test, limits),
        caveats=(
            *caveats.about_rows(rows, sides, limits),
            *caveats.about_sampling(rows, None if scored is None else scored.pairs, EXACT, SAMPLED),
            *caveats.about_latents(rows, health, space, ours),
        ),
        thresholds=limits,
        seed=options.seed,
    )


def _rng(options: Options, stage: int) -> np.random.Generator:
    return np.random.default_rng([options.seed, stage])


def judge_labels(
    X: Floats, pixels: Floats | None, rows: Rows, sides: Halves, options: Options
) -> Scored | None:
    """Pairs, scores and confusion; None with fewer than two classes or nothing to fit or score on."""
    classes = len(rows.classes)
    if classes < 2 or not len(sides.fit) or not len(sides.score):
        return None
    few = len(rows) <= EXACT
    queries = (
        sides.score
        if few
        else stratified(sides.score, rows.codes, SAMPLED["15-NN queries"], _rng(options, 3))
    )
    fit = (
        sides.fit
        if few
        else stratified(sides.fit, rows.codes, SAMPLED["the fit of the probe"], _rng(options, 4))
    )
    labelled = np.flatnonzero(rows.codes >= 0)

    def nearest(space: Floats) -> Index:
        return scores.vote(scores.neighbours(space, queries, labelled, rows.groups), rows.codes, classes)

    def probed(space: Floats) -> Index:
        return scores.probe(space, rows.codes, fit, sides.score)

    def score(at: Index, guess: Index, beside: Index | None, stage: int) -> scores.Score:
        level = 1 - options.limits.alpha
        return scores.judge_score(
            guess, rows.codes[at], rows.groups[at], classes, level, beside, _rng(options, stage)
        )

    guess = probed(X)
    table = np.zeros((classes, classes), np.intp)
    np.add.at(table, (rows.codes[sides.score], guess), 1)
    return Scored(
        pairs=judge_pairs(X, rows, sides, options.limits, options.seed),
        knn15=score(queries, nearest(X), None if pixels is None else nearest(pixels), 5),
        probe=score(sides.score, guess, None if pixels is None else probed(pixels), 6),
        confusion=tuple(tuple(row) for row in table.tolist()),
    )


def judge_tightness(X: Floats, codes: Index, classes: int, options: Options) -> silhouette.Tightness | None:
    """Silhouettes of the given classes, X and codes being those of labelled rows."""
    if len(X) <= EXACT:
        return silhouette.tightness(X, codes, classes)
    every = np.arange(len(X))
    return silhouette.tightness(
        X,
        codes,
        classes,
        queries=stratified(every, codes, SAMPLED["euclidean silhouette"], _rng(options, 7)),
        gdv_rows=stratified(every, codes, SAMPLED["GDV"], _rng(options, 8)),
    )


def judge_clusters(
    X: Floats, pixels: Floats | None, rows: Rows, options: Options
) -> tuple[Clusterings | None, Structure | None]:
    """Clusterings and the structure test: at the k of the option, else of the classes, else as many as are stable."""
    picked = sample(np.arange(len(X)), EXACT, _rng(options, 9))
    points = X[picked]
    k = options.clusters or len(rows.classes)
    if len(points) <= max(k, 2) or not X.any():
        return None, None
    density = clusters.density(points, _rng(options, 13))
    if len(rows.classes) < 2:
        found = discover(points, density, options)
    else:
        found = recover(points, None if pixels is None else pixels[picked], k, density, picked, rows, options)
    return found, structure(points, found.k, _rng(options, 14))


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
            codes, groups, found, codes >= 0, 1 - options.limits.alpha, _rng(options, 11), pixels=other
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
        components = choose_components(points, _rng(options, 10)).k
        chosen_by, found = "stability", largest_stable(points, enough, options.seed, _rng(options, 12))
    if found is None:
        chosen_by, k = (chosen_by, k) if k is not None else ("bic", max(components or 2, 2))
        labels = clusters.kmeans(points, k, options.seed).labels
        found = labels, jaccard(points, labels, _rng(options, 12))
    sizes = np.bincount(found[0], minlength=len(found[1]))
    every = tuple(Found(int(n), float(j)) for n, j in zip(sizes, found[1], strict=True))
    return Clusterings(len(every), chosen_by, components, None, None, density, every)


def conclude(
    rows: Rows,
    scored: Scored | None,
    clustering: Clusterings | None,
    test: Structure | None,
    limits: Thresholds,
) -> Verdict:
    """The verdicts, and the sentences that say them."""
    classes = len(rows.classes)
    pairs = () if scored is None else scored.pairs.every
    separable = verdict.separable(pairs, limits)
    p = None if test is None else test.p
    kmeans = None if clustering is None else clustering.kmeans
    if classes > 1:
        smallest = int(distinct(rows.groups, rows.codes, classes).min())
        visible = verdict.visible_with_labels(smallest, None if kmeans is None else kmeans.low, p, limits)
        seen = words.visible_sentence(visible, kmeans, test, limits)
    else:
        found = (
            None
            if clustering is None or clustering.found is None
            else [one.stability for one in clustering.found]
        )
        visible = verdict.visible_without_labels(len(np.unique(rows.groups)), found, p, limits)
        seen = words.unlabelled_sentence(visible, 0 if found is None else len(found), found, test, limits)
    sentences = (
        words.separable_sentence(separable, pairs, classes, limits),
        seen,
        None if scored is None else words.baseline_sentence((scored.knn15, scored.probe)),
        words.next_sentence(
            separable, visible, pairs, classes, bool((rows.mu.var(axis=0) <= limits.active_variance).all())
        ),
    )
    return Verdict(separable, visible, tuple(sentence for sentence in sentences if sentence is not None))
