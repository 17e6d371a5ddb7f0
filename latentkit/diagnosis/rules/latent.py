"""Rules about what the latent holds."""

import math

import numpy as np

from latentkit.diagnosis import space
from latentkit.diagnosis.quantities import Posterior, Quantities
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule

__all__ = ["ACTIVE", "autoencoder", "blob", "collapse", "dead", "sampled"]

ACTIVE = 0.01
COLLAPSED = 0.1
AVERAGED_AWAY = 1e-3
"""A KL below this is next to nothing even if it was averaged over a hundred dimensions."""
SETTLED = 3
"""Places of a history before which a model that goes on has not had its chance."""
TIGHT = 0.05
WORSE = 1.2
DEAD = 0.01


@rule(
    "P8",
    "The posterior has collapsed",
    "error",
    why="The encoder gives every image the same answer, the prior, and the decoder draws the mean image whatever it is told. There is nothing in "
    "the latents to project, cluster or classify. The KL weighs too much against the reconstruction, from the start or for good.",
    keras="first sum the reconstruction over pixels: keras.ops.sum(..., axis=(1, 2, 3)); then beta from 0 to 1 over 10 epochs; then keras.ops.maximum(kl_j, 0.1)",
    pytorch="first F.mse_loss(x_hat, x, reduction='sum') / len(x); then beta from 0 to 1 over 10 epochs; then kl_j.mean(0).clamp(min=0.1).sum()",
    latentkit="latentkit train IMAGES --beta 1 --warmup 1000 -o RUN   # calibrated sigma by default; then --free-bits 0.1",
    source="Lucas et al. 2019 (Understanding posterior collapse); issues Conditional_VAE#1, WorldModels#12",
)
def collapse(q: Quantities) -> Answer:
    """KL below 0.1 nat in all, or no active unit (variance of mu > 0.01), once there were 3 validations or training is over. For a log made elsewhere, whose KL
    may be averaged, a suspicion: a note below 0.1, a warning below 0.001."""
    told = []
    if q.posterior is not None and (q.posterior.variance is not None or not q.rows):
        kl = float(q.posterior.kl_per_dim.sum())
        if kl < COLLAPSED:
            told.append(f"KL {figure(kl)} nats over {len(q.posterior.kl_per_dim)} dimensions")
        if q.posterior.variance is not None and not (q.posterior.variance > ACTIVE).any():
            told.append(f"no active unit of {len(q.posterior.variance)}")
    if q.exact and q.rows and (q.finished or len(q.rows) >= SETTLED):
        told += _in_history(q)
    if told:
        return [Sign(", ".join(dict.fromkeys(told)) + _alike(q))]
    if q.exact and q.rows:
        return []
    if q.posterior is not None:
        return []
    kls = [
        value for side in ("train", "validation") for _, value in q.series(side, "kl") if math.isfinite(value)
    ]
    if not kls:
        return Needs("the KL, in the log or from latents with logvar (--latents)")
    if 0 <= kls[-1] < COLLAPSED:
        return [
            Sign(
                f"the log ends with a KL of {figure(kls[-1])}, which is less than 0.1 nat if it is summed over the dimensions",
                severity="warning" if kls[-1] < AVERAGED_AWAY else "note",
                confirm="export mu and logvar and give them with --latents, or print mu.var(axis=0): all near 0 means collapse",
            )
        ]
    return []


def _in_history(q: Quantities) -> list[str]:
    row = q.rows[-1]
    kl, active, r2 = (row.validation.get(name, math.nan) for name in ("kl", "active_units", "r2"))
    told = []
    if kl < COLLAPSED:
        told.append(f"{row.place}: KL {figure(kl)} nats")
    if active == 0:
        told.append(f"{row.place}: no active unit{'' if q.latent is None else f' of {q.latent}'}")
    if told and math.isfinite(r2):
        told.append(f"R2 {r2:.3f}")
    return told


def _alike(q: Quantities) -> str:
    if q.pictures is None:
        return ""
    return f"; reconstructions vary {figure(q.pictures.spread)} times as much between images as the images do"


@rule(
    "P26",
    "Reconstructions are worse than the mean image",
    "warning",
    why="R2 is 0 for a model that always draws the mean image and 1 for a perfect one. Below 0 after several validations the decoder has learnt nothing "
    "that holds for other images, or training has blown up: its latents tell nothing, whatever other figures say.",
    keras="optimizer = keras.optimizers.Adam(1e-4, clipnorm=1.0); train on until R2 = 1 - mse / x.var(axis=0).mean() on held-out images is well above 0",
    pytorch="lr=1e-4 and torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); train on until R2 = 1 - mse / x.var(0).mean() on held-out images is well above 0",
    latentkit="latentkit train IMAGES --lr 1e-4 --clip 1 -o RUN   # after a training that blew up; after one too short: -o RUN --resume --epochs MORE",
    source="a run with --lr 1 that ended at an R2 of -4.5 and was called healthy",
)
def worse_than_the_mean(q: Quantities) -> Answer:
    """Training is over, and after 3 validations or more none has had an R2 above 0, and not because of a collapse (P8)."""
    told = [(place, value) for place, value in q.series("validation", "r2") if math.isfinite(value)]
    if not told:
        return Needs("R2 in validation, as a latentkit run has it")
    best = max(value for _, value in told)
    if not q.finished or len(told) < SETTLED or best > 0 or _in_history(q):
        return []
    place, last = told[-1]
    return [
        Sign(
            f"{place}: R2 {last:.3f} in validation, at best {best:.3f} before"
            if best > last
            else f"{place}: R2 {last:.3f} in validation, the best of {len(told)}"
        )
    ]


@rule(
    "P11",
    "The posterior's sigma has gone to 0",
    "warning",
    why="With next to no noise in the latent the model is a plain auto-encoder that may place images anywhere: neighbours mean little, samples from the prior "
    "fall into holes, and training images are reconstructed better than held-out ones. Harmless where only clusters matter and they are there.",
    keras="raise beta (4, or until the KL per active dimension is 1 to 3 nats); add keras.layers.RandomTranslation(0.1, 0.1) before the encoder",
    pytorch="raise beta (4, or until the KL per active dimension is 1 to 3 nats); augment what the encoder sees and reconstruct the clean image",
    latentkit="latentkit train IMAGES --beta 4 --augment denoise -o RUN",
    source="issue MotionStreamer#10",
)
def autoencoder(q: Quantities) -> Answer:
    """Median sigma below 0.05 on the active dimensions, and the validation reconstruction 20 % above that of training."""
    sigma = None if q.posterior is None else _active_sigma(q.posterior)
    compared = q.pairs("mse") or q.pairs("reconstruction")
    if sigma is None or not compared:
        return Needs("latents with logvar (--latents) and a history with the reconstruction on both sides")
    place, train, validation = compared[-1]
    if sigma >= TIGHT or validation < WORSE * train:
        return []
    return [
        Sign(
            f"median sigma {figure(sigma)} on the active dimensions; {place}: reconstruction {figure(validation)} in validation, {figure(train)} in training"
        )
    ]


def _active_sigma(posterior: Posterior) -> float | None:
    if posterior.sigma is None or posterior.variance is None:
        return None
    active = posterior.sigma[posterior.variance > ACTIVE]
    return float(np.median(active)) if len(active) else None


@rule(
    "P13",
    "The latents are one Gaussian blob",
    "note",
    why="The prior pulls everything into one ball, and here it has won: there is no gap between groups for a clustering to find. Classes may still be told "
    "apart with labels; without them the picture will show a cloud.",
    keras="lower beta (0.1 to 0.5) with warm-up; or a mixture prior (VaDE)",
    pytorch="lower beta (0.1 to 0.5) with warm-up; or a mixture prior (VaDE)",
    latentkit="latentkit train IMAGES --beta 0.3 --warmup 1000 -o RUN; latentkit embed RUN IMAGES | latentkit cluster --method n2d",
    source="issue scverse/scvi-tools#291",
)
def blob(q: Quantities) -> Answer:
    """Of Gaussian mixtures with 1 to 5 full components on the first principal axes (at most 10, one for 20 images), BIC prefers one component."""
    if q.space is None or len(q.space.mu) < space.FEWEST:
        return Needs(f"latents of {space.FEWEST} images or more (--latents)")
    if not space.one_blob(q.space.mu):
        return []
    return [Sign(f"BIC prefers 1 of 1 to {space.MOST_COMPONENTS} components for {len(q.space.mu)} images")]


@rule(
    "P14",
    "Latent dimensions are unused",
    "note",
    why="A VAE switches off dimensions that do not pay for their KL. That is as it should be: it tells how many the images need, and the rest cost only time.",
    keras="latent_dim = the number of active dimensions, rounded up",
    pytorch="latent_dim = the number of active dimensions, rounded up",
    latentkit="latentkit train IMAGES --latent N -o RUN   # N a little above the active units",
    source="Burda, Grosse & Salakhutdinov 2016; disentanglement_lib udr.py",
)
def dead(q: Quantities) -> Answer:
    """KL below 0.01 nat in more than half of the dimensions."""
    if q.posterior is None:
        return Needs("the KL of each dimension: a latentkit run, or latents with logvar (--latents)")
    unused = int((q.posterior.kl_per_dim < DEAD).sum())
    total = len(q.posterior.kl_per_dim)
    return [Sign(f"{unused} of {total} dimensions have a KL below {DEAD}")] if 2 * unused > total else []


@rule(
    "P15",
    "Samples were exported instead of means",
    "warning",
    why="z = mu + sigma * noise is another point each time: unused dimensions become pure noise of variance 1, which drowns the distances that neighbours, clusters "
    "and projections rest on, and the same image lies in two places.",
    keras="encoder_mean = keras.Model(inputs, [z_mean, z_log_var]); mu, logvar = encoder_mean.predict(x)",
    pytorch="model.eval(); mu, logvar = model.encode(x); save mu, not model.reparameterize(mu, logvar)",
    latentkit="latentkit embed RUN IMAGES -o latents.npz   # always mu and logvar, never a sample",
    source="pythae base_model.embed; cellarium-ml pull request 328",
)
def sampled(q: Quantities) -> Answer:
    """Two embeddings of one image differ by 0.3 to 3 sigma (root mean square; identical files, or a second array `mu_again`); or mu varies like noise (0.6 to
    1.7 times sigma^2) in at least half of the dimensions whose median sigma is above 0.9 and whose mu should therefore stand still."""
    posterior = q.posterior
    if posterior is None or posterior.sigma is None or posterior.variance is None:
        return Needs("latents with logvar (--latents)")
    if posterior.again is not None:
        apart = float(np.median(posterior.again))
        if 0.3 < apart < 3:
            return [
                Sign(
                    f"two embeddings of the same image lie {figure(apart)} sigma apart; those of mu would be the same"
                )
            ]
    idle = posterior.sigma > 0.9
    if idle.any():
        ratio = posterior.variance[idle] / posterior.sigma[idle] ** 2
        noisy = int(((ratio > 0.6) & (ratio < 1.7)).sum())
        if 2 * noisy >= len(ratio):
            told = f"{noisy} of {len(ratio)} dimensions with sigma near 1 have a mu that varies as much as sigma^2: noise, not means"
            return [Sign(told, confirm="embed the same images twice: the arrays must be equal")]
    return []
