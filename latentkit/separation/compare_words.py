"""A comparison in sentences: what is better, how surely, and what must be known before believing it."""

from collections.abc import Sequence

from latentkit.separation.comparison import Difference, File
from latentkit.separation.options import EXACT, SAMPLED
from latentkit.separation.rows import Halves, Rows

LONG = {"knn15": "15-NN", "probe": "linear probe"}


def sentences(files: Sequence[File], differences: Sequence[Difference]) -> tuple[str, ...]:
    """What the differences mean."""
    if not differences:
        return (
            "Without labels of two classes no file is better than another; they can only be more or less alike.",
        )
    said = []
    for a, b in dict.fromkeys((one.a, one.b) for one in differences):
        both = [one for one in differences if (one.a, one.b) == (a, b)]
        winners = {one.better for one in both if one.better is not None}
        figures = " and ".join(f"{LONG[one.score]} {one.difference:+.3f}" for one in both)
        if len(winners) == 1:
            winner = winners.pop()
            loser = b if winner == a else a
            scores = " and ".join(LONG[one.score] for one in both if one.better is not None)
            said.append(
                f"{winner} tells the classes apart better than {loser} by {scores} ({a} less {b}: {figures})."
            )
        elif winners:
            said.append(f"{a} and {b} are each better by one score ({a} less {b}: {figures}).")
        else:
            said.append(
                f"There is no evidence that {a} or {b} tells the classes apart better ({a} less {b}: {figures})."
            )
    beaten = [
        one.name
        for one in files
        if one.probe and one.probe.pixel_pca is not None and not one.probe.beats_pixel_pca
    ]
    if beaten:
        said.append(
            f"PCA of the pixels at the same size is as good as {', '.join(beaten)} for a linear probe."
        )
    return tuple(said)


def about(files: Sequence[File], rows: Rows, found: Halves) -> list[str]:
    """What must be known before believing it."""
    said = ["Silhouettes are not compared: each is measured in units of its own space."]
    left_out = [f"{file.name} {file.n - len(rows)}" for file in files if file.n > len(rows)]
    if left_out:
        said.append(f"Images that not all files hold are left out: {', '.join(left_out)}.")
    if len(rows.classes) > 1 and not found.held_out:
        said.append(
            f"Scored on a random half of all images, the other half being fitted on, because {found.because}."
        )
    if len(rows) > EXACT:
        said.append(
            f"There are more than {EXACT} images: 15-NN and neighbours use {SAMPLED['15-NN queries']} random ones, the fit of "
            f"the probe {SAMPLED['the fit of the probe']}, clusterings {EXACT}."
        )
    return said
