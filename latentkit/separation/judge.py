"""From latents to a report: every figure of the screen, in the order in which it is needed."""

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation import caveats, latent, verdict, words
from latentkit.separation.grouping import judge_clusters
from latentkit.separation.options import EXACT, SAMPLED, Options
from latentkit.separation.report import Clusterings, Report, Verdict
from latentkit.separation.rows import Rows, arrange, distinct, halves
from latentkit.separation.scale import one_scale
from latentkit.separation.structure import Structure
from latentkit.separation.supervised import Scored, judge_labels, judge_tightness
from latentkit.separation.threads import one_thread_each
from latentkit.separation.thresholds import Thresholds


def projection_of(latents: Latents, on: str) -> tuple[str, NDArray[np.floating]]:
    """The method and the points (N, 2 or 3) of a projection in the latents."""
    methods = latents.projections()
    if not methods:
        raise SeparationError("there is no projection in these latents: run `latentkit project` first.")
    if on == "projection":
        on = latents.projection().method
    if on not in methods:
        raise SeparationError(
            f"there is no projection {on!r} in these latents: they hold {', '.join(methods)}."
        )
    return on, methods[on].points


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
        baseline=latents.baseline if space == "latents" else None,
    )
    if options.clusters is not None and not 2 <= options.clusters < len(rows):
        raise SeparationError(
            f"{options.clusters} clusters of {len(rows)} images: give 2 to {len(rows) - 1}."
        )
    with one_thread_each(len(rows)):
        return figures(rows, space, "schema" in latents.meta, options)


def figures(rows: Rows, space: str, ours: bool, options: Options) -> Report:
    """The report on arranged rows; `ours`: they come from a file of latentkit's own."""
    limits = options.limits
    X = one_scale(rows.mu)
    pixels = None if rows.baseline is None else one_scale(rows.baseline)
    sides = halves(rows, limits, options.rng(1))
    scored = judge_labels(X, pixels, rows, sides, options)
    labelled = np.flatnonzero(rows.codes >= 0)
    tight = judge_tightness(X[labelled], rows.codes[labelled], len(rows.classes), options)
    clustering, test = judge_clusters(X, pixels, rows, options)
    health = latent.health(rows.mu, rows.logvar, limits.active_variance, options.rng(2))
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
            *caveats.about_squares(rows, health, None if clustering is None else clustering.hdbscan),
            *caveats.about_latents(rows, health, space, ours),
        ),
        thresholds=limits,
        seed=options.seed,
    )


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
