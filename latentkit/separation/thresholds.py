"""The cut-offs of the verdict, in one place, each with a name and a default.

Changing one changes what the words mean, so a report carries the thresholds it was made with.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """When the words of the verdict apply.

    separated_auc     a pair is separate when the lower bound of its AUC reaches this
    visible_ari       classes are visible when the lower bound of k-means' ARI reaches this
    min_class         fewer scored images of a class than this cannot prove an absence
    max_se            a larger standard error of an AUC cannot prove an absence either
    alpha             the error rate of every test, and 1 - alpha the (one-sided) level of every bound
    min_stability     a cluster is stable when its mean bootstrap Jaccard reaches this (Hennig 2007)
    active_variance   a latent dimension is active when the variance of its mu exceeds this (Burda 2016)
    """

    separated_auc: float = 0.90
    visible_ari: float = 0.50
    min_class: int = 20
    max_se: float = 0.05
    alpha: float = 0.05
    min_stability: float = 0.75
    active_variance: float = 0.01
