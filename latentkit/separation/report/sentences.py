"""The verdicts in words, for readers who are not statisticians: the result, the evidence, and what to do next."""

from collections.abc import Sequence

from latentkit.separation.options import Thresholds
from latentkit.separation.report.benefit import Benefit
from latentkit.separation.separable.pairs import Pair, most_confused, sort_by_auc
from latentkit.separation.visible.structure import Structure

__all__ = [
    "PLAIN",
    "benefit_sentence",
    "gain_note",
    "groups_sentence",
    "pair_note",
    "separable_sentence",
    "too_few_sentence",
]


def too_few_sentence(images: int) -> str:
    """Explain why nothing is said about a handful of images."""
    return (
        f"{images} different images are too few to say anything about classes or groups. Add images: 100 of each class, "
        "or more, are best."
    )


def separable_sentence(
    verdict: str, pairs: Sequence[Pair], classes: int, images: int, limits: Thresholds
) -> str:
    """Explain the verdict "separable"; images: the number of different labeled images."""
    by_auc = sort_by_auc(pairs)
    if verdict == "separated":
        return (
            "Your classes separate: a simple classifier tells every pair apart on images it was not fitted on. "
            f"The hardest pair is {by_auc[0].a} and {by_auc[0].b}."
        )
    if verdict == "partly":
        separate = sum(pair.verdict == "separate" for pair in pairs)
        unclear = sum(pair.verdict in ("cannot say", "no evidence") for pair in pairs)
        text = f"Your classes separate only in part: {separate} of {len(pairs)} pairs are clearly apart"
        text += f", and {unclear} cannot be told from chance." if unclear else "."
        text += f" The hardest pair is {by_auc[0].a} and {by_auc[0].b}."
        confused = [one.name for one in most_confused(pairs, 1 - limits.alpha)]
        if len(confused) == 1:
            text += f" {confused[0]} is confused with other classes the most."
        return text
    if verdict == "no evidence":
        return (
            "There is no evidence that your classes differ in this space: shuffled labels do as well as yours. "
            "This does not prove that the classes are the same."
        )
    if classes < 2:
        missing = "there are no labels" if classes == 0 else "there is only one class"
        return f"Cannot say whether classes separate: {missing}. Add labels with `--labels FILE.csv`."
    return (
        f"Whether your classes separate cannot be told with {images} labeled images. Label at least {limits.min_class} "
        "different images of each class, preferably 100."
    )


def pair_note(verdict: str, pairs: Sequence[Pair], limits: Thresholds) -> str | None:
    """Explain pairs that reach the bound that is shown, but not the stricter one for the number of pairs."""
    alone = sum(
        pair.verdict != "separate" and pair.auc_low is not None and pair.auc_low >= limits.separated_auc
        for pair in pairs
    )
    if not alone:
        return None
    if verdict == "separated":
        return (
            f"{alone} of {len(pairs)} pairs do not reach the stricter bound that a single pair must reach to be called "
            "separate; the verdict on all pairs together does not need that correction."
        )
    return (
        f"{alone} more pairs would be called separate if judged alone. With {len(pairs)} pairs, each must reach a stricter "
        "bound than the one shown, so that none is called separate by chance."
    )


def groups_sentence(
    verdict: str, stabilities: Sequence[float] | None, test: Structure | None, limits: Thresholds
) -> str:
    """Explain the verdict "visible" where there are no labels."""
    if verdict == "cannot say" or stabilities is None or test is None:
        return "Cannot say whether there are groups: there are too few images, or they do not vary."
    count = len(stabilities)
    if verdict == "yes":
        return (
            f"There are groups in your images: {count} clusters that one cloud without groups would not show, and that "
            "appear again in other samples of the images. They may not be the classes you have in mind."
        )
    if test.p >= limits.alpha:
        return "No groups are visible: one cloud without groups would look the same, so clusters found in it are arbitrary."
    return (
        f"Your images are not one cloud, but {count} clusters do not appear again in other samples of the images. Do not "
        "rely on them."
    )


BENEFIT = {
    "better": "The VAE helps: its latents do better than the pixels",
    "worse": "The VAE is worse than the pixels",
    "mixed": "The VAE is better than the pixels in one way and worse in another",
    "as good": "The VAE is as good as the pixels, and no better",
}
"""Start of the sentence for each verdict that is certain. "The pixels" are their PCA at the same size."""
PLAIN = {"knn15": "nearest neighbors", "probe": "simple classifier", "ari": "clusters"}
"""Name of each score in sentences, by key."""


def benefit_sentence(benefit: Benefit | None) -> str | None:
    """Say whether the VAE does better than PCA of the pixels; None if there is nothing to compare."""
    if benefit is None:
        return None
    if benefit.verdict == "cannot tell":
        return f"Whether the VAE does better than the pixels cannot be told with {benefit.images} images."
    known = [PLAIN[gain.score] for gain in benefit.gains if gain.verdict != "cannot tell"]
    unclear = "" if len(known) == len(benefit.gains) else f" (by {' and '.join(known)})"
    return f"{BENEFIT[benefit.verdict]}{unclear}."


def gain_note(benefit: Benefit | None) -> str | None:
    """Return every score of the latents and of PCA of the pixels with the interval of their difference."""
    if benefit is None:
        return None
    parts = "; ".join(
        f"{gain.name} {gain.value:.3f} against {gain.pixel_pca:.3f} (difference between {gain.low:+.3f} and {gain.high:+.3f}: "
        f"{gain.verdict})"
        for gain in benefit.gains
    )
    return f"latents against PCA of the pixels at the same size: {parts}"
