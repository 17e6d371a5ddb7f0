"""Does the VAE help? Its latents against PCA of the pixels at the same size, by every score that both have.

A difference is stated only if its bounds show it. Missing evidence is never told as a fact: "cannot tell" is not "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from latentkit.separation.separable.scores import CLASSIFIERS, ClassifierScore
from latentkit.separation.visible.clusters import Recovery
from latentkit.stats import Interval

__all__ = ["EQUAL", "Benefit", "Gain", "judge_benefit"]

EQUAL = 0.02
"""Two spaces are as good if both bounds of the difference are within this."""


@dataclass(frozen=True)
class Gain:
    """One score of the latents and of PCA of the pixels."""

    score: str
    """Key of the score: knn15, probe or ari."""
    name: str
    """Name in sentences."""
    value: float
    pixel_pca: float
    low: float
    high: float
    """Two-sided interval of value - pixel_pca."""
    verdict: str
    """better, worse, as good, or cannot tell."""


@dataclass(frozen=True)
class Benefit:
    """The judgment by all scores; images: the number of different labeled images."""

    verdict: str
    """better, worse, mixed (better by one score and worse by another), as good, or cannot tell."""
    images: int
    gains: tuple[Gain, ...]


def judge_benefit(
    scores: Mapping[str, ClassifierScore], kmeans: Recovery | None, images: int
) -> Benefit | None:
    """Return the judgment; None without scores or without a baseline."""
    gains = []
    for one in CLASSIFIERS:
        score = scores.get(one.key)
        if score is not None and score.difference is not None and score.pixel_pca is not None:
            above, other_above = score.low > score.majority, (score.pixel_pca_low or 0.0) > score.majority
            verdict = judge_difference(score.difference, above, other_above)
            gains.append(Gain(one.key, one.short, score.value, score.pixel_pca, *score.difference, verdict))
    if gains and kmeans is not None and kmeans.pixel_pca is not None and kmeans.difference is not None:
        verdict = judge_difference(kmeans.difference, kmeans.low > 0, kmeans.pixel_pca > 0)
        gains.append(Gain("ari", "ARI of k-means", kmeans.ari, kmeans.pixel_pca, *kmeans.difference, verdict))
    return Benefit(summarize({gain.verdict for gain in gains}), images, tuple(gains)) if gains else None


def judge_difference(difference: Interval, above: bool, other_above: bool) -> str:
    """Return the verdict on latents - PCA of the pixels; above, other_above: whether either is better than guessing."""
    if difference.low > 0 and above:
        return "better"
    if difference.high < 0 and other_above:
        return "worse"
    near = difference.low >= -EQUAL and difference.high <= EQUAL
    return "as good" if near and above and other_above else "cannot tell"


def summarize(verdicts: set[str]) -> str:
    """Return the verdict by all scores from those by each."""
    if {"better", "worse"} <= verdicts:
        return "mixed"
    for one in ("better", "worse", "cannot tell"):
        if one in verdicts:
            return one
    return "as good"
