"""The two verdicts, as rules and nothing else.

separable (labels given): can a simple classifier tell the classes apart on images it has not seen?
visible (labels unseen): would clustering find them? Latents can be separable and not visible: two
Gaussian classes at distance 2.25 have an AUC of .94, and k-means recovers less than half of them.
"""

from collections.abc import Sequence

from latentkit.separation.pairs import Pair
from latentkit.separation.thresholds import Thresholds


def separable(pairs: Sequence[Pair], limits: Thresholds) -> str:
    """separated | partly | no evidence | cannot say.

    All pairs must reach the bound, each at the full level: an intersection-union test needs no correction
    for their number (Berger 1982).
    """
    lows = [pair.auc_low for pair in pairs]
    if lows and all(low is not None and low >= limits.separated_auc for low in lows):
        return "separated"
    verdicts = {pair.verdict for pair in pairs}
    if verdicts & {"separate", "partly"}:
        return "partly"
    return "no evidence" if verdicts == {"no evidence"} else "cannot say"


def visible_with_labels(smallest: int, ari_low: float | None, p: float | None, limits: Thresholds) -> str:
    """yes | no | cannot say, given the images of the smallest class, the bound of k-means' ARI and the structure p."""
    if ari_low is None or p is None or smallest < limits.min_class:
        return "cannot say"
    return "yes" if ari_low >= limits.visible_ari and p < limits.alpha else "no"


def visible_without_labels(
    rows: int, stabilities: Sequence[float] | None, p: float | None, limits: Thresholds
) -> str:
    """yes | no | cannot say, given the number of images, the stability of every cluster and the structure p."""
    if stabilities is None or p is None or rows < 2 * limits.min_class:
        return "cannot say"
    return "yes" if p < limits.alpha and min(stabilities) >= limits.min_stability else "no"
