"""Which classes are mixed up with the others the most: the one with the least AUC, and those that chance may have put above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from latentkit.separation.auc import standard_error
from latentkit.separation.pairs import Pair


@dataclass(frozen=True)
class Culprit:
    """A class and the mean AUC of its pairs."""

    name: str
    auc: float


def culprits(pairs: Sequence[Pair], level: float) -> list[Culprit]:
    """The least mean AUC first, then every class not above it at the one-sided `level`; empty where that leaves no
    class out, for then none is to blame more than another.

    The pairs that two classes share are in both of their means, so only what differs adds to the error of the difference.
    """
    known = {
        (pair.a, pair.b): (pair.auc, standard_error(pair.auc, pair.auc_low, level))
        for pair in pairs
        if pair.auc is not None and pair.auc_low is not None
    }
    names = sorted({name for pair in known for name in pair})
    share = {
        name: {pair: 1 / sum(name in other for other in known) for pair in known if name in pair}
        for name in names
    }
    means = {name: sum(known[pair][0] * part for pair, part in share[name].items()) for name in names}
    if not means:
        return []
    least = min(names, key=lambda name: (means[name], name))

    def as_low(name: str) -> bool:
        parts = {pair: share[name].get(pair, 0.0) - share[least].get(pair, 0.0) for pair in known}
        error = sqrt(sum((part * known[pair][1]) ** 2 for pair, part in parts.items()))
        return means[name] - means[least] <= NormalDist().inv_cdf(level) * error

    found = [Culprit(name, means[name]) for name in names if as_low(name)]
    return [] if len(found) == len(names) else sorted(found, key=lambda one: (one.auc, one.name))
