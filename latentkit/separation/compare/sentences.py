"""A comparison in words: which file is better, how certain that is, and what to know before believing it."""

from collections.abc import Sequence

from latentkit.separation.compare.record import ComparedFile, Difference
from latentkit.separation.options import EXACT, SAMPLED
from latentkit.separation.rows import Rows
from latentkit.separation.separable.holdout import HoldoutSplit
from latentkit.separation.separable.scores import CLASSIFIERS

__all__ = ["describe_caveats", "describe_differences"]

NAMES = {one.key: one.short for one in CLASSIFIERS}


def describe_differences(files: Sequence[ComparedFile], differences: Sequence[Difference]) -> tuple[str, ...]:
    """Return what the differences mean."""
    if not differences:
        return (
            "Without labels of at least two classes, no file is better than another; only their agreement is measured.",
        )
    sentences = []
    for a, b in dict.fromkeys((one.a, one.b) for one in differences):
        both = [one for one in differences if (one.a, one.b) == (a, b)]
        winners = {one.better for one in both if one.better is not None}
        values = " and ".join(f"{NAMES[one.score]} {one.difference:+.3f}" for one in both)
        values = f"({a} minus {b}: {values})"
        if len(winners) == 1:
            winner = winners.pop()
            loser = b if winner == a else a
            scores = " and ".join(NAMES[one.score] for one in both if one.better is not None)
            sentences.append(f"{winner} tells the classes apart better than {loser} by {scores} {values}.")
        elif winners:
            sentences.append(f"{a} and {b} are each better by one score {values}.")
        else:
            sentences.append(f"There is no evidence that {a} or {b} tells the classes apart better {values}.")
    not_better = [
        file.name
        for file in files
        if (score := file.scores.get("probe")) is not None
        and score.pixel_pca is not None
        and not score.beats_pixel_pca
    ]
    if not_better:
        sentences.append(
            f"For a linear probe, PCA of the pixels at the same size is as good as {', '.join(not_better)}."
        )
    return tuple(sentences)


def describe_caveats(files: Sequence[ComparedFile], rows: Rows, split: HoldoutSplit) -> list[str]:
    """Return what to know before believing the comparison."""
    caveats = ["Silhouettes are not compared: each is measured in units of its own space."]
    left_out = [f"{file.name} {file.n - len(rows)}" for file in files if file.n > len(rows)]
    if left_out:
        caveats.append(f"Images that are not in all files are left out: {', '.join(left_out)}.")
    if len(rows.classes) > 1 and not split.held_out:
        caveats.append(
            f"Scored on a random half of all images and fitted on the other half, because {split.reason}."
        )
    if len(rows) > EXACT:
        caveats.append(
            f"With more than {EXACT} images, 15-NN and shared neighbors use {SAMPLED['15-NN queries']} random ones, the "
            f"fit of the probe {SAMPLED['probe fit']}, and clusterings {EXACT}."
        )
    return caveats
