"""Reports: the silhouette against scikit-learn's, and whole reports by the clock."""

import numpy as np

from latentkit.separation.separable.distances import class_sums
from latentkit.separation.separable.tightness import silhouettes_from_sums

from .. import material
from ..measure import LATENTKIT, at_least, at_most, explained, explained_process, in_turn, process
from ..row import Line, Scale, against, alone


def silhouette(scale: Scale) -> list[Line]:
    """The exact Euclidean silhouette, against scikit-learn's."""
    from sklearn.metrics import silhouette_score

    count = scale.of(20_000, 4_000)
    rows, labels = material.blobs(count, 128)
    codes = np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(codes)

    def mine() -> float:
        return float(silhouettes_from_sums(class_sums(rows, rows, codes, len(counts)), codes, counts).mean())

    def theirs() -> float:
        return float(silhouette_score(rows, codes))

    if abs(mine() - theirs()) > 1e-4:
        raise AssertionError(f"the silhouettes differ: {mine()} and {theirs()}")
    pairs = in_turn(mine, theirs, scale.of(3, 3), warm=False)
    speeds = [(1 / ours, 1 / peers) for ours, peers in pairs]
    line = against(f"exact silhouette, {count} x 128 / scikit-learn", "a second", speeds, at_least(4))
    return [explained(line, mine)]


def report(scale: Scale) -> list[Line]:
    """`latentkit report`, whole processes."""
    found = []
    for count, dims, seconds, rounds in (
        (200, 16, 4, 3),
        (scale.of(20_000, 2_000), 128, 60, 1),
        (scale.of(1_000_000, 10_000), 32, 300, 1),
    ):
        z = material.latents(scale.folder / "z.npz", count, dims)
        done = [process([*LATENTKIT, "report", z, "--json"]) for _ in range(rounds)]
        line = alone(f"report, {count} x {dims}", "s", [one.seconds for one in done], at_most(seconds))
        found.append(explained_process(line, ["report", z, "--json"]))
    peak = max(one.peak for one in done) / 2**30
    found.append(alone(f"report, {count} x {dims}: peak memory", "GiB", [peak], at_most(3e9 / 2**30)))
    return found
