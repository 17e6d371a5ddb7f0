"""Rules about what the decoder draws."""

from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule

__all__ = ["blur", "output_range"]

CLIPPED = 0.05
SHARP = 0.3
NEEDS = (
    "reconstructions: --images with a latentkit run, or `images` and `reconstructions` in the latents file"
)


@rule(
    "P6",
    "The decoder's output cannot reach the data",
    "error",
    why="A sigmoid ends at 0 and 1, a tanh at -1 and 1. Where the images go beyond, the error has a floor that no training removes, the output saturates, and "
    "its gradient vanishes.",
    keras="x in 0..1 with activation='sigmoid'; x in -1..1 with 'tanh'; standardised x with no activation and a Gaussian loss",
    pytorch="x in 0..1 with torch.sigmoid; Normalize(0.5, 0.5) with torch.tanh; standardised x with no activation and mse",
    latentkit="latentkit train IMAGES -o RUN   # pixels in 0..1, sigmoid, always",
    source="issues AntixK/PyTorch-VAE#108, lightning-bolts#177",
)
def output_range(q: Quantities) -> Answer:
    """More than 5 % of the images' numbers lie beyond every reconstruction by a tenth of the data's range, while the reconstruction stands at its bound there."""
    if q.pictures is None:
        return Needs(NEEDS)
    p = q.pictures
    if p.clipped <= CLIPPED:
        return []
    told = f"images range from {figure(p.low)} to {figure(p.high)}, reconstructions from {figure(p.out_low)} to {figure(p.out_high)}"
    return [Sign(f"{told}; {p.clipped:.0%} of the pixels lie beyond, with the output at its bound")]


@rule(
    "P10",
    "Reconstructions are blurred",
    "note",
    why="A squared error averages over everything the latent leaves open, and fine detail is the first to go. Some blur is normal in a VAE; while the loss still "
    "falls it is also simply early. It does not matter for telling classes apart that differ in coarse shape.",
    keras="train on until val_loss stands still; a learned sigma: loss = D / 2 * keras.ops.log(mse) + kl; more latents; lower beta",
    pytorch="train on until the validation loss stands still; loss = D / 2 * mse.log() + kl (Rybkin et al. 2021); more latents; lower beta",
    latentkit="latentkit train IMAGES -o RUN --resume --epochs MORE   # calibrated sigma is the default; then --latent, --beta 0.5",
    source="Rybkin, Daniilidis & Levine 2021; issue sigma-vae#1",
)
def blur(q: Quantities) -> Answer:
    """The variance of the Laplacian of the reconstructions is below 0.3 of that of the images."""
    if q.pictures is None:
        return Needs(NEEDS)
    if q.pictures.sharpness >= SHARP:
        return []
    told = f"the variance of the Laplacian is {figure(q.pictures.sharpness)} of the images'"
    losses = [value for _, value in q.series("validation", "loss")]
    if len(losses) >= 4:
        told += (
            "; the validation loss still falls"
            if losses[-1] < min(losses[:-1])
            else "; the validation loss no longer falls"
        )
    return [Sign(told)]
