"""The verdicts in words, for readers who are not statisticians: the result, the evidence, and what to do next."""

from collections.abc import Sequence

from latentkit.separation.options import Thresholds
from latentkit.separation.report.benefit import Benefit, Gain
from latentkit.separation.separable.pairs import Pair, most_confused, sort_by_auc
from latentkit.separation.visible.structure import Structure

__all__ = [
    "benefit_sentence",
    "groups_sentence",
    "next_sentence",
    "separable_sentence",
    "too_few_sentence",
]

NEXT = {
    (
        "separated",
        "yes",
    ): "Next: run `latentkit scan IMAGES` to check that size, format or brightness alone does not "
    "give the classes away; `latentkit cluster` assigns every image to a cluster.",
    ("separated", "no"): "Next: label a few images of each class and train a classifier on mu, or try "
    "`latentkit cluster --method n2d`; training with `--augment denoise` often moves classes further apart.",
    (
        "separated",
        "cannot say",
    ): "Next: add images of the smallest class to find out whether clustering finds the classes.",
    (
        "no evidence",
        "no",
    ): "Next: look at a few images of each class and their labels, then run `latentkit diagnose` on the run.",
}
"""Next step for each pair of verdicts."""


def _name(pair: Pair) -> str:
    return f"{pair.a} and {pair.b} (AUC {pair.auc:.3f}, at least {pair.auc_low:.3f})"


def _separate_alone(pair: Pair, limits: Thresholds) -> bool:
    """Return whether the pair reaches the bound that is shown, but not the stricter one for the number of pairs."""
    return pair.verdict != "separate" and pair.auc_low is not None and pair.auc_low >= limits.separated_auc


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
    alone = sum(_separate_alone(pair, limits) for pair in pairs)
    if verdict == "separated":
        text = (
            "Your classes separate: a linear probe tells every pair apart on images it was not fitted on. "
            f"The hardest pair is {_name(by_auc[0])}."
        )
        if alone:
            text += (
                f" ({alone} of {len(pairs)} pairs do not reach the stricter bound that a single pair must reach to be "
                "called separate; the verdict on all pairs together does not need that correction.)"
            )
        return text
    if verdict == "partly":
        separate = sum(pair.verdict == "separate" for pair in pairs)
        unclear = sum(pair.verdict in ("cannot say", "no evidence") for pair in pairs)
        text = f"Your classes separate only partly: {separate} of {len(pairs)} pairs are clearly separate"
        text += f", and {unclear} cannot be distinguished from chance. " if unclear else ". "
        if alone:
            text += (
                f"({alone} more would be called separate if judged alone. With {len(pairs)} pairs, each must reach a "
                "stricter bound than the one shown, so that none is called separate by chance.) "
            )
        text += f"The hardest pair is {_name(by_auc[0])}; an AUC of 0.5 is chance, and 1 is perfect."
        confused = most_confused(pairs, 1 - limits.alpha)
        if len(confused) == 1:
            text += (
                f" {confused[0].name} is confused with other classes the most: the mean AUC of its pairs is "
                f"{confused[0].auc:.3f}."
            )
        elif confused:
            *first, last = (f"{one.name} ({one.auc:.3f})" for one in confused)
            names = f"{', '.join(first)} and {last}"
            text += (
                f" The classes confused with others the most, by the mean AUC of their pairs, are {names}; "
                "the differences between them may be chance."
            )
        return text
    if verdict == "no evidence":
        return (
            "There is no evidence that your classes differ in this space: shuffled labels do as well as yours. "
            "There were enough images to detect a clear difference. This does not prove that the classes are the same."
        )
    if classes < 2:
        missing = "there are no labels" if classes == 0 else "there is only one class"
        return f"Cannot say whether classes separate: {missing}. Add labels with `--labels FILE.csv`."
    return (
        f"Whether your classes separate cannot be told with {images} labeled images. Label at least {limits.min_class} "
        "different images of each class, preferably 100."
    )


def groups_sentence(
    verdict: str, stabilities: Sequence[float] | None, test: Structure | None, limits: Thresholds
) -> str:
    """Explain the verdict "visible" where there are no labels."""
    if verdict == "cannot say" or stabilities is None or test is None:
        return "Cannot say whether there are groups: there are too few images, or they do not vary."
    null = f"p = {test.p:.2g} under a single-Gaussian null"
    least = f"the least stable has a Jaccard index of {min(stabilities):.2f}"
    if verdict == "yes":
        return (
            f"There are groups in your images: {len(stabilities)} clusters that are tighter than those of one Gaussian "
            f"cloud ({null}) and stable in other samples ({least}). They may not be the classes you have in mind."
        )
    if test.p >= limits.alpha:
        return f"No groups are visible: one Gaussian cloud would look the same ({null}), so clusters found in it are arbitrary."
    return (
        f"Your images are not one Gaussian cloud ({null}), but {len(stabilities)} clusters are not stable either "
        f"({least}; {limits.min_stability:g} is required). Do not rely on them."
    )


BENEFIT = {
    "better": "The VAE helps: it does better than PCA of the pixels at the same size",
    "worse": "The VAE is worse than PCA of the pixels at the same size",
    "mixed": "The VAE is better than PCA of the pixels at the same size by one score and worse by another",
    "as good": "The VAE is as good as PCA of the pixels at the same size, and no better",
}
"""Start of the sentence for each verdict that is certain."""


def benefit_sentence(benefit: Benefit | None) -> str | None:
    """Say whether the VAE does better than PCA of the pixels; None if there is nothing to compare."""
    if benefit is None:
        return None
    known = [gain for gain in benefit.gains if gain.verdict != "cannot tell"]
    unclear = [gain for gain in benefit.gains if gain.verdict == "cannot tell"]
    if not known or benefit.verdict == "cannot tell":
        return (
            f"Whether the VAE helps cannot be told with {benefit.images} images. Against PCA of the pixels at the same size: "
            f"{'; '.join(map(_gain, benefit.gains))}."
        )
    text = f"{BENEFIT[benefit.verdict]}: {'; '.join(map(_gain, known))}."
    if unclear:
        text += f" It cannot be told with {benefit.images} images for {'; '.join(map(_gain, unclear))}."
    return text


def _gain(gain: Gain) -> str:
    return f"{gain.name} {gain.value:.3f} against {gain.pixel_pca:.3f} (difference between {gain.low:+.3f} and {gain.high:+.3f})"


def next_sentence(
    separable: str, visible: str, pairs: Sequence[Pair], classes: int, collapsed: bool
) -> str | None:
    """Say one thing to do next, if there is one; collapsed: no latent is active."""
    if collapsed:
        return "Next: the latents hardly vary (posterior collapse). Lower `--beta` or use `--warmup`, and train again."
    if classes < 2:
        if visible == "yes":
            return (
                "Next: run `latentkit cluster` to assign every image to a cluster; labels for some images "
                "(`--labels FILE.csv`) would show what the clusters are."
            )
        return "Next: label some images (`--labels FILE.csv`): there can be classes even where no cluster is visible."
    if separable == "partly":
        hardest = sort_by_auc(pairs)[0]
        return (
            f"Next: compare images of {hardest.a} and {hardest.b}. If you can tell them apart, train longer, with more "
            "latents or with `--augment denoise`; if you cannot, a model is unlikely to."
        )
    return NEXT.get((separable, visible))
