"""Rules about the latents: P8 collapse, P11 small sigma, P13 one Gaussian, P14 unused dimensions, P15 samples."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.diagnosis.facts import SETTLED, Facts, PosteriorStatistics
from latentkit.diagnosis.rule import Answer, Needs, Sign, format_number, rule

__all__ = [
    "autoencoder",
    "collapse",
    "collapse_in_history",
    "samples",
    "single_gaussian",
    "unused",
]

COLLAPSED = 0.1
AVERAGED_AWAY = 1e-3
"""A KL below this is close to 0 even if it was averaged over a hundred dimensions."""
TIGHT = 0.05
WORSE = 1.2
UNUSED = 0.01
FEWEST = 60
"""A mixture is not fitted to fewer images."""
MOST_COMPONENTS = 5
Floats = NDArray[np.floating[Any]]


@rule(
    "P8",
    "The posterior has collapsed",
    "error",
    why="The encoder returns the prior for every image, and the decoder draws the mean image whatever the latent is. There is nothing in "
    "the latents to project, cluster or classify. The KL weighs too much relative to the reconstruction, at the start or throughout.",
    keras="first sum the reconstruction over pixels: keras.ops.sum(..., axis=(1, 2, 3)); then raise beta from 0 to 1 over 10 epochs; then keras.ops.maximum(kl_j, 0.1)",
    pytorch="first F.mse_loss(x_hat, x, reduction='sum') / len(x); then raise beta from 0 to 1 over 10 epochs; then kl_j.mean(0).clamp(min=0.1).sum()",
    latentkit="latentkit train IMAGES --beta 1 --warmup 1000 -o RUN   # calibrated sigma is the default; then --free-bits 0.1",
    source="Lucas et al. 2019 (Understanding posterior collapse); issues Conditional_VAE#1, WorldModels#12",
)
def collapse(facts: Facts) -> Answer:
    """KL below 0.1 nat in total, or no active unit (variance of mu > 0.01), after 3 validations or when training has ended. For a log from elsewhere, whose KL
    may be an average, a suspicion: a note below 0.1, a warning below 0.001."""
    signs = []
    posterior = facts.posterior
    if posterior is not None and (posterior.mu_variance is not None or not facts.rows):
        kl = float(posterior.kl_per_dim.sum())
        if kl < COLLAPSED:
            signs.append(f"KL {format_number(kl)} nats over {len(posterior.kl_per_dim)} dimensions")
        if posterior.mu_variance is not None and not (posterior.mu_variance > stats.ACTIVE_VARIANCE).any():
            signs.append(f"0 of {len(posterior.mu_variance)} units active")
    if facts.exact and facts.rows and (facts.finished or len(facts.rows) >= SETTLED):
        signs += collapse_in_history(facts)
    if signs:
        return [Sign(", ".join(dict.fromkeys(signs)) + _spread(facts))]
    if posterior is not None or (facts.exact and facts.rows):
        return []
    return _logged_kl(facts)


def _logged_kl(facts: Facts) -> Answer:
    """Judge the KL of a log whose convention is unknown."""
    kls = [
        value
        for side in ("train", "validation")
        for _, value in facts.series(side, "kl")
        if math.isfinite(value)
    ]
    if not kls:
        return Needs("the KL, in the log or from latents with logvar (--latents)")
    if not 0 <= kls[-1] < COLLAPSED:
        return []
    return [
        Sign(
            f"the log ends with a KL of {format_number(kls[-1])}, which is below 0.1 nat if it is summed over the dimensions",
            severity="warning" if kls[-1] < AVERAGED_AWAY else "note",
            confirm="export mu and logvar and add them with --latents, or print mu.var(axis=0): values near 0 everywhere mean collapse",
        )
    ]


def collapse_in_history(facts: Facts) -> list[str]:
    """List the signs of a collapse in the last row, if any."""
    row = facts.rows[-1]
    kl, active, r2 = (row.validation.get(name, math.nan) for name in ("kl", "active_units", "r2"))
    signs = []
    if kl < COLLAPSED:
        signs.append(f"{row.place}: KL {format_number(kl)} nats")
    if active == 0:
        signs.append(f"{row.place}: 0{'' if facts.latent is None else f' of {facts.latent}'} units active")
    if signs and math.isfinite(r2):
        signs.append(f"R2 {r2:.3f}")
    return signs


def _spread(facts: Facts) -> str:
    if facts.reconstructions is None:
        return ""
    spread = format_number(facts.reconstructions.spread)
    return f"; reconstructions vary {spread} times as much between images as the images do"


@rule(
    "P11",
    "The posterior's sigma is near 0",
    "warning",
    why="With almost no noise in the latent, the model is a plain autoencoder that may place images anywhere: distances mean little, samples from the prior "
    "fall into gaps, and training images are reconstructed better than held-out ones. Harmless if you only need clusters and can see them.",
    keras="raise beta (4, or until the KL per active dimension is 1 to 3 nats); add keras.layers.RandomTranslation(0.1, 0.1) before the encoder",
    pytorch="raise beta (4, or until the KL per active dimension is 1 to 3 nats); augment the encoder's input and reconstruct the clean image",
    latentkit="latentkit train IMAGES --beta 4 --augment denoise -o RUN",
    source="issue MotionStreamer#10",
)
def autoencoder(facts: Facts) -> Answer:
    """Median sigma below 0.05 on the active dimensions, and a validation reconstruction 20% above that of training."""
    sigma = None if facts.posterior is None else _active_sigma(facts.posterior)
    compared = facts.pairs("mse") or facts.pairs("reconstruction")
    if sigma is None or not compared:
        return Needs("latents with logvar (--latents) and a history with the reconstruction on both sides")
    place, train, validation = compared[-1]
    if sigma >= TIGHT or validation < WORSE * train:
        return []
    return [
        Sign(
            f"median sigma {format_number(sigma)} on the active dimensions; {place}: reconstruction {format_number(validation)} in validation, {format_number(train)} in training"
        )
    ]


def _active_sigma(posterior: PosteriorStatistics) -> float | None:
    if posterior.sigma is None or posterior.mu_variance is None:
        return None
    active = posterior.sigma[posterior.mu_variance > stats.ACTIVE_VARIANCE]
    return float(np.median(active)) if len(active) else None


@rule(
    "P13",
    "The latents form a single Gaussian",
    "note",
    why="The prior has pulled all latents into one ball with no gaps between groups, so clustering has nothing to find. Classes may still be separable "
    "with labels; without them, a projection shows a single cloud.",
    keras="lower beta (0.1 to 0.5) with warm-up; or a mixture prior (VaDE)",
    pytorch="lower beta (0.1 to 0.5) with warm-up; or a mixture prior (VaDE)",
    latentkit="latentkit train IMAGES --beta 0.3 --warmup 1000 -o RUN; latentkit embed RUN IMAGES | latentkit cluster --method n2d",
    source="issue scverse/scvi-tools#291",
)
def single_gaussian(facts: Facts) -> Answer:
    """BIC prefers one component among Gaussian mixtures of 1 to 5 full components on the first principal axes (one axis per 20 images, at most 10)."""
    if facts.space is None or len(facts.space.mu) < FEWEST:
        return Needs(f"latents of {FEWEST} images or more (--latents)")
    if not _prefers_one_component(facts.space.mu):
        return []
    return [Sign(f"BIC prefers 1 of 1 to {MOST_COMPONENTS} components for {len(facts.space.mu)} images")]


def _prefers_one_component(points: Floats) -> bool:
    centered = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    scale = sizes[0] or 1.0
    axes = max(1, min(10, len(points) // 20, int((sizes > 1e-6 * scale).sum())))
    reduced = left[:, :axes] * sizes[:axes] / scale * np.sqrt(len(points))

    def bic(components: int) -> float:
        return float(stats.gaussian_mixture(reduced, components, starts=2, iterations=500).bic(reduced))

    one = bic(1)
    return all(bic(components) > one for components in range(2, MOST_COMPONENTS + 1))


@rule(
    "P14",
    "Many latent dimensions are unused",
    "note",
    why="A VAE switches off dimensions that are not worth their KL. This is normal: it shows how many dimensions the images need, and the rest only cost time.",
    keras="latent_dim = the number of active dimensions, rounded up",
    pytorch="latent_dim = the number of active dimensions, rounded up",
    latentkit="latentkit train IMAGES --latent N -o RUN   # N slightly above the number of active units",
    source="Burda, Grosse & Salakhutdinov 2016; disentanglement_lib udr.py",
)
def unused(facts: Facts) -> Answer:
    """KL below 0.01 nat in more than half of the dimensions."""
    if facts.posterior is None:
        return Needs("the KL of each dimension: a latentkit run, or latents with logvar (--latents)")
    total = len(facts.posterior.kl_per_dim)
    count = int((facts.posterior.kl_per_dim < UNUSED).sum())
    return [Sign(f"{count} of {total} dimensions have a KL below {UNUSED}")] if 2 * count > total else []


@rule(
    "P15",
    "Samples were exported instead of means",
    "warning",
    why="z = mu + sigma * noise is a different point each time: unused dimensions become pure noise of variance 1, which swamps the distances that neighbors, "
    "clusters and projections depend on, and one image can lie in two places.",
    keras="encoder_mean = keras.Model(inputs, [z_mean, z_log_var]); mu, logvar = encoder_mean.predict(x)",
    pytorch="model.eval(); mu, logvar = model.encode(x); save mu, not model.reparameterize(mu, logvar)",
    latentkit="latentkit embed RUN IMAGES -o latents.npz   # always mu and logvar, never a sample",
    source="pythae base_model.embed; cellarium-ml pull request 328",
)
def samples(facts: Facts) -> Answer:
    """Two embeddings of one image differ by 0.3 to 3 sigma (root mean square, from identical files or a second array `mu_again`); or the variance of mu is 0.6 to
    1.7 times sigma^2 in at least half of the dimensions whose median sigma is above 0.9 and whose mu should be nearly constant."""
    posterior = facts.posterior
    if posterior is None or posterior.sigma is None or posterior.mu_variance is None:
        return Needs("latents with logvar (--latents)")
    if posterior.repeat_distance is not None:
        distance = float(np.median(posterior.repeat_distance))
        if 0.3 < distance < 3:
            evidence = f"two embeddings of the same image are {format_number(distance)} sigma apart; two means would be equal"
            return [Sign(evidence)]
    idle = posterior.sigma > 0.9
    if not idle.any():
        return []
    ratio = posterior.mu_variance[idle] / posterior.sigma[idle] ** 2
    noisy = int(((ratio > 0.6) & (ratio < 1.7)).sum())
    if 2 * noisy < len(ratio):
        return []
    evidence = f"in {noisy} of {len(ratio)} dimensions with sigma near 1, the variance of mu is about sigma^2: noise, not means"
    return [Sign(evidence, confirm="embed the same images twice: the arrays must be equal")]
