"""The catalog of rules, in the order of their ids. A rule is one function whose docstring is its definition."""

from latentkit.diagnosis.rule import Rule
from latentkit.diagnosis.rules import clusters, files, latent, loss, objective, reconstruction, split

__all__ = ["NEVER_REPORTED", "RULES", "find_rule"]

RULES: tuple[Rule, ...] = (
    loss.accuracy,  # P1
    loss.zero,  # P2
    split.gap,  # P3
    split.validation_set,  # P4
    files.pixel_range,  # P5
    reconstruction.output_range,  # P6
    loss.not_finite,  # P7
    latent.collapse,  # P8
    objective.balance,  # P9
    reconstruction.blur,  # P10
    latent.autoencoder,  # P11
    clusters.two_components,  # P12
    latent.single_gaussian,  # P13
    latent.unused,  # P14
    latent.samples,  # P15
    reconstruction.eval_gap,  # P16
    split.classes,  # P17
    objective.warm_up,  # P18
    loss.negative,  # P20
    files.faults,  # P21
    clusters.islands,  # P22
    clusters.seed_dependence,  # P23
    clusters.dominant_cluster,  # P24
    clusters.silhouette,  # P25
    reconstruction.worse_than_the_mean,  # P26
    objective.learning_rate,  # P27
)

NEVER_REPORTED = {
    "P19": "The KL rises early while the reconstruction improves: this is how a VAE learns, and it is never reported."
}
"""Ids of the catalog that stand for something normal. Tests hold that no rule reports it."""


def find_rule(id: str) -> Rule | None:
    """Return the rule with this id, in upper or lower case."""
    return next((rule for rule in RULES if rule.id == id.upper()), None)
