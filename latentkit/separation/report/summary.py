"""The short report: the verdict in a few plain sentences, then one table of three figures beside their baselines."""

from latentkit.separation.report.record import Report
from latentkit.separation.report.sentences import PLAIN
from latentkit.separation.report.tables import number
from latentkit.separation.report.text import verdict_lines
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.text import table

__all__ = ["to_summary"]

HEADS = ("", "latents", "pixels", "guessing")


def to_summary(report: Report) -> str:
    """Return the verdict and the table; `to_text` has every figure."""
    lines = verdict_lines(report)
    if rows := summary_rows(report):
        lines += ["", *table([HEADS, *rows])]
        lines += [
            "  Neighbors and classifier: the share of images whose class they predict. Clusters: how well they match",
            "  the classes, from 0 (chance) to 1. Pixels: the same without a VAE. All figures: add --details.",
        ]
    return "\n".join(lines)


def summary_rows(report: Report) -> list[tuple[str, ...]]:
    """Return up to three scores with their baselines: name, latents, PCA of the pixels, guessing."""
    rows = []
    for one in CLASSIFIERS:
        if (score := report.scores.get(one.key)) is not None and one.key in PLAIN:
            values = (score.value, score.pixel_pca, score.majority)
            rows.append((PLAIN[one.key], *map(number, values)))
    kmeans = None if report.clustering is None else report.clustering.kmeans
    if kmeans is not None:
        rows.append((PLAIN["ari"], number(kmeans.ari), number(kmeans.pixel_pca), number(0.0)))
    return rows
