"""Rules about reconstructions: P6 output range, P10 blur, P16 inference mode, P26 worse than the mean image."""

import math

from latentkit.diagnosis.facts import SETTLED, Facts
from latentkit.diagnosis.rule import Answer, Needs, Sign, format_number, format_ratio, rule
from latentkit.diagnosis.rules.latent import collapse_in_history

__all__ = ["blur", "eval_gap", "output_range", "worse_than_the_mean"]

CLIPPED = 0.05
SHARP = 0.3
GAP = 2.0
NEEDS = Needs(
    "reconstructions: --images with a latentkit run, or `images` and `reconstructions` in the latents file"
)


@rule(
    "P6",
    "The decoder's output range does not cover the data",
    "error",
    why="A sigmoid is bounded by 0 and 1, a tanh by -1 and 1. Where pixels lie beyond these bounds, part of the error can never be removed, the output "
    "saturates, and its gradient vanishes.",
    keras="x in 0..1 with activation='sigmoid'; x in -1..1 with 'tanh'; standardized x with no activation and a Gaussian loss",
    pytorch="x in 0..1 with torch.sigmoid; Normalize(0.5, 0.5) with torch.tanh; standardized x with no activation and mse",
    latentkit="latentkit train IMAGES -o RUN   # always pixels in 0..1 and a sigmoid",
    source="issues AntixK/PyTorch-VAE#108, lightning-bolts#177",
)
def output_range(facts: Facts) -> Answer:
    """More than 5% of the pixel values lie beyond every reconstruction by a tenth of the data's range, while the reconstruction there is at its bound."""
    if facts.reconstructions is None:
        return NEEDS
    r = facts.reconstructions
    if r.clipped <= CLIPPED:
        return []
    ranges = (
        f"images range from {format_number(r.image_low)} to {format_number(r.image_high)}, "
        f"reconstructions from {format_number(r.output_low)} to {format_number(r.output_high)}"
    )
    return [
        Sign(f"{ranges}; {r.clipped:.0%} of the pixel values are out of reach, with the output at its bound")
    ]


@rule(
    "P10",
    "Reconstructions are blurry",
    "note",
    why="A squared error averages over everything that the latents do not determine, and fine detail is lost first. Some blur is normal in a VAE, and more of it "
    "while the loss still falls. It does not matter for separating classes that differ in coarse shape.",
    keras="train until val_loss stops falling; a learned sigma: loss = D / 2 * keras.ops.log(mse) + kl; more latent dimensions; lower beta",
    pytorch="train until the validation loss stops falling; loss = D / 2 * mse.log() + kl (Rybkin et al. 2021); more latent dimensions; lower beta",
    latentkit="latentkit train IMAGES -o RUN --resume --epochs MORE   # calibrated sigma is the default; then --latent, --beta 0.5",
    source="Rybkin, Daniilidis & Levine 2021; issue sigma-vae#1",
)
def blur(facts: Facts) -> Answer:
    """The variance of the Laplacian of the reconstructions is below 0.3 times that of the images."""
    if facts.reconstructions is None:
        return NEEDS
    sharpness = facts.reconstructions.sharpness
    if sharpness >= SHARP:
        return []
    evidence = f"the variance of the Laplacian is {format_number(sharpness)} times that of the images"
    losses = [value for _, value in facts.series("validation", "loss")]
    if len(losses) >= 4:
        falling = losses[-1] < min(losses[:-1])
        evidence += f"; the validation loss {'is still falling' if falling else 'has stopped falling'}"
    return [Sign(evidence)]


@rule(
    "P16",
    "The model behaves differently in inference than in training",
    "warning",
    why="BatchNorm uses the statistics of the batch in training and running averages in inference. With small batches or slow running averages these "
    "differ, and the validation loss, the latents and the reconstructions come from a model that was never trained.",
    keras="replace BatchNormalization by GroupNormalization(8), or use BatchNormalization(momentum=0.9); compare model(x, training=True) with training=False",
    pytorch="replace BatchNorm2d by GroupNorm(8, channels); compare the loss of one batch under model.train() and model.eval()",
    latentkit="latentkit train IMAGES -o RUN   # GroupNorm only: training and inference compute the same function",
    source="issue pytorch/pytorch#4741",
)
def eval_gap(facts: Facts) -> Answer:
    """The squared error of the same images is more than twice as large in inference mode as in training mode."""
    if facts.batch_norm is False:
        return []
    r = facts.reconstructions
    if r is None or r.eval_gap is None:
        return Needs(
            "`images`, `reconstructions` and `reconstructions_train` (model.train()) in the latents file"
        )
    if r.eval_gap <= GAP:
        return []
    ratio = format_ratio(r.eval_gap)
    return [Sign(f"the error of {r.images} images is {ratio} as large in inference mode as in training mode")]


@rule(
    "P26",
    "Reconstructions are worse than the mean image",
    "warning",
    why="R2 is 0 for a model that always draws the mean image and 1 for a perfect one. If it stays below 0 over several validations, the decoder has learned "
    "nothing that generalizes, or training has diverged: the latents carry no information, whatever the other metrics say.",
    keras="optimizer = keras.optimizers.Adam(1e-4, clipnorm=1.0); train until R2 = 1 - mse / x.var(axis=0).mean() on held-out images is well above 0",
    pytorch="lr=1e-4 and torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); train until R2 = 1 - mse / x.var(0).mean() on held-out images is well above 0",
    latentkit="latentkit train IMAGES --lr 1e-4 --clip 1 -o RUN   # if training diverged; if it was too short: -o RUN --resume --epochs MORE",
    source="a run with --lr 1 that ended with an R2 of -4.5 and was reported as healthy",
)
def worse_than_the_mean(facts: Facts) -> Answer:
    """Training has ended, no R2 of 3 or more validations is above 0, and the posterior has not collapsed (P8)."""
    values = [(place, value) for place, value in facts.series("validation", "r2") if math.isfinite(value)]
    if not values:
        return Needs("R2 in validation, as in a latentkit run")
    best = max(value for _, value in values)
    if not facts.finished or len(values) < SETTLED or best > 0 or collapse_in_history(facts):
        return []
    place, last = values[-1]
    compared = f"the best was {best:.3f}" if best > last else f"the best of {len(values)}"
    return [Sign(f"{place}: validation R2 {last:.3f}, {compared}")]
