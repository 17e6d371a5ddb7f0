"""Rules about the objective and the steps: P9 its balance with the reconstruction, P18 an unfinished warm-up, and P27 on the learning rate."""

import math
from itertools import pairwise
from statistics import median

from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.rule import Answer, Needs, Sign, format_number, rule

__all__ = ["balance", "learning_rate", "warm_up"]

BALANCED = (0.01, 10.0)
FEWEST_PIXELS = 64
"""Assumed number of values in an image of unknown size: 8 x 8 gray is the smallest in common use."""
USUAL_RATES = (1e-6, 0.1)
"""A step of Adam or RMSprop moves each weight by about the learning rate. Initial weights are around 0.05."""
AVERAGED = 1.5
"""A reconstruction that starts below this is a mean over pixels: a sum over 64 of them would be larger."""


def _kl_weight(facts: Facts) -> float | None:
    """Estimate w in loss = reconstruction + w * kl from a log of all three; None if that does not hold."""
    weights = [
        (row.train["loss"] - row.train["reconstruction"]) / row.train["kl"]
        for row in facts.rows
        if all(math.isfinite(row.train.get(name, math.nan)) for name in ("loss", "reconstruction", "kl"))
        and row.train["kl"] > 1e-9
    ]
    return median(weights) if weights and median(weights) > 1e-9 else None


def _other_terms(facts: Facts) -> str:
    """Warn that the weight is an upper bound if the log has losses besides the two terms."""
    names = ", ".join(dict.fromkeys(name for row in facts.rows for name in row.outputs))
    return f" (or less: {names} may be part of the loss too)" if names else ""


@rule(
    "P9",
    "The KL and the reconstruction are on different scales",
    "warning",
    why="The evidence lower bound sums both terms: the reconstruction over all pixels and the KL over all latent "
    "dimensions. Averaging one and summing the other multiplies the KL by the number of pixels (the posterior collapses) or divides it "
    "by the number of dimensions (the model becomes a plain autoencoder), whatever beta is set to.",
    keras="loss = keras.ops.mean(keras.ops.sum(bce, axis=(1, 2))) + keras.ops.mean(keras.ops.sum(kl, axis=1))",
    pytorch="loss = F.binary_cross_entropy(x_hat, x, reduction='sum') / len(x) + kl.sum(dim=1).mean()",
    latentkit="latentkit train IMAGES --beta 1 -o RUN   # sums over pixels and dimensions, mean over the batch",
    source="issues AntixK/PyTorch-VAE#11, #35, #56, podgorskiy/VAE#1",
)
def balance(facts: Facts) -> Answer:
    """The effective beta is outside 0.01..10: the weight of the KL, summed over dimensions, relative to the reconstruction, summed over pixels."""
    low, high = BALANCED
    if facts.exact:
        if facts.beta is None:
            return Needs("the weight of the KL")
        if low <= facts.beta <= high:
            return []
        return [Sign(f"beta, the weight of the KL, is {format_number(facts.beta)}, outside {low}..{high}")]
    weight = _kl_weight(facts)
    reconstruction = [value for _, value in facts.series("train", "reconstruction") if math.isfinite(value)]
    if weight is None or not reconstruction:
        return Needs("a log with columns for loss, reconstruction and KL")
    averaged = 0 < max(reconstruction) < AVERAGED
    logged = facts.last("train", "kl")
    summed = float(facts.posterior.kl_per_dim.sum()) if facts.posterior is not None else None
    share = None if logged is None or not summed else logged / summed
    pixels = (facts.pixels or FEWEST_PIXELS) if averaged else 1
    beta = weight * pixels * (share if share is not None else 1.0)
    evidence = f"loss = reconstruction + {format_number(weight)} * kl{_other_terms(facts)}; the reconstruction ({format_number(reconstruction[0])} at first) is "
    evidence += (
        f"averaged over the {'at least ' if facts.pixels is None else ''}{pixels} values of an image"
        if averaged
        else "summed over pixels"
    )
    if share is not None:
        dimensions = len(facts.posterior.kl_per_dim) if facts.posterior else 0
        evidence += (
            f"; the logged KL is {format_number(share)} times the KL summed over {dimensions} dimensions"
        )
    if low <= beta <= high:
        certain = share is not None and (not averaged or facts.pixels is not None)
        return (
            []
            if certain
            else Needs("latents of the same model (--latents) and --pixels, to tell sums from means")
        )
    least = "at least " if averaged and facts.pixels is None and beta > high else ""
    return [
        Sign(
            f"{evidence}: the KL weighs {least}{format_number(beta)} times as much as in the evidence lower bound",
            confirm=None
            if share is not None
            else "check whether the KL is summed over the latent dimensions, or add the model's latents with --latents",
        )
    ]


@rule(
    "P18",
    "Beta warm-up never finished",
    "warning",
    why="While beta is below its target, the model is trained for another loss than the one you chose: the latents hold more information than "
    "the prior allows, and samples are poor. A warm-up over a fixed number of epochs or steps often outlasts a short run or an early stop.",
    keras="beta = min(1.0, step / min(warmup_steps, total_steps // 2)); EarlyStopping(start_from_epoch=warmup_epochs)",
    pytorch="beta = min(1.0, step / min(warmup_steps, total_steps // 2)); no early stopping before beta is 1",
    latentkit="latentkit train IMAGES --warmup STEPS -o RUN   # never longer than the run, and no early stopping before it ends",
    source="issues scverse/scvi-tools#1569, #307",
)
def warm_up(facts: Facts) -> Answer:
    """Training has ended with beta below 0.9 of its target; if the target is unknown, beta was still rising over the last 4 rows."""
    betas = [(row.place, row.beta) for row in facts.rows if row.beta is not None]
    if not betas:
        return Needs("beta in the log")
    place, last = betas[-1]
    if facts.beta is not None:
        if not facts.finished or last >= 0.9 * facts.beta:
            return []
        return [
            Sign(f"{place}: beta is {format_number(last)}, and its target is {format_number(facts.beta)}")
        ]
    tail = [value for _, value in betas[-4:]]
    if len(tail) == 4 and all(after > before * 1.001 for before, after in pairwise(tail)):
        return [
            Sign(
                f"{place}: beta is {format_number(last)} and still rising",
                confirm="compare it with the weight that you meant to reach",
            )
        ]
    return []


@rule(
    "P27",
    "The learning rate is far from the usual range",
    "warning",
    why="Adam and RMSprop move every weight by about the learning rate at each step, whatever the size of the gradient. Above 0.1 each step is larger "
    "than the weights themselves, so that nothing learned remains; below 1e-6 nothing is learned in any usual time. More epochs help neither.",
    keras="keras.optimizers.Adam(1e-3)",
    pytorch="torch.optim.Adam(model.parameters(), lr=1e-3)",
    latentkit="latentkit train IMAGES --lr 1e-3 -o RUN   # the default; 1e-4 to 3e-3 are usual",
    source="Kingma & Ba 2015 (Adam), section 2.1: the size of a step is at most about the learning rate",
)
def learning_rate(facts: Facts) -> Answer:
    """The learning rate of a latentkit run is outside 1e-6..0.1."""
    if facts.lr is None:
        return Needs("the learning rate: a latentkit run")
    low, high = USUAL_RATES
    if low <= facts.lr <= high:
        return []
    return [Sign(f"the learning rate is {format_number(facts.lr)}, outside {low:g}..{high:g}")]
