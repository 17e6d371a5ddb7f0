"""A comparison on one screen of at most 100 columns: sentences first, then the figures they rest on."""

import textwrap
from collections.abc import Callable

from latentkit.separation.comparison import Comparison
from latentkit.separation.tables import number
from latentkit.separation.text import NAME, WIDTH, table

SHORT = {"knn15": "15-NN", "probe": "probe"}


def to_text(found: Comparison, shown: Callable[[str], str] = str) -> str:
    """The screen. `shown` makes names printable (a terminal must not obey a file name)."""
    parts = [
        _sentences(found, shown),
        _scores(found, shown),
        _differences(found, shown),
        _agreement(found, shown),
    ]
    caveats = [line for caveat in found.caveats for line in _wrapped(shown(caveat), "  - ", "    ")]
    return "\n\n".join("\n".join(lines) for lines in [*parts, ["CAVEATS", *caveats]] if lines)


def _wrapped(sentence: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _short(name: str) -> str:
    """The end of a long path says more than its beginning."""
    return name if len(name) <= NAME else "..." + name[3 - NAME :]


def _sentences(found: Comparison, shown: Callable[[str], str]) -> list[str]:
    lines = [
        f"COMPARISON   {found.n} images in all of {len(found.files)} files, {len(found.classes)} classes"
    ]
    return lines + [line for sentence in found.sentences for line in _wrapped(shown(sentence), "  ", "  ")]


def _scores(found: Comparison, shown: Callable[[str], str]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("file", "latents", "15-NN", "at least", "pixel PCA", "probe", "at least", "pixel PCA")
    ]
    for file in found.files:
        if file.knn15 is None or file.probe is None:
            return []
        figures = [(one.value, one.low, one.pixel_pca) for one in (file.knn15, file.probe)]
        cells = [number(value) for one in figures for value in one]
        rows.append((_short(shown(file.name)), str(file.dims), *cells))
    where = "held-out images" if found.scored == "held-out" else "a random half"
    return [f"SCORES   balanced accuracy on the same images ({where})", *table(rows)]


def _differences(found: Comparison, shown: Callable[[str], str]) -> list[str]:
    if not found.differences:
        return []
    rows: list[tuple[str, ...]] = [
        ("first", "second", "score", "difference", "at least", "at most", "p (Holm)", "better")
    ]
    for one in found.differences:
        better = {None: "-", one.a: "first", one.b: "second"}[one.better]
        figures = (f"{value:+.3f}" for value in (one.difference, one.low, one.high))
        names = (_short(shown(one.a)), _short(shown(one.b)), SHORT[one.score])
        rows.append((*names, *figures, f"{one.p_holm:.2g}", better))
    return ["DIFFERENCES   first less second, paired bootstrap over images", *table(rows, left=3)]


def _agreement(found: Comparison, shown: Callable[[str], str]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("first", "second", "neighbours shared", "by chance", "CKA", f"ARI of {found.k} clusters")
    ]
    for one in found.agreement:
        figures = (
            number(one.neighbours),
            number(one.neighbours_by_chance),
            number(one.cka),
            number(one.clusters_ari),
        )
        rows.append((_short(shown(one.a)), _short(shown(one.b)), *figures))
    return ["AGREEMENT   labels unseen; 1 is the same", *table(rows, left=2)]
