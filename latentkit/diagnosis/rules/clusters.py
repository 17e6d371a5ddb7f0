"""Rules about projections and clusters: P12 two components, P22 islands, P23 seeds, P24 one cluster, P25 silhouette."""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentkit import stats
from latentkit.diagnosis.facts import Facts
from latentkit.diagnosis.rule import Answer, Needs, Sign, rule
from latentkit.methods import PROJECTIONS

__all__ = ["dominant_cluster", "islands", "seed_dependence", "silhouette", "two_components"]

SHOWN = 0.30
LITTLE = 0.2
SEEDS = 5
SPREAD = 0.05
KEPT = 0.25
SAME = 0.5
DOMINANT = 0.95
Floats = NDArray[np.floating[Any]]


@rule(
    "P12",
    "Two principal components do not show the classes",
    "note",
    why="Two of many axes show a small part of the latent space. Classes that nearest neighbors tell apart can overlap completely in such a picture; then the "
    "projection is at fault. If neighbors do no better than chance either, the encoder has not kept what distinguishes the classes.",
    keras="cross-validate KNeighborsClassifier(15) on encoder.predict(x)[0] (z_mean), in all dimensions; then use UMAP for the picture",
    pytorch="cross-validate KNeighborsClassifier(15) on mu, in all dimensions; then use UMAP for the picture",
    latentkit="latentkit embed RUN IMAGES | latentkit report   # scores the latent space, with PCA of the pixels as a baseline; then latentkit project --method umap",
    source="the Keras log of P2; issues xu-ji/IIC#58, scverse/scvi-tools#1569",
)
def two_components(facts: Facts) -> Answer:
    """PC1 + PC2 hold less than 30% of the variance of mu while 15 neighbors predict the labels (lower bound 20% of the way from chance to 1): the projection
    is at fault, a note. If the neighbors are not above chance (upper bound below those 20%), the encoder is at fault, a warning."""
    space = facts.space
    if space is None or space.neighbors is None:
        return Needs(
            f"latents with labels of {stats.FEWEST_SCORED} images or more (--latents; labels are folder names, or a column)"
        )
    share, score = _plane_share(space.mu), space.neighbors
    chance = 1 / space.classes
    evidence = (
        f"PC1 + PC2 hold {share:.0%} of the variance; 15 nearest neighbors in all {space.mu.shape[1]} dimensions "
        f"reach a balanced accuracy of {score.value:.3f} (chance: {chance:.3f})"
    )
    if space.baseline_neighbors is not None:
        evidence += f", in PCA of the pixels {space.baseline_neighbors.value:.3f}"
    if score.low <= chance and score.high < chance + LITTLE * (1 - chance):
        return [
            Sign(
                f"{evidence}: the encoder has not kept what distinguishes the classes",
                severity="warning",
                title="The latents do not contain the classes",
            )
        ]
    if share < SHOWN and score.low > chance + LITTLE * (1 - chance):
        return [Sign(f"{evidence}: the latents contain the classes, and the projection hides them")]
    return []


def _plane_share(points: Floats) -> float:
    """Return the share of the variance in the first two principal components; 1 if there is no variance."""
    centered = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    spectrum = np.linalg.svd(centered, compute_uv=False) ** 2
    total = float(spectrum.sum())
    return float(spectrum[:2].sum()) / total if total > 0 else 1.0


@rule(
    "P22",
    "Islands in the projection are not reliable",
    "warning",
    why="UMAP and t-SNE must tear and join groups to flatten many dimensions: islands, their sizes and their distances change with the random seed. If another "
    "seed does not show an island, it is not in the data.",
    keras="UMAP(random_state=0); compare two seeds; score clusters in z_mean, never in the projection",
    pytorch="UMAP(random_state=0); compare two seeds; score clusters in mu, never in the projection",
    latentkit="latentkit project --method umap --seed 0   # records the fidelity of the projection; latentkit report scores the latent space",
    source="issues lmcinnes/umap#298, #1108",
)
def islands(facts: Facts) -> Answer:
    """Two projections by one method (projection_umap, projection_umap_2) share less than half of each point's 15 neighbors; a note if a UMAP or t-SNE
    keeps less than a quarter of the neighbors in mu, or if its seed was not recorded."""
    space = facts.space
    projections = (
        {}
        if space is None
        else {name: space.projections[name] for name in sorted(space.projections) if _family(name)}
    )
    if space is None or not projections:
        return Needs("latents with a UMAP or t-SNE projection (latentkit project)")
    for first, second in combinations(projections, 2):
        if _family(first) != _family(second):
            continue
        shared = _shared_neighbors(projections[first], projections[second])
        if shared < SAME:
            return [Sign(f"{first} and {second} share {shared:.0%} of each point's 15 neighbors")]
    signs = []
    for name, points in projections.items():
        kept = _shared_neighbors(space.mu, points)
        if kept < KEPT:
            evidence = f"{name} keeps {kept:.0%} of each point's 15 neighbors in the latent space"
            signs.append(Sign(evidence, severity="note"))
        if space.seeds.get(name) is None:
            evidence = f"the seed of {name} was not recorded"
            signs.append(Sign(evidence, severity="note", title="A projection cannot be reproduced"))
    return signs


def _family(name: str) -> str | None:
    """Return the method of a projection that tears neighborhoods apart, such as "umap" for umap_2; None for others."""
    family = name.replace("t-sne", "tsne").split("_")[0].rstrip("0123456789").lower()
    return family if family in PROJECTIONS and not PROJECTIONS[family].linear else None


def _shared_neighbors(first: Floats, second: Floats) -> float:
    """Return the mean share of the 15 nearest neighbors that two sets of points have in common."""
    return stats.shared_neighbors(stats.nearest(first), stats.nearest(second))


@rule(
    "P23",
    "The clustering depends on the random seed",
    "note",
    why="k-means and mixtures converge to a local optimum that depends on where they start. If the agreement with labels varies with the seed, the score of one run is "
    "a matter of luck, and choosing the best run by its labels is training on them.",
    keras="[adjusted_rand_score(y, KMeans(k, n_init=10, random_state=s).fit_predict(mu)) for s in range(5)]: report mean and spread",
    pytorch="[adjusted_rand_score(y, KMeans(k, n_init=10, random_state=s).fit_predict(mu)) for s in range(5)]: report mean and spread",
    latentkit="latentkit report   # k-means over 5 seeds with 10 starts each, with spread and confidence bound",
    source="issue VaDE-pytorch#1",
)
def seed_dependence(facts: Facts) -> Answer:
    """The ARI of k-means with single starts, K = the number of classes, varies by more than 0.05 over 5 seeds."""
    if facts.space is None or facts.space.labels is None:
        return Needs("latents with labels (--latents)")
    scores = _kmeans_scores(facts.space.mu, facts.space.labels)
    if max(scores) - min(scores) <= SPREAD:
        return []
    listed = ", ".join(f"{score:.2f}" for score in scores)
    return [Sign(f"the ARI of k-means is {listed} for seeds 0 to {SEEDS - 1}")]


def _kmeans_scores(points: Floats, labels: NDArray[np.str_]) -> list[float]:
    """Return the ARI of k-means for each seed, with one start each."""
    from sklearn.metrics import adjusted_rand_score

    classes = len(np.unique(labels))
    return [
        float(adjusted_rand_score(labels, stats.kmeans(points, classes, seed, starts=1).labels))
        for seed in range(SEEDS)
    ]


@rule(
    "P24",
    "One cluster contains almost every image",
    "warning",
    why="A mixture prior or a clustering that assigns almost every image to one component has found nothing: the other components are empty, and any agreement with "
    "labels is that of a constant answer.",
    keras="start from k-means or a GMM on pretrained latents (VaDE); add an entropy term; use fewer components",
    pytorch="start from k-means or a GMM on pretrained latents (VaDE); add an entropy term; use fewer components",
    latentkit="latentkit cluster --method gmm --clusters auto; latentkit train IMAGES --warmup 1000",
    source="issue slim1017/VaDE#17",
)
def dominant_cluster(facts: Facts) -> Answer:
    """The largest of `clusters` contains 95% of the images or more."""
    if facts.clusters is None:
        return Needs("latents with `clusters` (latentkit cluster)")
    total = sum(facts.clusters)
    share = max(facts.clusters) / total
    if share < DOMINANT:
        return []
    return [Sign(f"{share:.1%} of {total} images are in one of {len(facts.clusters)} clusters")]


@rule(
    "P25",
    "Silhouettes of different latent spaces are compared",
    "note",
    why="A silhouette is relative to the space it is computed in. Every epoch and every model has its own space, so a higher value does not mean a better one: "
    "squeezing the latents onto one axis raises it.",
    keras="log 15-NN accuracy or ARI against labels instead, and compare models by those",
    pytorch="log 15-NN accuracy or ARI against labels instead, and compare models by those",
    latentkit="latentkit compare A.npz B.npz   # compares only what is comparable",
    source="https://arxiv.org/abs/2403.14830",
)
def silhouette(facts: Facts) -> Answer:
    """A log has a silhouette for 2 epochs or more."""
    if not facts.rows:
        return Needs("a training log; for two models: latentkit compare A.npz B.npz")
    if not facts.silhouettes or len(facts.rows) < 2:
        return []
    return [Sign(f"the log tracks {', '.join(facts.silhouettes)} over {len(facts.rows)} rows")]
