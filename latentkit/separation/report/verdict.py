"""The rules of the two verdicts.

separable (labels given): can a simple classifier tell the classes apart on images it has not seen?
visible (labels withheld): would clustering find them? Latents can be separable and not visible: two Gaussian classes
at distance 2.25 have an AUC of 0.94, and k-means recovers less than half of them. With labels, each clustering and picture
has a verdict of its own (`visible.views`), and the classes are visible if they are in any.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from latentkit.separation.options import Thresholds
from latentkit.separation.separable.pairs import Pair

__all__ = ["Verdict", "separable", "visible_without_labels"]


@dataclass(frozen=True)
class Verdict:
    """The two verdicts, and the sentences that explain them."""

    separable: str
    visible: str
    sentences: tuple[str, ...]


def separable(pairs: Sequence[Pair], limits: Thresholds) -> str:
    """Return "separated", "partly", "no evidence" or "cannot say".

    All pairs must reach the bound, each at the full level: an intersection-union test needs no correction for their
    number (Berger 1982).
    """
    lows = [pair.auc_low for pair in pairs]
    if lows and all(low is not None and low >= limits.separated_auc for low in lows):
        return "separated"
    verdicts = {pair.verdict for pair in pairs}
    if verdicts & {"separate", "partly"}:
        return "partly"
    return "no evidence" if verdicts == {"no evidence"} else "cannot say"


def visible_without_labels(
    images: int, stabilities: Sequence[float] | None, p: float | None, limits: Thresholds
) -> str:
    """Return "yes", "no" or "cannot say".

    images: number of different images; stabilities: of the clusters; p: of the structure test.
    """
    if stabilities is None or p is None or images < 2 * limits.min_class:
        return "cannot say"
    return "yes" if p < limits.alpha and min(stabilities) >= limits.min_stability else "no"
