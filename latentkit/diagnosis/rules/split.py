"""Rules about what is trained on and what is held out."""

import math
from collections.abc import Mapping

from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule, times
from latentkit.diagnosis.size import would_need

__all__ = ["RATIO", "gap", "sorted_split", "validation_set"]

RATIO = 10.0
FEWEST = 20
"""Validation images below which figures jump by chance."""


def _compared(q: Quantities) -> tuple[str, list[tuple[str, float, float]]] | None:
    """The figure that training and validation have in common which depends least on conventions."""
    for name in ("mse", "reconstruction", "loss"):
        if pairs := q.pairs(name):
            return name, pairs
    return None


@rule(
    "P3",
    "Validation is orders of magnitude worse than training",
    "error",
    why="Over-fitting makes validation a little worse, hardly ever ten times. A gap like this means that the two sides are not the same "
    "thing: validation images were not scaled as the training images are (0..255 against 0..1), BatchNorm behaves otherwise in "
    "inference, or one side is summed and the other averaged. Until they agree no validation figure means anything.",
    keras="x, v = next(iter(train)), next(iter(validation)); print(x[0].min(), x[0].max(), v[0].min(), v[0].max())  # must agree: rescale=1/255 in both generators",
    pytorch="x, v = next(iter(train))[0], next(iter(val))[0]; print(x.min(), x.max(), v.min(), v.max())  # one transform for both; model.eval() on both to compare",
    latentkit="latentkit train IMAGES -o RUN   # one preprocessing for both sides, kept with the run; no BatchNorm",
    source="the founding case; issues Lightning-AI/pytorch-lightning#14085, pytorch/pytorch#4741",
)
def gap(q: Quantities) -> Answer:
    """Validation / training > 10, last place where both are positive: of the squared error per pixel where it is told, else of the reconstruction, else of the
    loss. Or, for a log made elsewhere whose image size is known, a validation loss above one nat for each number of an image in 0..1."""
    compared = _compared(q)
    if compared is None:
        return Needs("the same positive figure for training and validation")
    name, pairs = compared
    place, train, validation = pairs[-1]
    if validation / train > RATIO:
        evidence = f"{place}: validation {name} {figure(validation)} against {figure(train)} in training, {times(validation / train)} as much"
        if name != "mse" and not q.exact and (needed := would_need(validation, q.pixels)):
            evidence += f"; {needed}"
        return [Sign(evidence)]
    if not q.exact and q.pixels is not None and name != "mse" and validation > q.pixels and train <= q.pixels:
        return [
            Sign(
                f"{place}: validation {name} {figure(validation)}, more than a nat for each of {q.pixels} numbers",
                severity="warning",
                confirm="print the range of the images of both sides",
            )
        ]
    return []


@rule(
    "P4",
    "Validation does not run over the held-out set",
    "warning",
    why="Figures from one batch are those of a few images: they jump or stand still by chance, and early stop, learning rate and 'best' "
    "weights all follow them. In Keras `validation_data=next(X_val)` hands over ONE batch, whatever validation_steps says.",
    keras="model.fit(X_train, validation_data=X_val)  # the whole generator: no next(), no validation_steps; shuffle=False in it",
    pytorch="with torch.no_grad(): total = sum(loss(x) * len(x) for x in val_loader) / len(val_set)  # every batch, model.eval()",
    latentkit="latentkit train IMAGES --validation 0.1 -o RUN   # the whole held-out set, with the same noise each time",
    source="the founding case; https://keras.io/api/models/model_training_apis/#fit-method",
)
def validation_set(q: Quantities) -> Answer:
    """Code that hands over one next() batch, or few validation_steps; images on both sides; a note below 20 images. In a log alone, a suspicion: validation > 10
    times training and within 5 % of itself while training changed by more than half."""
    signs = []
    if q.code is not None and q.code.next_batch is not None:
        steps = (
            ""
            if q.code.validation_steps is None
            else f" (validation_steps={q.code.validation_steps} cannot change that)"
        )
        signs.append(Sign(f"the code says {q.code.next_batch}: one batch{steps}"))
    elif q.code is not None and q.code.validation_steps is not None:
        some = f"validation_steps={q.code.validation_steps}"
        signs.append(
            Sign(
                f"the code says {some}: so many batches and no more",
                confirm="compare steps * batch size with the held-out images",
            )
        )
    if q.split is not None:
        if q.split.shared:
            signs.append(
                Sign(f"{q.split.shared} images are in training and validation alike", severity="error")
            )
        if q.split.validation < FEWEST:
            told = f"{q.split.validation} images are held out of {q.split.train + q.split.validation}"
            signs.append(Sign(told, severity="note", title="Few images to validate on"))
        return signs
    if q.rows and not any(row.validation for row in q.rows):
        return [
            *signs,
            Sign("the log has no validation figures", severity="note", title="There is no validation"),
        ]
    if not signs and (still := _unmoved(q)) is not None:
        confirm = "look at the call of fit: `validation_data=next(X_val)` is one batch of it, and `X_val` the whole of it; print(len(X_val), validation_steps)"
        signs.append(Sign(still, confirm=confirm))
    return signs or Needs(
        "the validation set's size: a latentkit run, latents with split, or the code that calls fit pasted along"
    )


def _unmoved(q: Quantities) -> str | None:
    """The words for a validation that training does not move."""
    compared = _compared(q)
    if compared is None or compared[1][-1][2] / compared[1][-1][1] <= RATIO:
        return None
    name = compared[0]
    train = [value for _, value in q.series("train", name) if math.isfinite(value)]
    validation = [value for _, value in q.series("validation", name) if math.isfinite(value)]
    if len(train) < 2 or len(validation) < 2 or validation[0] <= 0 or train[0] <= 0:
        return None
    moved, moved_train = validation[-1] / validation[0] - 1, train[-1] / train[0] - 1
    if abs(moved) < 0.05 and abs(moved_train) > 0.5:
        return (
            f"validation {name} went from {figure(validation[0])} to {figure(validation[-1])} ({moved:+.1%}) while training went from "
            f"{figure(train[0])} to {figure(train[-1])}: it looks like a batch of its own that training does not touch"
        )
    return None


@rule(
    "P17",
    "The held-out images are of other classes than the training images",
    "error",
    why="Images that lie in folders by class and are cut at some place leave the last class for validation: the model is validated "
    "on what it never saw, and trained on less than all. Keras's validation_split takes the tail, before any shuffling.",
    keras="order = np.random.default_rng(0).permutation(len(X)); model.fit(X[order], validation_split=0.1)",
    pytorch="train, val = torch.utils.data.random_split(data, [0.9, 0.1], torch.Generator().manual_seed(0))",
    latentkit="latentkit train IMAGES -o RUN   # the split is shuffled, and keeps the share of each class",
    source="https://keras.io/api/models/model_training_apis/#fit-method (validation_split: the last samples)",
)
def sorted_split(q: Quantities) -> Answer:
    """No class of the validation set is in training (error), or validation has one class of several (warning). A note for validation_split in code."""
    if q.split is None or not q.split.train_classes or not q.split.validation_classes:
        if q.code is not None and q.code.validation_split is not None:
            told = f"the code says validation_split={q.code.validation_split:g}: the tail of the array, before shuffling"
            return [Sign(told, severity="note", confirm="was X shuffled before?")]
        return Needs("a run or latents with split and labels")
    train, validation = q.split.train_classes, q.split.validation_classes
    told = f"training has {_counts(train)}; validation has {_counts(validation)}"
    if not set(train) & set(validation):
        return [Sign(told)]
    if len(validation) == 1 and len(train) > 1:
        return [Sign(told, severity="warning")]
    return []


def _counts(classes: Mapping[str, int]) -> str:
    items = sorted(classes.items())
    shown = ", ".join(f"{name} {count}" for name, count in items[:6])
    return shown + (f" and {len(items) - 6} more classes" if len(items) > 6 else "")
