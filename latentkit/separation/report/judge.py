"""Judge latents: compute every figure of the report, in the order in which it is needed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation.options import EXACT, SAMPLED, Options, Thresholds, limit_threads
from latentkit.separation.report import caveats, sentences, verdict, view_sentences
from latentkit.separation.report.advice import Situation, Training, suggest
from latentkit.separation.report.benefit import Benefit, judge_benefit
from latentkit.separation.report.health import measure_health
from latentkit.separation.report.record import CrossValidation, Report
from latentkit.separation.report.verdict import Verdict
from latentkit.separation.rows import Rows, arrange, class_counts
from latentkit.separation.separable.folds import FOLDS, Folds, is_logistic
from latentkit.separation.separable.pairs import Pairs, judge_pairs, sort_by_auc
from latentkit.separation.separable.scores import FEWEST, ClassifierScore, folds_to_score, score_all
from latentkit.separation.separable.tightness import judge_tightness
from latentkit.separation.visible import candidates
from latentkit.separation.visible.judge import Clustered, judge_clusters
from latentkit.separation.visible.views import View, judge_view, overall
from latentkit.stats import center_and_scale

__all__ = ["advise", "judge"]

Floats = NDArray[np.float64]
Tell = Callable[[str], None]


def judge(latents: Latents, options: Options | None = None, tell: Tell = lambda _: None) -> Report:
    """Return the report on these latents. `tell` receives progress messages.

    Raises ProjectionError for a projection that the latents do not hold, and SeparationError for what cannot be judged.
    """
    options = options or Options()
    space, points = "latents", latents.mu
    if options.on != "latents":
        space, points, _ = latents.projection(None if options.on == "projection" else options.on)
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
            f"{len(rows)} images cannot make {options.clusters} clusters: choose 2 to {len(rows) - 1}."
        )
    with limit_threads(len(rows)):
        report = judge_rows(rows, space, latents, options, tell)
    return advise(report, Training.from_meta(latents.meta))


def advise(report: Report, training: Training | None) -> Report:
    """Return the report with suggestions, the first of which is its last sentence; none for a handful of images."""
    if report.n < FEWEST:
        return report
    by_auc = sort_by_auc(report.pairs)
    situation = Situation(
        separable=report.verdict.separable,
        visible=report.verdict.visible,
        classes=len(report.classes),
        collapsed=report.latent.active_units == 0,
        hardest=(by_auc[0].a, by_auc[0].b) if by_auc else None,
    )
    suggestions = suggest(situation, training)
    said = (*report.verdict.sentences, f"Next: {suggestions[0]}")
    return replace(report, suggestions=suggestions, verdict=replace(report.verdict, sentences=said))


def judge_rows(rows: Rows, space: str, latents: Latents, options: Options, tell: Tell) -> Report:
    """Return the report on the arranged rows of these latents."""
    limits = options.thresholds
    X = center_and_scale(rows.mu)
    pixels = None if rows.baseline is None else center_and_scale(rows.baseline)
    folds = folds_to_score(rows, options)
    pairs, scores, confusion = judge_labels(X, pixels, rows, folds, options)
    labeled = np.flatnonzero(rows.codes >= 0)
    tight = judge_tightness(X[labeled], rows.codes[labeled], len(rows.classes), options)
    clustered = judge_clusters(X, pixels, rows, options)
    clustering = clustered.result
    views = judge_views(X, rows, clustered, latents if space == "latents" else None, options, tell)
    images = len(np.unique(rows.groups[labeled]))
    benefit = judge_benefit(scores, None if clustering is None else clustering.kmeans, images)
    health = measure_health(rows.mu, rows.logvar, limits.active_variance, options.rng(2))
    return Report(
        n=len(rows),
        dims=rows.mu.shape[1],
        space=space,
        classes=class_counts(rows),
        unlabeled=len(rows) - len(labeled),
        scored_on=0 if folds is None else len(folds.rows),
        cross_validation=describe_folds(X, rows, folds),
        pairs=() if pairs is None else pairs.every,
        confusion=confusion,
        scores=scores,
        benefit=benefit,
        tightness=tight,
        clustering=clustering,
        structure=clustered.structure,
        views=views,
        latent=health,
        verdict=conclude(rows, pairs, benefit, clustered, views, limits),
        suggestions=(),
        caveats=(
            *caveats.about_rows(rows, scores, limits),
            *caveats.about_sampling(rows, pairs, EXACT, SAMPLED),
            *caveats.about_quadratic_costs(rows, health, None if clustering is None else clustering.hdbscan),
            *caveats.about_latents(rows, health, space, "schema" in latents.meta),
        ),
        thresholds=limits,
        seed=options.seed,
    )


def describe_folds(X: Floats, rows: Rows, folds: Folds | None) -> CrossValidation | None:
    """Return how the labeled rows are scored; None if they are not."""
    if folds is None:
        return None
    logistic = is_logistic(len(folds.rows), X.shape[1], len(rows.classes))
    return CrossValidation(FOLDS, folds.repeats, "logistic regression" if logistic else "linear discriminant")


def judge_labels(
    X: Floats, pixels: Floats | None, rows: Rows, folds: Folds | None, options: Options
) -> tuple[Pairs | None, dict[str, ClassifierScore], tuple[tuple[int, ...], ...] | None]:
    """Return pairs, scores and the confusion of the probe; None and {} if there are too few classes or images."""
    if folds is None:
        return None, {}, None
    scores, predictions = score_all(X, pixels, rows, folds, options)
    counts = np.zeros((len(rows.classes), len(rows.classes)), np.intp)
    np.add.at(counts, (rows.codes[folds.rows], predictions["probe"].codes[0]), 1)
    pairs = judge_pairs(X, rows, folds, options.thresholds, options.seed)
    if not any(pair.p_holm is not None and pair.p_holm < options.thresholds.alpha for pair in pairs.every):
        # Near chance the folds depend on one another too much for the bound alone: it is too high in 11% of nulls.
        probe = scores["probe"]
        scores["probe"] = replace(probe, low=min(probe.low, probe.majority))
    return pairs, scores, tuple(tuple(row) for row in counts.tolist())


def judge_views(
    X: Floats, rows: Rows, clustered: Clustered, latents: Latents | None, options: Options, tell: Tell
) -> tuple[View, ...]:
    """Judge every clustering and picture; latents: None if the rows are those of a projection."""
    if clustered.result is None:
        return ()
    k = clustered.result.k
    every = [*candidates.clusterings(clustered.labels, clustered.rows, k)]
    if latents is not None:
        order = np.argsort(latents.ids, kind="stable")
        every += candidates.stored_clusters(latents, order)
        every += candidates.pictures(latents, order, k, options.pictures == "all", options.rng(15), tell)
    limits = options.thresholds
    return tuple(judge_view(one, X, rows, k, clustered.structure, limits, options.rng(17)) for one in every)


def conclude(
    rows: Rows,
    pairs: Pairs | None,
    benefit: Benefit | None,
    clustered: Clustered,
    views: Sequence[View],
    limits: Thresholds,
) -> Verdict:
    """Return the verdicts, and the sentences that explain them."""
    classes, images = len(rows.classes), len(np.unique(rows.groups))
    labeled = len(np.unique(rows.groups[rows.codes >= 0]))
    every = () if pairs is None else pairs.every
    separable = verdict.separable(every, limits)
    if classes > 1:
        visible = overall(views)
        about_clusters = view_sentences.views_sentence(visible, views)
    else:
        clustering, test = clustered.result, clustered.structure
        stabilities = None
        if clustering is not None and clustering.discovered is not None:
            stabilities = [one.stability for one in clustering.discovered]
        p = None if test is None else test.p
        visible = verdict.visible_without_labels(images, stabilities, p, limits)
        about_clusters = sentences.groups_sentence(visible, stabilities, test, limits)
    if images < FEWEST:
        return Verdict("cannot say", "cannot say", (sentences.too_few_sentence(images),))
    every_sentence = (
        sentences.separable_sentence(separable, every, classes, labeled, limits),
        about_clusters,
        sentences.benefit_sentence(benefit),
    )
    return Verdict(separable, visible, tuple(one for one in every_sentence if one is not None))
