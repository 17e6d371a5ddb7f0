"""The report on one screen of at most 100 columns: sentences first, then the figures they rest on."""

import textwrap
from collections.abc import Callable, Sequence

from latentkit.separation.report import Report
from latentkit.separation.scores import Score
from latentkit.separation.words import hardest

WIDTH = 100
PAIRS = 10
NAME = 20


def to_text(report: Report, shown: Callable[[str], str] = str) -> str:
    """The screen. `shown` makes names printable (a terminal must not obey a class name)."""
    parts = [
        _verdict(report, shown),
        _pairs(report, shown),
        _scores(report),
        _classes(report, shown),
        _clusters(report),
        _latent(report),
        _caveats(report, shown),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Align columns: the first `left` to the left, the others to the right, two spaces between."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 3] + "..."


def _wrapped(sentence: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _verdict(report: Report, shown: Callable[[str], str]) -> list[str]:
    what = f"{report.n} images, {report.dims} {'latents' if report.space == 'latents' else 'coordinates of ' + report.space}"
    if report.classes:
        what += f", {len(report.classes)} {'class' if len(report.classes) == 1 else 'classes'}"
    lines = [
        f"VERDICT   separable: {report.verdict.separable}   visible: {report.verdict.visible}   ({what})"
    ]
    for sentence in report.verdict.sentences:
        lines += _wrapped(shown(sentence), "  ", "  ")
    return lines


def _pairs(report: Report, shown: Callable[[str], str]) -> list[str]:
    if not report.pairs:
        return []
    side = "held-out images" if report.scored == "held-out" else "a random half"
    lines = [
        f"PAIRS OF CLASSES   a linear probe fitted on {report.fitted_on}, scored on {report.scored_on} ({side}); AUC 0.5 is chance"
    ]
    order = {pair: place for place, pair in enumerate(hardest(report.pairs))}
    pairs = sorted(report.pairs, key=lambda pair: order.get(pair, -1))
    rows: list[tuple[str, ...]] = [("pair", "images", "AUC", "at least", "p (Holm)", "verdict")]
    for pair in pairs[:PAIRS]:
        p = "-" if pair.p_holm is None else f"{pair.p_holm:.2g}"
        names = f"{_short(shown(pair.a))} / {_short(shown(pair.b))}"
        rows.append(
            (names, f"{pair.n_a} / {pair.n_b}", number(pair.auc), number(pair.auc_low), p, pair.verdict)
        )
    lines += table(rows)
    if len(pairs) > PAIRS:
        lines.append(f"  ... and {len(pairs) - PAIRS} pairs further apart (all of them with --json)")
    return lines


def _scores(report: Report) -> list[str]:
    scores: list[tuple[str, Score | None]] = [
        ("15 nearest neighbours", report.knn15),
        ("linear probe", report.probe),
    ]
    known = [(name, score) for name, score in scores if score is not None]
    if not known:
        return []
    rows: list[tuple[str, ...]] = [
        ("", "latents", "at least", "at most", "guessing", "pixel PCA", "better than pixel PCA")
    ]
    for name, score in known:
        better = {None: "unknown", True: "yes", False: "no"}[score.beats_pixel_pca]
        figures = (score.value, score.low, score.high, score.majority, score.pixel_pca)
        rows.append((name, *(number(value) for value in figures), better))
    return ["SCORES   balanced accuracy: the share right in a class, averaged over classes", *table(rows)]


def _classes(report: Report, shown: Callable[[str], str]) -> list[str]:
    tight = report.tightness
    if tight is None:
        return []
    error = "" if tight.euclidean_se is None else f" (standard error {tight.euclidean_se:.3f})"
    lines = [
        f"TIGHTNESS   silhouette {tight.euclidean:.3f}{error}, squared {tight.squared:.3f}"
        f"   Davies-Bouldin {number(tight.davies_bouldin)}   GDV {number(tight.gdv)}",
    ]
    worst = sorted(zip(report.classes, tight.per_class.tolist(), strict=True), key=lambda item: item[1])
    parts = ", ".join(f"{_short(shown(name))} {value:.3f}" for name, value in worst[:PAIRS])
    return lines + _wrapped(
        f"silhouette by class: {parts}{' ...' if len(worst) > PAIRS else ''}", "  ", "    "
    )


def _clusters(report: Report) -> list[str]:
    found = report.clustering
    if found is None:
        return []
    reason = {
        "classes": "as many as classes",
        "option": "as asked for",
        "stability": f"as many as are stable; the best BIC has {found.components}",
        "bic": f"by the best BIC, {found.components}; no number is stable",
    }[found.chosen_by]
    lines = [f"WITHOUT LABELS   {found.k} clusters ({reason})"]
    if found.kmeans is not None and found.gmm is not None:
        rows: list[tuple[str, ...]] = [
            ("", "ARI", "at least", "AMI", "accuracy", "spread over seeds", "pixel PCA's ARI")
        ]
        for name, one in (("k-means", found.kmeans), ("Gaussian mixture", found.gmm)):
            rows.append(
                (
                    name,
                    *(
                        number(v)
                        for v in (one.ari, one.low, one.ami, one.accuracy, one.spread, one.pixel_pca)
                    ),
                )
            )
        lines += table(rows)
        lines.append(
            f"  the largest class is {max(report.classes.values()) / sum(report.classes.values()):.3f} of the labelled images"
        )
    if found.found is not None:
        heads: list[tuple[str, ...]] = [("cluster", "images", "stability")]
        lines += table(
            heads + [(str(i), str(one.images), number(one.stability, 2)) for i, one in enumerate(found.found)]
        )
    lines.append(
        f"  HDBSCAN: {found.hdbscan.clusters} clusters, {found.hdbscan.noise:.0%} of images left out as noise"
    )
    if report.structure is not None:
        lines.append(
            f"  p = {report.structure.p:.2g} that one Gaussian cloud would fall into {report.structure.k} clusters as tight "
            f"({report.structure.n} images)"
        )
    return lines


def _latent(report: Report) -> list[str]:
    health = report.latent
    lines = [
        f"LATENTS   {health.active_units} of {report.dims} active, effective rank {health.effective_rank:.1f}, "
        f"participation ratio {health.participation_ratio:.1f}"
    ]
    nats = []
    if health.kl_per_dim is not None:
        nats.append(f"KL {sum(health.kl_per_dim):.2f}")
    if health.mutual_information is not None:
        nats.append(
            f"mutual information {'at least ' if health.mutual_information_capped else ''}{health.mutual_information:.2f}"
        )
    if health.total_correlation is not None:
        nats.append(f"total correlation {health.total_correlation:.2f}")
    return lines + ([f"  in nats: {', '.join(nats)}"] if nats else [])


def _caveats(report: Report, shown: Callable[[str], str]) -> list[str]:
    lines = [line for caveat in report.caveats for line in _wrapped(shown(caveat), "  - ", "    ")]
    return ["CAVEATS", *lines] if lines else []
