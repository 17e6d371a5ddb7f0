"""The verdict in sentences: what is so, why, and what to do next. For readers who are no statisticians."""

from collections.abc import Sequence

from latentkit.separation.clusters import Recovery
from latentkit.separation.culprits import culprits
from latentkit.separation.pairs import Pair
from latentkit.separation.scores import Score
from latentkit.separation.structure import Structure
from latentkit.separation.thresholds import Thresholds

NEXT = {
    (
        "separated",
        "yes",
    ): "Next: `latentkit scan IMAGES` tells whether size, format or brightness alone gives the classes away; `latentkit cluster` "
    "gives every image its cluster.",
    (
        "separated",
        "no",
    ): "Next: label a few images of each class and classify from mu, or try `latentkit cluster "
    "--method n2d`; training with `--augment denoise` often pulls classes further apart.",
    (
        "separated",
        "cannot say",
    ): "Next: more images of the smallest class would tell whether clustering finds them.",
    (
        "no evidence",
        "no",
    ): "Next: look at the images and labels of a few of each class, then `latentkit diagnose` the run.",
}

CHANCE_LIKE = 0.2
"""An adjusted Rand index below this is not called an agreement of any degree."""


def hardest(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs with an AUC, the least separate first."""
    return sorted((pair for pair in pairs if pair.auc is not None), key=lambda pair: pair.auc or 0.0)


def _named(pair: Pair) -> str:
    return f"{pair.a} and {pair.b} (AUC {pair.auc:.3f}, at least {pair.auc_low:.3f})"


def _apart_alone(pair: Pair, limits: Thresholds) -> bool:
    """Whether the bound that is shown would do, and the stricter one for the number of pairs does not."""
    return pair.verdict != "separate" and pair.auc_low is not None and pair.auc_low >= limits.separated_auc


def separable_sentence(verdict: str, pairs: Sequence[Pair], classes: int, limits: Thresholds) -> str:
    """What the labelled verdict means for these classes."""
    known = hardest(pairs)
    alone = sum(_apart_alone(pair, limits) for pair in pairs)
    if verdict == "separated":
        said = f"Your classes separate: a linear probe tells every pair apart on images it was not fitted on; the hardest is {_named(known[0])}."
        if alone:
            said += (
                f" ({alone} of {len(pairs)} pairs would miss the stricter bound that each must pass to be singled out; "
                "the verdict on all of them together needs no such correction.)"
            )
        return said
    if verdict == "partly":
        apart = sum(pair.verdict == "separate" for pair in pairs)
        said = f"Your classes separate only partly: {apart} of {len(pairs)} pairs are clearly apart"
        unclear = sum(pair.verdict in ("cannot say", "no evidence") for pair in pairs)
        said += f", and {unclear} cannot be told from chance. " if unclear else ". "
        if alone:
            said += (
                f"({alone} more would be called apart, judged alone: so that none of {len(pairs)} pairs is called apart by chance, "
                "each must pass a stricter bound than the one shown.) "
            )
        said += f"The hardest is {_named(known[0])}; an AUC of 0.5 is chance, 1 is perfect."
        blamed = culprits(pairs, 1 - limits.alpha)
        if len(blamed) == 1:
            said += (
                f" {blamed[0].name} is mixed up most: the AUC of its pairs is {blamed[0].auc:.3f} on average."
            )
        elif blamed:
            names = " and ".join(f"{one.name} ({one.auc:.3f})" for one in blamed)
            said += f" Mixed up most, by the mean AUC of their pairs: {names}, too close to tell which more."
        return said
    if verdict == "no evidence":
        return (
            "There is no evidence that your classes differ in this space: shuffled labels do as well as yours. "
            "There were enough images to notice a clear difference; that is still no proof that the classes are the same."
        )
    if classes < 2:
        what = "there are no labels" if classes == 0 else "there is only one class"
        return f"Whether classes separate cannot be said: {what}. Give labels with `--labels FILE.csv`."
    return (
        f"Whether your classes separate cannot be said from so few images: label at least {limits.min_class} different ones "
        "of each class on either side of the split, better 100."
    )


def visible_sentence(verdict: str, found: Recovery | None, test: Structure | None, limits: Thresholds) -> str:
    """What the verdict of clustering means where there are labels."""
    if verdict == "cannot say" or found is None or test is None:
        return "Whether clustering would find them without labels cannot be said: a class has too few images."
    ari = f"adjusted Rand index {found.ari:.2f}, at least {found.low:.2f}; 0 is chance, 1 is perfect"
    if verdict == "yes":
        return (
            f"They are visible without labels: k-means finds them ({ari}), "
            f"and one Gaussian cloud would not look like this (p = {test.p:.2g})."
        )
    if found.low >= limits.visible_ari:
        return f"k-means happens to cut along your classes ({ari}), but one Gaussian cloud would be cut as well (p = {test.p:.2g}): not visible."
    if test.p < limits.alpha:
        share = "not" if found.ari < CHANCE_LIKE else "only partly"
        return (
            f"They are not visible without labels: the images are not one Gaussian cloud (p = {test.p:.2g}), but the clusters "
            f"that k-means makes of them are {share} your classes ({ari}). "
            "A picture may show one cloud all the same, and says nothing about the classes in it."
        )
    return (
        f"They are not visible without labels: k-means does not find them ({ari}), and the images cannot be told from one "
        f"Gaussian cloud (p = {test.p:.2g}). A picture that shows one cloud says nothing about the classes in it."
    )


def unlabelled_sentence(
    verdict: str, k: int, stabilities: Sequence[float] | None, test: Structure | None, limits: Thresholds
) -> str:
    """What the verdict of clustering means where there are no labels."""
    if verdict == "cannot say" or stabilities is None or test is None:
        return "Whether there are groups cannot be said: there are too few images, or they do not vary."
    if verdict == "yes":
        return (
            f"There are groups in your images: {k} clusters that no single Gaussian cloud would show (p = {test.p:.2g}) and "
            f"that other samples would show again (the least stable: Jaccard {min(stabilities):.2f}). "
            "They need not be the classes you have in mind."
        )
    if test.p >= limits.alpha:
        return f"No groups can be seen: one Gaussian cloud would look the same (p = {test.p:.2g}), so clusters found in it are arbitrary cuts."
    return (
        f"Your images are not one Gaussian cloud (p = {test.p:.2g}), but {k} clusters are not stable either "
        f"(the least: Jaccard {min(stabilities):.2f}, {limits.min_stability:g} is needed): do not rely on them."
    )


def baseline_sentence(scores: Sequence[Score | None]) -> str | None:
    """Whether the VAE beats PCA of the pixels; None where that is unknown."""
    known = [
        (name, score)
        for name, score in zip(("15-NN", "probe"), scores, strict=True)
        if score and score.pixel_pca is not None
    ]
    if not known:
        return None
    figures = " and ".join(f"{name} {score.value:.3f} against {score.pixel_pca:.3f}" for name, score in known)
    wins = sum(bool(score.beats_pixel_pca) for _, score in known)
    if all(score.difference is not None and score.difference.high < 0 for _, score in known):
        return f"The VAE has done harm: PCA of the pixels at the same size does better ({figures})."
    if all(score.low <= score.majority for _, score in known):
        return (
            f"The VAE has not helped: its latents tell the classes no better than guessing does ({figures})."
        )
    if wins == len(known):
        return f"The VAE has helped: it beats PCA of the pixels at the same size ({figures})."
    if wins == 0:
        return f"The VAE has not helped: it does not beat PCA of the pixels at the same size beyond chance ({figures})."
    return f"The VAE has helped in part: it beats PCA of the pixels by one score of two ({figures})."


def next_sentence(
    separable: str, visible: str, pairs: Sequence[Pair], classes: int, collapsed: bool
) -> str | None:
    """One thing to do next."""
    if collapsed:
        return "Next: the latents hardly vary (posterior collapse): lower `--beta` or use `--warmup`, and train again."
    if classes < 2:
        if visible == "yes":
            return "Next: `latentkit cluster` gives every image its cluster; labels for some images (`--labels FILE.csv`) would tell what they are."
        return (
            "Next: label some images (`--labels FILE.csv`): classes can be there although no cluster shows."
        )
    if separable == "partly":
        worst = hardest(pairs)[0]
        return (
            f"Next: look at images of {worst.a} and {worst.b} side by side; if you can tell them apart, train longer, with more "
            "latents or with `--augment denoise`; if you cannot, no model will."
        )
    return NEXT.get((separable, visible))
