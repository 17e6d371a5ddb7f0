"""Rules about the split: P3 validation far worse, P4 the validation set, P17 its classes."""

import math
from collections.abc import Mapping

from latentkit.diagnosis.facts import Facts, Split
from latentkit.diagnosis.rule import Answer, Needs, Sign, for_framework, format_number, format_ratio, rule
from latentkit.diagnosis.rules.files import implausible_for_unit_pixels

__all__ = ["classes", "gap", "validation_set"]

RATIO = 10.0
FEWEST = 20
"""With fewer validation images, metrics vary widely by chance."""


def _compared(facts: Facts) -> tuple[str, list[tuple[str, float, float]]] | None:
    """Return the metric known for both sides that depends least on conventions, with its values."""
    for name in ("mse", "reconstruction", "loss"):
        if pairs := facts.pairs(name):
            return name, pairs
    return None


@rule(
    "P3",
    "Validation is orders of magnitude worse than training",
    "error",
    why="Overfitting makes validation somewhat worse, but hardly ever ten times. A gap like this means that the two sides are not computed "
    "alike: validation images are scaled differently (0..255 against 0..1), BatchNorm behaves differently in "
    "inference, or one side is summed and the other averaged. Until this is fixed, no validation metric means anything.",
    keras="x, v = next(iter(train)), next(iter(validation)); print(x[0].min(), x[0].max(), v[0].min(), v[0].max())  # must agree: rescale=1/255 in both generators",
    pytorch="x, v = next(iter(train))[0], next(iter(val))[0]; print(x.min(), x.max(), v.min(), v.max())  # one transform for both; compare both with model.eval()",
    latentkit="latentkit train IMAGES -o RUN   # the same preprocessing for both sides, saved with the run; no BatchNorm",
    source="the Keras log of P2; issues Lightning-AI/pytorch-lightning#14085, pytorch/pytorch#4741",
)
def gap(facts: Facts) -> Answer:
    """Validation / training > 10 in the last row where both are positive, for the squared error per pixel if it is logged, otherwise for the reconstruction,
    otherwise for the loss. Or, for a log from elsewhere with a known image size, a validation loss above one nat per pixel value of images in 0..1."""
    compared = _compared(facts)
    if compared is None:
        return Needs("the same positive metric for training and validation")
    name, pairs = compared
    place, train, validation = pairs[-1]
    if validation / train > RATIO:
        evidence = (
            f"{place}: the validation {name} of {format_number(validation)} is {format_ratio(validation / train)} "
            f"the training {name} of {format_number(train)}"
        )
        if name != "mse" and not facts.exact:
            reason = implausible_for_unit_pixels(validation, facts.pixels)
            evidence += f"; {reason}" if reason else ""
        return [Sign(evidence)]
    if name == "mse" or facts.exact or facts.pixels is None:
        return []
    if validation > facts.pixels >= train:
        return [
            Sign(
                f"{place}: validation {name} {format_number(validation)}, more than one nat for each of {facts.pixels} pixel values",
                severity="warning",
                confirm="print the pixel range of the images of both sides",
            )
        ]
    return []


@rule(
    "P4",
    "Validation does not cover the held-out set",
    "warning",
    why="Metrics from one batch describe a few images: they jump or stand still by chance, and early stopping, the learning rate and the 'best' "
    "weights all follow them.",
    keras_why="In Keras, `validation_data=next(X_val)` passes ONE batch, whatever validation_steps is.",
    keras="model.fit(X_train, validation_data=X_val)  # the whole generator with shuffle=False: no next(), no validation_steps",
    pytorch="with torch.no_grad(): total = sum(loss(x) * len(x) for x in val_loader) / len(val_set)  # every batch, after model.eval()",
    latentkit="latentkit train IMAGES --validation 0.1 -o RUN   # the whole held-out set, with the same noise every time",
    source="the Keras log of P2; https://keras.io/api/models/model_training_apis/#fit-method",
)
def validation_set(facts: Facts) -> Answer:
    """Code that passes one next() batch or sets validation_steps; images on both sides; a note below 20 images. In a log alone, a suspicion: validation > 10
    times training and within 5% of its first value while training changed by a tenth or more, and ten times as much as validation."""
    signs = []
    if facts.code is not None and facts.code.next_batch is not None:
        steps = (
            ""
            if facts.code.validation_steps is None
            else f" (validation_steps={facts.code.validation_steps} does not change that)"
        )
        signs.append(Sign(f"the code has {facts.code.next_batch}: one batch{steps}"))
    elif facts.code is not None and facts.code.validation_steps is not None:
        signs.append(
            Sign(
                f"the code has validation_steps={facts.code.validation_steps}: validation uses only that many batches",
                confirm="compare steps * batch size with the number of held-out images",
            )
        )
    if facts.split is not None:
        return [*signs, *_split_signs(facts.split)]
    if facts.rows and not any(row.validation for row in facts.rows):
        return [
            *signs,
            Sign(
                facts.unvalidated or "the log has no validation metrics",
                severity="note",
                title="There is no validation",
            ),
        ]
    if not signs and (evidence := _unmoved(facts)) is not None:
        confirm = for_framework(
            facts,
            keras="check the call of fit: `validation_data=next(X_val)` is one batch, and `X_val` is all of them; print(len(X_val), validation_steps)",
            pytorch="check that the validation loop runs over all of val_loader, after model.eval(); print(len(val_loader), len(val_loader.dataset))",
        )
        signs.append(Sign(evidence, confirm=confirm))
    return signs or Needs(
        "the size of the validation set: a latentkit run, latents with split, or the code that calls fit, pasted with the log"
    )


def _split_signs(split: Split) -> list[Sign]:
    signs = []
    if split.shared:
        images = "1 image is" if split.shared == 1 else f"{split.shared} images are"
        signs.append(Sign(f"{images} in both training and validation", severity="error"))
    if split.validation < FEWEST:
        evidence = f"{split.validation} of {split.train + split.validation} images are held out"
        signs.append(Sign(evidence, severity="note", title="Few validation images"))
    return signs


def _unmoved(facts: Facts) -> str | None:
    """Describe a validation metric that does not respond to training; None if it does."""
    compared = _compared(facts)
    if compared is None or compared[1][-1][2] / compared[1][-1][1] <= RATIO:
        return None
    name = compared[0]
    train = [value for _, value in facts.series("train", name) if math.isfinite(value)]
    validation = [value for _, value in facts.series("validation", name) if math.isfinite(value)]
    if len(train) < 2 or len(validation) < 2 or validation[0] <= 0 or train[0] <= 0:
        return None
    change, train_change = validation[-1] / validation[0] - 1, train[-1] / train[0] - 1
    if abs(change) >= 0.05 or abs(train_change) < max(0.1, 10 * abs(change)):
        return None
    return (
        f"validation {name} went from {format_number(validation[0])} to {format_number(validation[-1])} ({change:+.1%}) while training went "
        f"from {format_number(train[0])} to {format_number(train[-1])}: it looks like a single batch that training does not affect"
    )


@rule(
    "P17",
    "The validation classes differ from the training classes",
    "error",
    why="If images are sorted by class and the end is held out, only the last class is left for validation: the model is validated "
    "on a class it never saw, and trained on too few.",
    keras_why="Keras's validation_split takes the end of the array, before shuffling.",
    keras="order = np.random.default_rng(0).permutation(len(X)); model.fit(X[order], validation_split=0.1)",
    pytorch="train, val = torch.utils.data.random_split(data, [0.9, 0.1], torch.Generator().manual_seed(0))",
    latentkit="latentkit train IMAGES -o RUN   # the split is shuffled and stratified by class",
    source="https://keras.io/api/models/model_training_apis/#fit-method (validation_split: the last samples)",
)
def classes(facts: Facts) -> Answer:
    """No validation class is in training (error), or validation has only one of several classes (warning). A note for validation_split in pasted code."""
    if facts.split is None or not facts.split.train_classes or not facts.split.validation_classes:
        if facts.code is not None and facts.code.validation_split is not None:
            evidence = f"the code has validation_split={facts.code.validation_split:g}, which takes the end of the array before shuffling"
            return [Sign(evidence, severity="note", confirm="check whether X was shuffled before")]
        return Needs("a run, or latents with split and labels")
    train, validation = facts.split.train_classes, facts.split.validation_classes
    evidence = f"training has {_list_counts(train)}; validation has {_list_counts(validation)}"
    if not set(train) & set(validation):
        return [Sign(evidence)]
    if len(validation) == 1 and len(train) > 1:
        return [Sign(evidence, severity="warning")]
    return []


def _list_counts(counts: Mapping[str, int]) -> str:
    items = sorted(counts.items())
    listed = ", ".join(f"{name} {count}" for name, count in items[:6])
    return listed + (f" and {len(items) - 6} more classes" if len(items) > 6 else "")
