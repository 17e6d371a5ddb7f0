"""Suggest what to do next, from the verdicts and from how the run was trained.

Advice names the change, its price and what it gave where it was measured; it is never given for what was already
done, and it ends: where nothing is likely to help, that is said. The measurements are means over 3 seeds of the
default network on photographs of clothing (977 images of 3 classes, 64 pixels):

    change               15-NN    linear probe   ARI of k-means
    default              0.825           0.819             0.08
    --augment denoise    0.832           0.838             0.22
    --latent 16          0.814           0.750             0.24

More epochs, 256 latents, `--arch resnet` and `--beta 4` gave no gain, so they are not suggested.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Situation", "Suggestion", "Training", "suggest"]

FEW_LATENTS = 16
LOW_BETA = 0.1
WARMUP = 1000
"""Steps of the warm-up that is suggested after a posterior collapse."""


@dataclass(frozen=True)
class Training:
    """How a run was trained: its options, and whether its validation loss was still falling when it ended."""

    options: Mapping[str, Any]
    improving: bool = False

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> "Training | None":
        """Read it from the JSON object of latents; None for latents that were made elsewhere or by an older version."""
        stored = meta.get("training")
        if not isinstance(stored, Mapping) or not isinstance(stored.get("options"), Mapping):
            return None
        return cls(stored["options"], stored.get("improving") is True)


@dataclass(frozen=True)
class Situation:
    """The conclusions of the report. `hardest` are the two classes that are hardest to tell apart."""

    separable: str
    visible: str
    classes: int
    collapsed: bool
    hardest: tuple[str, str] | None = None


@dataclass(frozen=True)
class Suggestion:
    """One thing to do: a sentence, a command to copy, and what is known about its effect."""

    text: str
    command: str | None = None
    evidence: str | None = None

    def __str__(self) -> str:
        command = f": `{self.command}`" if self.command else ""
        evidence = f" ({self.evidence})" if self.evidence else ""
        return f"{self.text}{command}.{evidence}"


def suggest(situation: Situation, training: Training | None) -> tuple[Suggestion, ...]:
    """Return what to do next, the most useful first; never empty."""
    if situation.collapsed:
        return _after_collapse(training)
    if situation.classes < 2:
        return _without_classes(situation)
    if situation.separable == "cannot say":
        return (Suggestion("Label more images of the smallest class, preferably 100 of each class"),)
    if (situation.separable, situation.visible) == ("separated", "yes"):
        return (
            Suggestion(
                "Check that size, format or brightness alone does not give the classes away",
                "latentkit scan IMAGES",
            ),
            Suggestion("Assign every image to a cluster", "latentkit cluster FILE -o clusters.npz"),
        )
    changes = _changes(situation, training)
    if changes:
        return (*changes, *_look(situation))
    return (
        Suggestion(
            "No option of `latentkit train` that has been measured is likely to help. More labeled images, images "
            "that are cropped to the object, or latents of another encoder would"
        ),
        *_look(situation),
    )


def _after_collapse(training: Training | None) -> tuple[Suggestion, ...]:
    beta = 1.0 if training is None else float(training.options.get("beta") or 0)
    warmup = 0 if training is None else int(training.options.get("warmup") or 0)
    if beta > LOW_BETA:
        change = f"--beta {LOW_BETA}"
    elif not warmup:
        change = f"--warmup {WARMUP}"
    else:
        return (Suggestion("Find out why the latents hardly vary", "latentkit diagnose RUN"),)
    return (
        Suggestion(
            "The latents hardly vary (posterior collapse). Train again with less weight on the KL",
            f"latentkit train IMAGES {change} -o run2",
        ),
    )


def _without_classes(situation: Situation) -> tuple[Suggestion, ...]:
    label = Suggestion(
        "Label some images, to measure what is there", "latentkit report FILE --labels labels.csv"
    )
    if situation.visible == "yes":
        return (
            Suggestion("Assign every image to a cluster", "latentkit cluster FILE -o clusters.npz"),
            label,
        )
    return (label,)


def _changes(situation: Situation, training: Training | None) -> tuple[Suggestion, ...]:
    """Return the changes of the training that were not made yet; none for latents made elsewhere."""
    if training is None:
        if situation.visible == "no":
            return (Suggestion("Try the clustering that follows curved shapes", _cluster("n2d")),)
        return ()
    options, changes = training.options, []
    if training.improving:
        more = 2 * int(options.get("epochs") or 50)
        changes.append(
            Suggestion(
                "The validation loss was still falling: train longer",
                f"latentkit train IMAGES -o RUN --resume --epochs {more}",
            )
        )
    if options.get("augment") == "none":
        changes.append(
            Suggestion(
                "Train with moved images, so that position and angle matter less",
                "latentkit train IMAGES --augment denoise -o run2",
                "on photographs of clothing: nearest neighbors 0.825 to 0.832, classifier 0.819 to 0.838, "
                "clusters 0.08 to 0.22; each update takes longer",
            )
        )
    if situation.visible == "no" and int(options.get("latent") or 0) > FEW_LATENTS:
        changes.append(
            Suggestion(
                "If clusters matter more than a classifier, train with fewer latents",
                f"latentkit train IMAGES --latent {FEW_LATENTS} -o run3",
                "on photographs of clothing: clusters 0.08 to 0.24, but the classifier fell from 0.819 to 0.750",
            )
        )
    return tuple(changes)


def _look(situation: Situation) -> tuple[Suggestion, ...]:
    if situation.hardest is None:
        return ()
    a, b = situation.hardest
    return (
        Suggestion(f"Compare images of {a} and {b}: if you cannot tell them apart, a model is unlikely to"),
    )


def _cluster(method: str) -> str:
    return f"latentkit cluster FILE --method {method} -o clusters.npz"
