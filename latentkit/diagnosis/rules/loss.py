"""Rules about the logged values: P1 accuracy, P2 exact zero, P7 NaN and infinity, P20 negative loss."""

import math

from latentkit.diagnosis.facts import Facts, HistoryRow, Side
from latentkit.diagnosis.rule import Answer, Needs, Sign, format_number, format_ratio, rule

__all__ = ["accuracy", "negative", "not_finite", "zero"]

ZERO = 1e-8


@rule(
    "P1",
    "Accuracy is meaningless for a VAE",
    "warning",
    why="An autoencoder does not classify: a share of equal pixels says little about it. Images that are mostly black score near 1 with a "
    "model that has learned nothing, and a perfect model of gray tones scores near 0.",
    keras_why="For gray images, what Keras calls accuracy is the share of pixels that are exactly 0 or 1 and equal the "
    "rounded reconstruction (x == round(x_hat)). For color images it is the share of pixels whose brightest channel is the same in the image "
    "and in the reconstruction.",
    keras="model.compile(optimizer)  # without metrics=['accuracy']; log keras.ops.mean((x - x_hat)**2) and the KL instead",
    pytorch="log ((x - x_hat)**2).mean(), R2 = 1 - mse / x.var(0).mean() and the KL instead of the accuracy",
    latentkit="latentkit embed RUN IMAGES | latentkit report   # with labels: how well nearest neighbors and a linear probe predict the class",
    source="https://stackoverflow.com/questions/56519500",
)
def accuracy(facts: Facts) -> Answer:
    """A training log has a column named accuracy."""
    if not facts.rows and not facts.accuracies:
        return Needs("a training log")
    if not facts.accuracies:
        return []
    values = ", ".join(f"{name} {format_number(value)}" for name, value in facts.accuracies.items())
    return [Sign(f"the log ends with {values}")]


@rule(
    "P2",
    "The loss is exactly 0",
    "error",
    why="The loss of a working VAE is never exactly 0: no reconstruction is perfect, and an informative latent costs KL. "
    "An exact 0 means that nothing was compared: the target is the model's own output, the targets or their weights are "
    "empty or all zero, a mask removed everything (NaN included), or the loss does not see the (x, y) that the generator yields.",
    keras="x = next(iter(train)); print(type(x), [(a.shape, a.dtype, a.min(), a.max()) for a in (x if isinstance(x, tuple) else (x,))]); "
    "model.fit(x0, x0, epochs=200)  # x0 is that one batch of images: its loss must fall without reaching 0",
    pytorch="x = next(iter(loader))[0]; print(x.shape, x.min(), x.max(), torch.isfinite(x).all()); "
    "then train 200 steps on this x alone: its loss must fall without reaching 0",
    latentkit="latentkit scan IMAGES && latentkit train IMAGES -o RUN",
    source="the Keras log that latentkit was first written for: its second epoch has loss: 0.0000e+00 and accuracy: 1.0000",
)
def zero(facts: Facts) -> Answer:
    """|loss| <= 1e-8 anywhere, in training or validation. A calibrated Gaussian loss may be negative, but it does not stop at 0."""
    losses = [(place, "loss", value) for place, value in facts.series("train", "loss")]
    losses += [(place, "validation loss", value) for place, value in facts.series("validation", "loss")]
    if not losses:
        return Needs("a log with a loss")
    zeros = [(place, name) for place, name, value in losses if abs(value) <= ZERO]
    if not zeros:
        return []
    place, name = zeros[0]
    evidence = f"{place}: {name} {0.0:.4e}"
    if facts.steps and name == "loss":
        evidence += f", the mean over {facts.steps} steps, so the loss of every step was 0"
    if name == "loss" and any(
        row.place == place and math.isnan(row.train.get("gradient", 0)) for row in facts.rows
    ):
        evidence += "; the gradient norm there is nan, so the loss was NaN: some trainers, such as that of Hugging Face, log it as 0"
    others = [
        value for _, value in facts.series("train", "loss") if abs(value) > ZERO and math.isfinite(value)
    ]
    if others and name == "loss":
        evidence += f"; elsewhere it is {format_number(others[-1])}"
    if place == facts.rows[-1].place and any(value > 0.9999 for value in facts.accuracies.values()):
        evidence += "; the accuracy of 1 means that output and target were equal, or both empty"
    return [Sign(evidence)]


@rule(
    "P7",
    "A metric is NaN or infinite",
    "error",
    why="A NaN in the loss makes every weight NaN at the next step, and training cannot recover: all weights saved later are lost. The usual cause "
    "is an exp(logvar) that explodes: the KL grows a hundredfold, logvar exceeds 20, the gradient spikes.",
    keras="logvar = keras.ops.clip(logvar, -30, 20); Adam(1e-4, global_clipnorm=1.0); callbacks=[keras.callbacks.TerminateOnNaN()]",
    pytorch="logvar = logvar.clamp(-30, 20); torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); Adam(lr=1e-4); raise beta from 0 over the first epochs",
    latentkit="latentkit train IMAGES --lr 3e-4 --clip 1 --warmup 500 -o RUN --overwrite   # logvar is clamped, and the last good weights are kept",
    source="issues WorldModels#9, cryodrgn#18, LION#47",
)
def not_finite(facts: Facts) -> Answer:
    """A metric is NaN or infinite and never finite again; or a latentkit run stopped because of it."""
    if not facts.rows and not facts.stopped:
        return Needs("a training log")
    for index, row in enumerate(facts.rows):
        for side in ("train", "validation"):
            for name, value in row.side(side).items():
                if not math.isfinite(value) and not _recovers(facts, side, name, index):
                    evidence = f"{row.place}: {side} {name} is {value}{_parts(facts, row)}{_precursors(facts, index)}"
                    return [Sign(evidence)]
        for name, value in row.outputs.items():
            if not math.isfinite(value) and not any(
                math.isfinite(later.outputs.get(name, math.nan)) for later in facts.rows[index + 1 :]
            ):
                return [Sign(f"{row.place}: {name} is {value}{_parts(facts, row)}")]
    if facts.stopped:
        when = f"after {facts.rows[-1].place}" if facts.rows else "before the first validation"
        return [Sign(f"the run stopped at a NaN or infinity {when}{_precursors(facts, len(facts.rows))}")]
    return []


def _recovers(facts: Facts, side: Side, name: str, index: int) -> bool:
    """Return whether finite values follow. After a NaN that stands for an empty cell they do; after divergence they do not."""
    return any(math.isfinite(row.side(side).get(name, math.nan)) for row in facts.rows[index + 1 :])


def _parts(facts: Facts, row: HistoryRow) -> str:
    """Name the columns of a row that are and are not finite, so that the part that failed is known."""
    named = {
        facts.names.get((side, name), name): value
        for side in ("train", "validation")
        for name, value in row.side(side).items()
    }
    named |= row.outputs
    broken = [name for name, value in named.items() if not math.isfinite(value)]
    whole = [f"{name} {format_number(value)}" for name, value in named.items() if math.isfinite(value)]
    if len(named) < 2:
        return ""
    text = f" ({', '.join(broken)} {'are' if len(broken) > 1 else 'is'} not finite" + (
        f"; {', '.join(whole)} still {'are' if len(whole) > 1 else 'is'})" if whole else ")"
    )
    outputs = [name for name in broken if name in row.outputs]
    if outputs and any(math.isfinite(value) for value in row.outputs.values()):
        text += f"; look at {' and '.join(outputs)} first: at that output, its inputs and its loss"
    return text


def _precursors(facts: Facts, index: int) -> str:
    """Describe the warning signs in the rows before `index`."""
    signs = []
    for name, words in (("kl", "the KL"), ("gradient", "the gradient norm"), ("loss", "the loss")):
        values = [
            abs(row.train[name]) for row in facts.rows[:index] if math.isfinite(row.train.get(name, math.nan))
        ]
        if len(values) > 1 and min(values[:-1]) > 0 and values[-1] / min(values[:-1]) > 100:
            growth = format_ratio(values[-1] / min(values[:-1]))
            signs.append(f"{words} had grown {growth} to {format_number(values[-1])}")
    logvar = [row.train["logvar"] for row in facts.rows[:index] if "logvar" in row.train]
    if logvar and logvar[-1] > 20:
        signs.append(f"logvar had reached {format_number(logvar[-1])}")
    return f"; before that {', '.join(signs)}" if signs else ""


@rule(
    "P20",
    "The loss is negative",
    "note",
    why="A probability density may exceed 1, so the negative log-likelihood of a Gaussian with a small sigma may be below 0. "
    "Binary cross-entropy is negative only if targets are outside 0..1.",
    keras="BinaryCrossentropy: x = x.astype('float32') / 255; a Gaussian likelihood or a Dice loss: nothing to do",
    pytorch="F.binary_cross_entropy: x = x.float() / 255 (ToTensor does this); a Gaussian likelihood or a Dice loss: nothing to do",
    latentkit="nothing to do: --likelihood gaussian may be below 0, and bernoulli cannot be",
    source="issue Lasagne/Recipes#54",
)
def negative(facts: Facts) -> Answer:
    """A loss or reconstruction is below 0. Ignored if the likelihood is known to be Gaussian, a warning for binary cross-entropy,
    a note if the likelihood is unknown."""
    values = [
        (place, name, value)
        for name in ("reconstruction", "loss")
        for side in ("train", "validation")
        for place, value in facts.series(side, name)
    ]
    if not values:
        return Needs("a log with a loss")
    below = [(place, name, value) for place, name, value in values if value < -ZERO and math.isfinite(value)]
    if not below or facts.likelihood == "gaussian":
        return []
    place, name, value = below[0]
    evidence = f"{place}: {name} {format_number(value)}"
    if facts.likelihood == "bernoulli" or facts.bernoulli_columns:
        cause = ", ".join(facts.bernoulli_columns) or "the Bernoulli likelihood"
        return [Sign(f"{evidence} with {cause}: targets are outside 0..1", severity="warning")]
    if (part := _negative_part(facts, place, name)) is not None:
        return [Sign(f"{evidence}: {part}")]
    return [Sign(f"{evidence}: normal for a Gaussian likelihood")]


def _negative_part(facts: Facts, place: str, name: str) -> str | None:
    """Explain a negative loss by a part of it that is no likelihood; None if there is none."""
    row = next(row for row in facts.rows if row.place == place)
    parts = [f"{part} is {format_number(value)}" for part, value in row.outputs.items() if value < -ZERO]
    if parts:
        return (
            f"{', '.join(parts)}; whether that output may be negative depends on its loss: that of a score, such as Dice, is, "
            "and no Gaussian likelihood is needed to explain it"
        )
    if facts.score_columns:
        return f"the log has {', '.join(facts.score_columns[:3])}, and the loss of a score such as Dice may be negative; a Gaussian likelihood may be too"
    return None
