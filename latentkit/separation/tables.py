"""The rows of a report's tables, as text: the same on the screen and on a page."""

from collections.abc import Callable

from latentkit.separation.latent import Health
from latentkit.separation.pairs import Pair
from latentkit.separation.report import Clusterings, Report
from latentkit.separation.words import hardest

PAIRS = ("pair", "images", "AUC", "at least", "p (Holm)", "verdict")
SCORES = ("", "latents", "at least", "at most", "guessing", "pixel PCA", "better than pixel PCA")
RECOVERIES = ("", "ARI", "at least", "AMI", "accuracy", "spread over seeds", "pixel PCA's ARI")


def number(value: float | None, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"


def pair_rows(report: Report, most: int, named: Callable[[str], str] = str) -> list[tuple[str, ...]]:
    """At most so many pairs, those without an AUC first and then the least separate; `named` makes names fit to be shown."""
    order = {pair: place for place, pair in enumerate(hardest(report.pairs))}

    def row(pair: Pair) -> tuple[str, ...]:
        p = "-" if pair.p_holm is None else f"{pair.p_holm:.2g}"
        names = f"{named(pair.a)} / {named(pair.b)}"
        return (names, f"{pair.n_a} / {pair.n_b}", number(pair.auc), number(pair.auc_low), p, pair.verdict)

    return [row(pair) for pair in sorted(report.pairs, key=lambda pair: order.get(pair, -1))[:most]]


def score_rows(report: Report) -> list[tuple[str, ...]]:
    """The scores that are known, each beside its bounds, guessing and PCA of the pixels."""
    rows: list[tuple[str, ...]] = []
    for name, score in (("15 nearest neighbours", report.knn15), ("linear probe", report.probe)):
        if score is not None:
            better = {None: "unknown", True: "yes", False: "no"}[score.beats_pixel_pca]
            figures = (score.value, score.low, score.high, score.majority, score.pixel_pca)
            rows.append((name, *map(number, figures), better))
    return rows


def silhouettes(report: Report) -> list[tuple[str, float]]:
    """Each class and its silhouette, the least tight first; empty without labels."""
    each = () if report.tightness is None else report.tightness.per_class.tolist()
    return sorted(zip(report.classes, each, strict=True), key=lambda item: item[1]) if each else []


def why_so_many(found: Clusterings) -> str:
    """What the number of clusters was chosen by."""
    return {
        "classes": "as many as classes",
        "option": "as asked for",
        "stability": f"as many as are stable; the best BIC has {found.components}",
        "bic": f"by the best BIC, {found.components}; no number is stable",
    }[found.chosen_by]


def recovery_rows(found: Clusterings) -> list[tuple[str, ...]]:
    """How much of the classes k-means and the mixture find again; empty without classes."""
    return [
        (name, *map(number, (one.ari, one.low, one.ami, one.accuracy, one.spread, one.pixel_pca)))
        for name, one in (("k-means", found.kmeans), ("Gaussian mixture", found.gmm))
        if one is not None
    ]


def density_words(found: Clusterings) -> str:
    """What HDBSCAN sees."""
    return (
        f"HDBSCAN: {found.hdbscan.clusters} clusters, {found.hdbscan.noise:.0%} of images left out as noise"
    )


def usage_words(report: Report) -> str:
    """How much of the latent space is used."""
    health = report.latent
    return (
        f"{health.active_units} of {report.dims} active, effective rank {health.effective_rank:.1f}, "
        f"participation ratio {health.participation_ratio:.1f}"
    )


def nats_words(health: Health) -> str:
    """What is known in nats; empty where nothing is."""
    nats = []
    if health.kl_per_dim is not None:
        nats.append(f"KL {sum(health.kl_per_dim):.2f}")
    if health.mutual_information is not None:
        least = "at least " if health.mutual_information_capped else ""
        nats.append(f"mutual information {least}{health.mutual_information:.2f}")
    if health.total_correlation is not None:
        nats.append(f"total correlation {health.total_correlation:.2f}")
    return ", ".join(nats)
