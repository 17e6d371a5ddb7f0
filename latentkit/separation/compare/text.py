"""A comparison on one screen of at most 100 columns: the verdict first, then the figures it is based on.

Names are escaped where lines are laid out, by `latentkit.text`.
"""

from collections.abc import Sequence

from latentkit.separation.compare.record import ARI, Comparison
from latentkit.separation.report.tables import number
from latentkit.separation.report.text import NAME
from latentkit.separation.separable.scores import CLASSIFIERS
from latentkit.text import shorten, table, wrap

__all__ = ["to_text"]

ALL_PAIRS = 4
"""With more files than this, only pairs with the best file are printed."""


def to_text(comparison: Comparison) -> str:
    """Return the comparison as text for a terminal."""
    first, *others = comparison.sentences
    sentences = wrap(first, rest="  ") + [line for one in others for line in wrap(one, first="  ")]
    parts = [sentences, _files(comparison), _differences(comparison), _agreement(comparison)]
    caveats = [line for caveat in comparison.caveats for line in wrap(caveat, first="  - ")]
    return "\n\n".join("\n".join(lines) for lines in [*parts, ["CAVEATS", *caveats]] if lines)


def _files(comparison: Comparison) -> list[str]:
    heads = ("", "file", "latents", *(one.title for one in CLASSIFIERS), "clusters (ARI)", "R2")
    rows: list[tuple[str, ...]] = [heads]
    for file in sorted(comparison.files, key=lambda file: file.rank or 0):
        scores = (file.scores.get(key) for key in (*(one.key for one in CLASSIFIERS), ARI))
        name = shorten(file.name, NAME)
        rows.append((str(file.rank or "-"), name, str(file.dims), *map(number, scores), number(file.r2)))
    classes = f", {len(comparison.classes)} classes" if comparison.classes else ""
    return [
        f"FILES   best first; the same {comparison.n} images{classes}",
        *table(rows, left=2),
        *wrap(
            "nearest neighbors, linear probe: share of the images whose class is predicted right, classes counted alike; "
            "R2: reconstructed share of the pixels' variance (- if the file does not have it)",
            first="  ",
        ),
    ]


def _differences(comparison: Comparison) -> list[str]:
    if not comparison.differences:
        return []
    names = {one.key: one.short for one in CLASSIFIERS} | {ARI: "ARI"}
    rows: list[tuple[str, ...]] = [
        ("second", "first", "score", "difference", "at least", "at most", "p (Holm)", "better")
    ]
    shown = _shown(comparison)
    for one in comparison.differences:
        if one.a in shown or one.b in shown:
            better = {None: "-", one.a: "first", one.b: "second"}[one.better]
            values = (f"{value:+.3f}" for value in (one.difference, one.low, one.high))
            heads = (shorten(one.b, NAME), shorten(one.a, NAME), names[one.score])
            rows.append((*heads, *values, f"{one.p_holm:.2g}", better))
    count = len(comparison.differences)
    return [
        f"TESTS   second minus first, paired by image; Holm corrects for {count} tests",
        *table(rows, left=3),
    ]


def _agreement(comparison: Comparison) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("first", "second", "shared neighbors", "by chance", "CKA", f"ARI of {comparison.k} clusters")
    ]
    shown = _shown(comparison)
    for one in comparison.agreement:
        if one.a in shown or one.b in shown:
            values = (one.neighbors, one.neighbors_by_chance, one.cka, one.clusters_ari)
            rows.append((shorten(one.a, NAME), shorten(one.b, NAME), *map(number, values)))
    return ["AGREEMENT   without labels; 1 means the same", *table(rows, left=2)]


def _shown(comparison: Comparison) -> Sequence[str]:
    """Return the files of whose pairs one is printed."""
    if len(comparison.files) <= ALL_PAIRS:
        return [file.name for file in comparison.files]
    return [min(comparison.files, key=lambda file: file.rank or 0).name]
