"""Divide the images of a run by the folders that they are in, where these are splits."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from latentkit.images import Source
from latentkit.images.sources import Sources
from latentkit.run import Run

__all__ = ["Parts", "by_folders"]


class Parts(NamedTuple):
    """The images to train on and, if folders say so, those to validate on; and what to tell the user."""

    training: Sequence[Source]
    validation: Sequence[Source] | None
    text: str = ""


def by_folders(images: Sequence[Source], resumed: Run | None, named: bool) -> Parts | None:
    """Return the parts of images in train, val and test; None if their folders say nothing of it.

    A run that is resumed keeps the sides that it began with, whatever the folders are taken for today. With `named`,
    the user has said what to validate on, and all images are trained on.
    """
    folders = images.folders if isinstance(images, Sources) else None
    if folders is None or not folders.text:
        return None
    if resumed is not None:
        return _as_before(images, resumed, folders.side)
    if named or not folders.sides:
        return None
    of = {
        side: Sources(source for source in images if folders.side(source.id) == side)
        for side in ("train", "validation", "test")
    }
    text = f"training on the {len(of['train'])} images of the training split"
    if len(of["validation"]):
        text += f", validating on the {len(of['validation'])} of the validation split"
    if len(of["test"]):
        text += f"; the {len(of['test'])} of the test split are left out"
    text += ". To hold out a fraction of all images instead, add --validation 0.1"
    return Parts(of["train"], of["validation"] if len(of["validation"]) else None, text)


def _as_before(images: Sequence[Source], resumed: Run, side: Callable[[str], str | None]) -> Parts | None:
    stored = dict(zip(resumed.images.ids.tolist(), resumed.images.split.tolist(), strict=True))
    if isinstance(resumed.record["options"].get("validation"), str):
        return None
    validation = Sources(source for source in images if stored.get(source.id) == "validation")
    training = Sources(
        source
        for source in images
        if stored.get(source.id) == "train" or (source.id not in stored and side(source.id) != "test")
    )
    return Parts(training, validation) if len(validation) and len(training) else None
