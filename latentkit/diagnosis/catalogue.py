"""Every rule, in the order of the catalogue: data, split, loss, stability, latents, reconstruction, clusters share it.

A rule is one function; its docstring is its definition. `latentkit diagnose --list` prints this.
"""

from latentkit.diagnosis.rule import Rule
from latentkit.diagnosis.rules import clusters, data, latent, loss, reconstruction, split, stability

__all__ = ["RULES", "by_id"]

RULES: tuple[Rule, ...] = (
    loss.accuracy,  # P1
    loss.zero,  # P2
    split.gap,  # P3
    split.validation_set,  # P4
    data.pixel_range,  # P5
    reconstruction.output_range,  # P6
    stability.not_finite,  # P7
    latent.collapse,  # P8
    loss.balance,  # P9
    reconstruction.blur,  # P10
    latent.autoencoder,  # P11
    clusters.picture,  # P12
    latent.blob,  # P13
    latent.dead,  # P14
    latent.sampled,  # P15
    stability.eval_gap,  # P16
    split.sorted_split,  # P17
    loss.warm_up,  # P18
    loss.kl_rises,  # P19: never fires
    loss.negative,  # P20
    data.faults,  # P21
    clusters.islands,  # P22
    clusters.luck,  # P23
    clusters.swallowed,  # P24
    clusters.silhouette,  # P25
    latent.worse_than_the_mean,  # P26
)


def by_id(id: str) -> Rule | None:
    """The rule of this id, in either case."""
    return next((rule for rule in RULES if rule.id == id.upper()), None)
