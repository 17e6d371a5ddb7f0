"""A comparison on one screen of at most 100 columns: sentences first, then the figures they are based on.

Names are escaped where lines are laid out, by `latentkit.text`.
"""

from latentkit.separation.compare.record import Comparison
from latentkit.separation.report.tables import number, scored_side
from latentkit.separation.report.text import NAME
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.text import shorten, table, wrap

__all__ = ["to_text"]


def to_text(comparison: Comparison) -> str:
    """Return the comparison as text for a terminal."""
    parts = [_sentences(comparison), _scores(comparison), _differences(comparison), _agreement(comparison)]
    caveats = [line for caveat in comparison.caveats for line in wrap(caveat, first="  - ")]
    return "\n\n".join("\n".join(lines) for lines in [*parts, ["CAVEATS", *caveats]] if lines)


def _sentences(comparison: Comparison) -> list[str]:
    lines = [
        f"COMPARISON   {comparison.n} images in all of {len(comparison.files)} files, "
        f"{len(comparison.classes)} classes"
    ]
    return lines + [line for sentence in comparison.sentences for line in wrap(sentence, first="  ")]


def _scores(comparison: Comparison) -> list[str]:
    scored = [one for one in CLASSIFIERS if all(one.key in file.scores for file in comparison.files)]
    if not scored:
        return []
    rows: list[tuple[str, ...]] = [("file", "score", "latents", "value", "at least", "pixel PCA")]
    for file in comparison.files:
        for one in scored:
            score = file.scores[one.key]
            values = (score.value, score.low, score.pixel_pca)
            rows.append((shorten(file.name, NAME), one.title, str(file.dims), *map(number, values)))
    return [
        f"SCORES   balanced accuracy on the same images ({scored_side(comparison.scored)})",
        *table(rows, left=2),
    ]


def _differences(comparison: Comparison) -> list[str]:
    if not comparison.differences:
        return []
    names = {one.key: one.short for one in CLASSIFIERS}
    rows: list[tuple[str, ...]] = [
        ("first", "second", "score", "difference", "at least", "at most", "p (Holm)", "better")
    ]
    for one in comparison.differences:
        better = {None: "-", one.a: "first", one.b: "second"}[one.better]
        values = (f"{value:+.3f}" for value in (one.difference, one.low, one.high))
        heads = (shorten(one.a, NAME), shorten(one.b, NAME), names[one.score])
        rows.append((*heads, *values, f"{one.p_holm:.2g}", better))
    return ["DIFFERENCES   first minus second, paired bootstrap over images", *table(rows, left=3)]


def _agreement(comparison: Comparison) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("first", "second", "shared neighbors", "by chance", "CKA", f"ARI of {comparison.k} clusters")
    ]
    for one in comparison.agreement:
        values = (one.neighbors, one.neighbors_by_chance, one.cka, one.clusters_ari)
        rows.append((shorten(one.a, NAME), shorten(one.b, NAME), *map(number, values)))
    return ["AGREEMENT   without labels; 1 means the same", *table(rows, left=2)]
