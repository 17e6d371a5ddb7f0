"""Rules about training that breaks, and about a model that is another one in inference."""

import math

from latentkit.diagnosis.quantities import Quantities, Side
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule, times

__all__ = ["eval_gap", "not_finite"]

GAP = 2.0


@rule(
    "P7",
    "A figure is not finite",
    "error",
    why="One NaN in a loss makes every weight NaN at the next step, and nothing brings them back: whatever was saved later is lost. It usually begins "
    "with exp(logvar) running away: the KL grows a hundredfold, logvar passes 20, the gradient spikes.",
    keras="logvar = keras.ops.clip(logvar, -30, 20); Adam(1e-4, global_clipnorm=1.0); callbacks=[keras.callbacks.TerminateOnNaN()]",
    pytorch="logvar = logvar.clamp(-30, 20); torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); Adam(lr=1e-4); beta from 0 over the first epochs",
    latentkit="latentkit train IMAGES --lr 3e-4 --clip 1 --warmup 500 -o RUN --overwrite   # logvar is clamped; the last good weights are kept",
    source="issues WorldModels#9, cryodrgn#18, LION#47",
)
def not_finite(q: Quantities) -> Answer:
    """A NaN or infinity in any figure that is not followed by a number again; or a latentkit run that stopped for one."""
    if not q.rows and not q.stopped:
        return Needs("a log of training")
    for index, row in enumerate(q.rows):
        for side in ("train", "validation"):
            for name, value in row.side(side).items():
                if not math.isfinite(value) and not _recovers(q, side, name, index):
                    return [Sign(f"{row.place}: {side} {name} is {value}{_before(q, index)}")]
    if q.stopped:
        when = f"after {q.rows[-1].place}" if q.rows else "before the first validation"
        return [Sign(f"the run was stopped by a figure that is not finite, {when}{_before(q, len(q.rows))}")]
    return []


def _recovers(q: Quantities, side: Side, name: str, index: int) -> bool:
    """A cell that reads NaN for "nothing here" is followed by numbers; a training that broke is not."""
    return any(math.isfinite(row.side(side).get(name, math.nan)) for row in q.rows[index + 1 :])


def _before(q: Quantities, index: int) -> str:
    """What went before, of the things that announce it."""
    told = []
    for name, words in (("kl", "the KL"), ("gradient", "the gradient's norm"), ("loss", "the loss")):
        values = [
            abs(row.train[name]) for row in q.rows[:index] if math.isfinite(row.train.get(name, math.nan))
        ]
        if len(values) > 1 and min(values[:-1]) > 0 and values[-1] / min(values[:-1]) > 100:
            told.append(f"{words} had grown {times(values[-1] / min(values[:-1]))} to {figure(values[-1])}")
    logvar = [row.train["logvar"] for row in q.rows[:index] if "logvar" in row.train]
    if logvar and logvar[-1] > 20:
        told.append(f"logvar had reached {figure(logvar[-1])}")
    return f"; before it {', '.join(told)}" if told else ""


@rule(
    "P16",
    "The model is another one in inference than in training",
    "warning",
    why="BatchNorm uses the batch's own statistics in training and running averages in inference; with small batches or a high momentum these "
    "differ, and the validation loss, the latents and the reconstructions are then those of a model that was never trained.",
    keras="replace BatchNormalization by GroupNormalization(8), or BatchNormalization(momentum=0.9); compare model(x, training=True) with training=False",
    pytorch="replace BatchNorm2d by GroupNorm(8, channels); compare the loss of one batch under model.train() and model.eval()",
    latentkit="latentkit train IMAGES -o RUN   # GroupNorm everywhere: training and inference are one model",
    source="issue pytorch/pytorch#4741",
)
def eval_gap(q: Quantities) -> Answer:
    """The squared error of the same images is more than twice as large in inference mode as in training mode."""
    if q.batch_norm is False:
        return []
    if q.pictures is None or q.pictures.eval_gap is None:
        return Needs(
            "`images`, `reconstructions` and `reconstructions_train` (model.train()) in the latents file"
        )
    if q.pictures.eval_gap <= GAP:
        return []
    return [
        Sign(
            f"the error of {q.pictures.images} images is {times(q.pictures.eval_gap)} as large in inference as in training mode"
        )
    ]
