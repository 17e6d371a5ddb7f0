"""A comparison in words: better, worse or cannot tell, by how much, and what to know before believing it."""

from collections.abc import Sequence
from typing import NamedTuple

from latentkit.separation.compare.answers import MIN_IMAGES
from latentkit.separation.compare.record import ARI, ComparedFile, Difference, Pair
from latentkit.separation.options import EXACT, SAMPLED
from latentkit.separation.rows import Rows

__all__ = ["Summary", "describe_caveats", "describe_result"]

SUBJECTS = {
    "knn15": "Class named by the 15 most similar images",
    "probe": "Class named by a linear classifier",
    ARI: "Agreement of clusters with the classes (0: chance, 1: exact)",
}
NAMED = 3
"""Most files that a sentence names."""


class Summary(NamedTuple):
    """The verdict in a word, and sentences, the verdict first."""

    verdict: str
    sentences: tuple[str, ...]


def describe_result(
    files: Sequence[ComparedFile],
    pairs: Sequence[Pair],
    differences: Sequence[Difference],
    *,
    labeled: int,
    classes: int,
) -> Summary:
    """Return the verdict on two files, or on more, in words."""
    if classes < 2:
        text = "Cannot tell: no labels of at least two classes say which file is better; add --labels CSV."
        return Summary("no labels", (text,))
    if not differences:
        text = (
            f"Too few images: {labeled} with labels cannot tell which file is better (at least {MIN_IMAGES})."
        )
        return Summary("too few images", (text,))
    if len(files) == 2:
        return _describe_two(pairs[0], files, differences, labeled)
    return _describe_many(files, pairs, differences)


def _describe_two(
    pair: Pair, files: Sequence[ComparedFile], differences: Sequence[Difference], labeled: int
) -> Summary:
    ordered = _by_importance(differences)
    first = ordered[0]
    head = {
        "better": f"Better by {_amount(first)}",
        "worse": f"Worse by {_amount(first)}",
        "mixed": f"{'Better' if first.difference > 0 else 'Worse'} by {_amount(first)}, but not by every score",
        "cannot tell": "Cannot tell",
    }[pair.verdict]
    a, b = (_value(first.score, file) for file in files)
    if first.score == ARI:
        text = f"clusters of {first.b} match the classes to {b}, those of {first.a} to {a}."
    else:
        text = f"{first.b} gives the right class of {b} of the images, {first.a} of {a}."
    more = []
    if pair.verdict == "cannot tell":
        more = [f"With {labeled} images, a difference of {_amount(first, first.visible)} or more would show."]
    measured = (_measured(one, *files) for one in ordered)
    return Summary(pair.verdict, (f"{head}: {text}", *more, *measured))


def _describe_many(
    files: Sequence[ComparedFile], pairs: Sequence[Pair], differences: Sequence[Difference]
) -> Summary:
    leader = min(files, key=lambda file: file.rank or 0).name
    behind: list[tuple[str, Difference]] = []
    unclear: list[tuple[str, Difference]] = []
    for pair in pairs:
        if leader in (pair.a, pair.b):
            own = _by_importance([one for one in differences if (one.a, one.b) == (pair.a, pair.b)])[0]
            won = pair.verdict == ("better" if pair.b == leader else "worse")
            (behind if won else unclear).append((pair.a if pair.b == leader else pair.b, own))
    least = min((one for _, one in behind), key=lambda one: abs(one.difference), default=None)
    better = (
        "" if least is None else f"better than {_names([name for name, _ in behind])} by {_amount(least)}"
    )
    better += " or more" if len(behind) > 1 else ""
    changed = _changed(pairs, len(differences))
    if not unclear:
        return Summary(leader, (f"Best of {len(files)}: {leader}, {better}.", *changed))
    text = f"Cannot tell which of {len(files)} is best: {leader} leads, but may be no better than "
    text += f"{_names([name for name, _ in unclear])}."
    return Summary("cannot tell", (text, *([f"{leader} is {better}."] if better else []), *changed))


def _changed(pairs: Sequence[Pair], comparisons: int) -> list[str]:
    """Return what the correction for the number of comparisons changes."""
    return [
        f"{pair.b} against {pair.a}: {pair.alone} counted alone; corrected for {comparisons} comparisons, {pair.verdict}."
        for pair in pairs
        if pair.alone != pair.verdict
    ]


def _by_importance(differences: Sequence[Difference]) -> list[Difference]:
    """Return those that are told from 0 first; classifiers before clusters, larger differences before smaller."""
    return sorted(differences, key=lambda one: (one.better is None, one.score == ARI, -abs(one.difference)))


def _measured(one: Difference, *files: ComparedFile) -> str:
    """Return one score of two files, and the difference."""
    a, b = (_value(one.score, file) for file in files)
    if one.better is None:
        certain = "too little to tell"
    elif one.difference > 0:
        certain = f"{_signed(one, one.low)} or more"
    else:
        certain = f"{_signed(one, one.high)} or less"
    unit = "" if one.score == ARI else " points"
    return f"{SUBJECTS[one.score]}: {b} instead of {a} ({_signed(one, one.difference)}{unit}, {certain})."


def _value(score: str, file: ComparedFile) -> str:
    value = file.scores[score]
    return f"{value:.2f}" if score == ARI else f"{value:.1%}"


def _amount(one: Difference, value: float | None = None) -> str:
    value = abs(one.difference if value is None else value)
    return f"{value:.2f}" if one.score == ARI else f"{100 * value:.1f} points"


def _signed(one: Difference, value: float) -> str:
    return f"{value:+.2f}" if one.score == ARI else f"{100 * value:+.1f}"


def _names(names: Sequence[str]) -> str:
    shown = list(names[:NAMED]) + ([f"{len(names) - NAMED} more"] if len(names) > NAMED else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def describe_caveats(files: Sequence[ComparedFile], rows: Rows) -> list[str]:
    """Return what to know before believing the comparison."""
    caveats = [
        "This compares these files, not the ways they were made: another --seed of train may differ as much.",
        "Silhouettes are not compared: each is measured in units of its own space.",
    ]
    left_out = [f"{file.name} {file.n - len(rows)}" for file in files if file.n > len(rows)]
    if left_out:
        caveats.append(
            f"Images that are not in all files are left out: {', '.join(left_out)}. Fewer files may have more in common."
        )
    unlabeled = int((rows.codes < 0).sum())
    if unlabeled and len(rows.classes) > 1:
        caveats.append(f"{unlabeled} images without labels are not scored.")
    if len(rows) > EXACT:
        caveats.append(
            f"With more than {EXACT} images, 15-NN and shared neighbors use {SAMPLED['15-NN queries']} random ones, and "
            f"clusterings {EXACT}."
        )
    return caveats
