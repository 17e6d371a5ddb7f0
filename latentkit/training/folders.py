"""Divide the images of a run by the folders that they are in, where these are splits."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from latentkit.images import Source, find
from latentkit.images.sources import Sources
from latentkit.run import Run

__all__ = ["Parts", "by_folders"]


class Parts(NamedTuple):
    """The images to train on, and those to validate on, or the fraction to hold out; and what to tell the user."""

    training: Sequence[Source]
    validation: Sequence[Source] | float
    text: str = ""


def by_folders(
    images: Sequence[Source], validation: float | str, resumed: Run | None, *, named: bool
) -> Parts:
    """Return the parts of the images; `validation` is the option, and `named` says that the user gave it.

    Splits are used unless the user has said what to validate on. A run that is resumed keeps the sides that it began
    with, whatever the folders are taken for today.
    """
    usual = Parts(images, find([validation]) if isinstance(validation, str) else validation)
    folders = images.folders if isinstance(images, Sources) else None
    if folders is None or not folders.text or isinstance(validation, str):
        return usual
    if resumed is not None:
        return _as_before(images, resumed, folders.side) or usual
    if named or not folders.sides:
        return usual
    train, held_out, test = (
        Sources(source for source in images if folders.side(source.id) == side)
        for side in ("train", "validation", "test")
    )
    text = f"training on the {len(train)} images of the training split"
    if len(held_out):
        text += f", validating on the {len(held_out)} of the validation split"
    if len(test):
        text += f"; the {len(test)} of the test split are left out"
    text += ". To hold out a fraction of all images instead, add --validation 0.1"
    return Parts(train, held_out if len(held_out) else validation, text)


def _as_before(images: Sequence[Source], resumed: Run, side: Callable[[str], str | None]) -> Parts | None:
    stored = dict(zip(resumed.images.ids.tolist(), resumed.images.split.tolist(), strict=True))
    validation = Sources(source for source in images if stored.get(source.id) == "validation")
    training = Sources(
        source
        for source in images
        if stored.get(source.id) == "train" or (source.id not in stored and side(source.id) != "test")
    )
    return Parts(training, validation) if len(validation) and len(training) else None
