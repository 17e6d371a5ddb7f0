"""Rows of tables and lines of figures, as text that the terminal and the page share."""

from latentkit.separation.report.health import Health
from latentkit.separation.report.record import Report
from latentkit.separation.separable.pairs import Pair, sort_by_auc
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.separation.separable.tightness import INDICES, Tightness
from latentkit.separation.visible.clusters import Density
from latentkit.separation.visible.judge import Clusterings
from latentkit.separation.visible.structure import Structure

__all__ = [
    "PAIR_HEADS",
    "RECOVERY_HEADS",
    "SCORE_HEADS",
    "VIEW_HEADS",
    "class_silhouettes",
    "describe_choice_of_k",
    "describe_density",
    "describe_nats",
    "describe_scoring",
    "describe_structure",
    "describe_tightness",
    "describe_usage",
    "number",
    "pair_rows",
    "recovery_rows",
    "score_rows",
    "view_rows",
]

PAIR_HEADS = ("pair", "images", "AUC", "at least", "p (Holm)", "verdict")
SCORE_HEADS = ("", "latents", "at least", "at most", "guessing", "pixel PCA", "better than pixel PCA")
RECOVERY_HEADS = ("", "ARI", "at least", "AMI", "accuracy", "spread over seeds", "pixel PCA's ARI")

VIEW_HEADS = ("", "ARI", "at least", "purity", "chance", "fidelity", "gaps", "without colors", "with colors")


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure, or a dash for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def describe_scoring(report: Report) -> str:
    """Return how the labeled images were scored; empty if they were not."""
    how = report.cross_validation
    if how is None:
        return ""
    repeats = "once" if how.repeats == 1 else f"{how.repeats} times"
    return f"{report.scored_on:,} images, each scored {repeats} by a linear probe of nine tenths"


def pair_rows(report: Report, most: int) -> list[tuple[str, ...]]:
    """Return at most `most` pairs: a, b, then the cells; pairs without an AUC first, then the least separate."""
    order = {pair: place for place, pair in enumerate(sort_by_auc(report.pairs))}

    def row(pair: Pair) -> tuple[str, ...]:
        p = "-" if pair.p_holm is None else f"{pair.p_holm:.2g}"
        images = f"{pair.n_a} / {pair.n_b}"
        return (pair.a, pair.b, images, number(pair.auc), number(pair.auc_low), p, pair.verdict)

    return [row(pair) for pair in sorted(report.pairs, key=lambda pair: order.get(pair, -1))[:most]]


def score_rows(report: Report) -> list[tuple[str, ...]]:
    """Return the known scores, each with its bounds, guessing and PCA of the pixels."""
    rows: list[tuple[str, ...]] = []
    for classifier in CLASSIFIERS:
        score = report.scores.get(classifier.key)
        if score is not None:
            better = {None: "unknown", True: "yes", False: "no"}[score.beats_pixel_pca]
            values = (score.value, score.low, score.high, score.majority, score.pixel_pca)
            rows.append((classifier.title, *map(number, values), better))
    return rows


def describe_tightness(tight: Tightness) -> tuple[str, str]:
    """Return the silhouettes, and the other indices."""
    error = "" if tight.euclidean_se is None else f" (standard error {tight.euclidean_se:.3f})"
    return (
        f"silhouette {tight.euclidean:.3f}{error}, squared {tight.squared:.3f}",
        ", ".join(f"{one.title} {number(tight.indices[one.key])}" for one in INDICES),
    )


def class_silhouettes(report: Report) -> list[tuple[str, float]]:
    """Return each class and its silhouette, the least tight first; empty without labels."""
    each = () if report.tightness is None else report.tightness.per_class.tolist()
    return sorted(zip(report.classes, each, strict=True), key=lambda item: item[1]) if each else []


def describe_choice_of_k(clustering: Clusterings) -> str:
    """Return what the number of clusters was chosen by."""
    return {
        "classes": "the number of classes",
        "option": "as requested",
        "stability": f"the largest stable number; BIC prefers {clustering.components}",
        "bic": f"no number is stable; BIC prefers {clustering.components}",
    }[clustering.chosen_by]


def recovery_rows(clustering: Clusterings) -> list[tuple[str, ...]]:
    """Return how much of the classes k-means and the mixture recover; empty without classes."""
    return [
        (name, *map(number, (one.ari, one.low, one.ami, one.accuracy, one.spread, one.pixel_pca)))
        for name, one in (("k-means", clustering.kmeans), ("Gaussian mixture", clustering.gmm))
        if one is not None
    ]


def view_rows(report: Report) -> list[tuple[str, ...]]:
    """Return what each clustering and picture shows."""
    gaps = {None: "-", True: "yes", False: "no"}
    return [
        (
            view.title,
            *(number(value, 2) for value in (view.ari, view.low, view.purity, view.chance, view.fidelity)),
            gaps[view.gap],
            view.verdict,
            view.colored or "-",
        )
        for view in report.views
    ]


def describe_density(density: Density) -> str:
    """Return the result of HDBSCAN."""
    return f"HDBSCAN: {density.clusters} clusters, {density.noise:.0%} of images left out as noise"


def describe_structure(test: Structure) -> str:
    """Return the result of the structure test."""
    return f"{test.k} clusters: p = {test.p:.2g} under a single-Gaussian null ({test.n} images)"


def describe_usage(report: Report) -> str:
    """Return how much of the latent space is used."""
    health = report.latent
    return (
        f"{health.active_units} of {report.dims} active, effective rank {health.effective_rank:.1f}, "
        f"participation ratio {health.participation_ratio:.1f}"
    )


def describe_nats(health: Health) -> str:
    """Return the known figures in nats; empty if there are none."""
    nats = []
    if health.kl_per_dim is not None:
        nats.append(f"KL {sum(health.kl_per_dim):.2f}")
    if health.mutual_information is not None:
        least = "at least " if health.mutual_information_capped else ""
        nats.append(f"mutual information {least}{health.mutual_information:.2f}")
    if health.total_correlation is not None:
        nats.append(f"total correlation {health.total_correlation:.2f}")
    return ", ".join(nats)
