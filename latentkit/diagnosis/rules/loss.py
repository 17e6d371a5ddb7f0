"""Rules about what is minimised and what is shown of it."""

import math
from itertools import pairwise
from statistics import median

from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule

__all__ = ["accuracy", "balance", "kl_rises", "negative", "warm_up", "zero"]

ZERO = 1e-8
BALANCED = (0.01, 10.0)
FEWEST_PIXELS = 64
"""Numbers in an image, where nobody says: 8 x 8 grey is the smallest that people train on."""
AVERAGED = 1.5
"""A reconstruction that begins below this is a mean over pixels: a sum over 64 of them would be larger."""


@rule(
    "P1",
    "Accuracy says nothing about a VAE",
    "warning",
    why="An auto-encoder classifies nothing. What Keras calls accuracy here is, for grey images, the share of pixels that "
    "equal exactly 0 or 1 after the reconstruction is rounded (x == round(x_hat)), and for colour images the share of pixels "
    "whose brightest channel is the same in image and reconstruction: images that are mostly black, or all alike, score near 1 "
    "with a model that has learnt nothing, and a perfect model of grey tones scores near 0.",
    keras="model.compile(optimizer)  # without metrics=['accuracy']; log keras.ops.mean((x - x_hat)**2) and the KL instead",
    pytorch="report ((x - x_hat)**2).mean(), R2 = 1 - mse / x.var(0).mean(), and the KL; drop the accuracy",
    latentkit="latentkit embed RUN IMAGES | latentkit report   # with labels: how well neighbours and a probe tell the classes apart",
    source="https://stackoverflow.com/questions/56519500",
)
def accuracy(q: Quantities) -> Answer:
    """Any column of a training log that is called accuracy."""
    if not q.rows:
        return Needs("a log of training")
    if not q.accuracies:
        return []
    shown = ", ".join(f"{name} {figure(value)}" for name, value in q.accuracies.items())
    return [Sign(f"the log ends with {shown}")]


@rule(
    "P2",
    "The loss is exactly 0",
    "error",
    why="The loss of a VAE that is learning is never 0: no reconstruction is perfect, and a latent that says anything costs KL. "
    "An exact 0 means that nothing was compared: the target is the model's own output, the targets or their weights are "
    "empty or all zero, a mask removed everything (NaN included), or the generator hands over (x, y) in a way the loss does not see.",
    keras="x = next(iter(train)); print(type(x), [(a.shape, a.dtype, a.min(), a.max()) for a in (x if isinstance(x, tuple) else (x,))]); "
    "model.fit(x0, x0, epochs=200)  # x0 = that one batch of images: the loss must fall, and never reach 0",
    pytorch="x = next(iter(loader))[0]; print(x.shape, x.min(), x.max(), torch.isfinite(x).all()); "
    "then 200 steps on this x alone: the loss must fall, and never reach 0",
    latentkit="latentkit scan IMAGES && latentkit train IMAGES -o RUN",
    source="the founding case of latentkit: a Keras VAE whose second epoch reads loss: 0.0000e+00, accuracy: 1.0000",
)
def zero(q: Quantities) -> Answer:
    """|loss| <= 1e-8 at some place, training or validation. (A calibrated Gaussian loss is healthily negative and passes by 0 without meeting it.)"""
    told = [(place, "loss", value) for place, value in q.series("train", "loss")]
    told += [(place, "validation loss", value) for place, value in q.series("validation", "loss")]
    if not told:
        return Needs("a log with a loss")
    zeros = [(place, name) for place, name, value in told if abs(value) <= ZERO]
    if not zeros:
        return []
    place, name = zeros[0]
    evidence = f"{place}: {name} {0.0:.4e}"
    if q.steps and name == "loss":
        evidence += f", which is the mean over {q.steps} steps, so every single one of them was 0"
    before = [value for _, value in q.series("train", "loss") if abs(value) > ZERO and math.isfinite(value)]
    if before and name == "loss":
        evidence += f"; elsewhere it is {figure(before[-1])}"
    if place == q.rows[-1].place and any(value > 0.9999 for value in q.accuracies.values()):
        evidence += "; the accuracy of 1 beside it says that output and target were equal, or both empty"
    return [Sign(evidence)]


def _weight(q: Quantities) -> float | None:
    """w in loss = reconstruction + w * kl, from a log that has all three; None where it does not hold."""
    found = [
        (row.train["loss"] - row.train["reconstruction"]) / row.train["kl"]
        for row in q.rows
        if all(math.isfinite(row.train.get(name, math.nan)) for name in ("loss", "reconstruction", "kl"))
        and row.train["kl"] > 1e-9
    ]
    return median(found) if found and median(found) > 1e-9 else None


@rule(
    "P9",
    "The KL and the reconstruction are not on one scale",
    "warning",
    why="The evidence bound adds up both terms over everything: the reconstruction over all pixels, the KL over all latent "
    "dimensions. Averaging one and summing the other multiplies the KL by the number of pixels (the latent collapses) or divides it "
    "by the number of dimensions (the latent is a plain auto-encoder's), whatever beta you believe you have set.",
    keras="loss = keras.ops.mean(keras.ops.sum(bce, axis=(1, 2))) + keras.ops.mean(keras.ops.sum(kl, axis=1))",
    pytorch="loss = F.binary_cross_entropy(x_hat, x, reduction='sum') / len(x) + kl.sum(dim=1).mean()",
    latentkit="latentkit train IMAGES --beta 1 -o RUN   # sums over pixels and dimensions, mean over the batch",
    source="issues AntixK/PyTorch-VAE#11, #35, #56, podgorskiy/VAE#1",
)
def balance(q: Quantities) -> Answer:
    """beta_eff, the weight of the summed KL against the reconstruction summed over pixels, is outside 0.01..10."""
    low, high = BALANCED
    if q.exact:
        if q.beta is None:
            return Needs("the weight of the KL")
        return (
            []
            if low <= q.beta <= high
            else [Sign(f"the KL has the weight beta = {figure(q.beta)}, outside {low}..{high}")]
        )
    weight = _weight(q)
    reconstruction = [value for _, value in q.series("train", "reconstruction") if math.isfinite(value)]
    if weight is None or not reconstruction:
        return Needs("a log with loss, reconstruction and kl as columns")
    averaged = 0 < max(reconstruction) < AVERAGED
    known = q.last("train", "kl")
    summed = float(q.posterior.kl_per_dim.sum()) if q.posterior is not None else None
    share = None if known is None or not summed else known / summed
    pixels = (q.pixels or FEWEST_PIXELS) if averaged else 1
    beta = weight * pixels * (share if share is not None else 1.0)
    how = f"loss = reconstruction + {figure(weight)} * kl; the reconstruction ({figure(reconstruction[0])} at first) is "
    how += (
        f"averaged over the {'at least ' if q.pixels is None else ''}{pixels} numbers of an image"
        if averaged
        else "summed over pixels"
    )
    if share is not None:
        how += f"; the log's kl is {figure(share)} of the KL summed over {len(q.posterior.kl_per_dim) if q.posterior else 0} dimensions"
    if low <= beta <= high:
        sure = share is not None and (not averaged or q.pixels is not None)
        return (
            []
            if sure
            else Needs("latents of the same model (--latents) and --pixels, to know what was summed")
        )
    least = "at least " if averaged and q.pixels is None and beta > high else ""
    return [
        Sign(
            f"{how}: the KL weighs {least}{figure(beta)} times what the evidence bound gives it",
            confirm=None
            if share is not None
            else "look whether the KL is summed over the latent dimensions, or give the model's latents with --latents",
        )
    ]


@rule(
    "P18",
    "Warm-up of beta never ended",
    "warning",
    why="While beta is below its target the model is trained for another loss than the one asked for: the latent holds more than the prior "
    "allows and samples are poor. Warm-up counted in epochs or fixed steps often outlasts a short run or an early stop.",
    keras="beta = min(1.0, step / min(warmup_steps, total_steps // 2)); EarlyStopping(start_from_epoch=warmup_epochs)",
    pytorch="beta = min(1.0, step / min(warmup_steps, total_steps // 2)); no early stop before it is 1",
    latentkit="latentkit train IMAGES --warmup STEPS -o RUN   # in steps, never longer than the run; no early stop before its end",
    source="issues scverse/scvi-tools#1569, #307",
)
def warm_up(q: Quantities) -> Answer:
    """Training is over and its last beta is below 0.9 of the target; where no target is known, beta still rose at each of the last 3 places."""
    betas = [(row.place, row.beta) for row in q.rows if row.beta is not None]
    if not betas:
        return Needs("beta in the log")
    place, last = betas[-1]
    if q.beta is not None:
        return (
            [Sign(f"{place}: beta is {figure(last)}; its target is {figure(q.beta)}")]
            if q.finished and last < 0.9 * q.beta
            else []
        )
    tail = [value for _, value in betas[-4:]]
    if len(tail) == 4 and all(after > before * 1.001 for before, after in pairwise(tail)):
        return [
            Sign(
                f"{place}: beta is {figure(last)} and was still rising",
                confirm="compare it with the weight that you meant to reach",
            )
        ]
    return []


@rule(
    "P19",
    "The KL rises early while the reconstruction improves",
    "note",
    why="This is how a VAE learns: the latent begins to say something, which costs KL and pays in reconstruction. Nothing is wrong.",
    keras="nothing to do",
    pytorch="nothing to do",
    latentkit="nothing to do",
    source="issue improved_vrnn#4",
)
def kl_rises(q: Quantities) -> Answer:
    """Never a finding: it stands here so that nobody adds one."""
    return [] if q.series("train", "kl") or q.series("validation", "kl") else Needs("a log with the KL")


@rule(
    "P20",
    "The loss is negative",
    "note",
    why="A density may exceed 1, so the negative log-likelihood of a Gaussian with a small sigma is healthily below 0. "
    "Binary cross-entropy is not: it is negative only if targets lie outside 0..1.",
    keras="BinaryCrossentropy: x = x.astype('float32') / 255; a Gaussian likelihood: nothing to do",
    pytorch="F.binary_cross_entropy: x = x.float() / 255 (ToTensor does it); a Gaussian likelihood: nothing to do",
    latentkit="nothing to do: --likelihood gaussian may go below 0, and bernoulli cannot",
    source="issue Lasagne/Recipes#54",
)
def negative(q: Quantities) -> Answer:
    """A loss or reconstruction below 0: nothing where the likelihood is known to be Gaussian, a warning where it is a
    binary cross-entropy, else a note that says which is fine."""
    told = [
        (place, name, value)
        for name in ("reconstruction", "loss")
        for side in ("train", "validation")
        for place, value in q.series(side, name)
    ]
    if not told:
        return Needs("a log with a loss")
    below = [(place, name, value) for place, name, value in told if value < -ZERO and math.isfinite(value)]
    if not below or q.likelihood == "gaussian":
        return []
    place, name, value = below[0]
    evidence = f"{place}: {name} {figure(value)}"
    if q.likelihood == "bernoulli" or q.bernoulli_columns:
        called = ", ".join(q.bernoulli_columns) or "the Bernoulli likelihood"
        return [Sign(f"{evidence}, with {called}: targets are not within 0..1", severity="warning")]
    return [Sign(f"{evidence}: fine for a Gaussian likelihood")]
