"""Rules about what is read out of the latents."""

import numpy as np

from latentkit.diagnosis import space
from latentkit.diagnosis.quantities import Quantities
from latentkit.diagnosis.rule import Answer, Needs, Sign, figure, rule

__all__ = ["islands", "luck", "picture", "silhouette", "swallowed"]

SHOWN = 0.30
SEEDS = 5
SPREAD = 0.05
KEPT = 0.25
SAME = 0.5
SWALLOWED = 0.95


@rule(
    "P12",
    "The classes do not show in two principal components",
    "note",
    why="Two axes of many show a small part of the latent space. Classes that a neighbour search tells apart can overlap completely in that picture; then the "
    "picture is at fault. If the neighbours do no better than guessing either, the encoder has not kept what the classes differ in.",
    keras="KNeighborsClassifier(15) cross-validated on encoder.predict(x)[0] (z_mean), in all dimensions; then UMAP for the picture",
    pytorch="KNeighborsClassifier(15) cross-validated on mu, in all dimensions; then UMAP for the picture",
    latentkit="latentkit embed RUN IMAGES | latentkit report   # in latent space, beside PCA of the pixels; then latentkit project --method umap",
    source="the founding case; issues xu-ji/IIC#58, scverse/scvi-tools#1569",
)
def picture(q: Quantities) -> Answer:
    """PC1 + PC2 hold less than 30 % of the variance of mu while 15 neighbours tell the labels apart (bound 20 % of the way from chance to 1): the projection's
    fault, a note. Neighbours not above chance: the encoder's, a warning."""
    if q.space is None or q.space.labels is None:
        return Needs("latents with labels (--latents; labels are the folders' names, or a column)")
    share = space.plane_share(q.space.mu)
    score = space.neighbours(q.space.mu, q.space.labels)
    chance = 1 / len(np.unique(q.space.labels))
    told = f"15 neighbours in all {q.space.mu.shape[1]} dimensions reach balanced accuracy {score.value:.3f} (guessing: {chance:.3f})"
    if q.space.baseline is not None:
        told += f", in PCA of the pixels {space.neighbours(q.space.baseline, q.space.labels).value:.3f}"
    told = f"PC1 + PC2 hold {share:.0%} of the variance; {told}"
    if score.value - score.error <= chance:
        return [
            Sign(
                f"{told}: the encoder has not kept what the classes differ in",
                severity="warning",
                title="The latents do not hold the classes",
            )
        ]
    if share < SHOWN and score.value - score.error > chance + 0.2 * (1 - chance):
        return [Sign(f"{told}: the classes are there, and the picture hides them")]
    return []


@rule(
    "P22",
    "Islands in the picture are not facts",
    "warning",
    why="UMAP and t-SNE tear and join as they must to lay many dimensions flat; islands, their sizes and their distances change with the seed. What another "
    "seed does not show is not in the data.",
    keras="UMAP(random_state=0); compare two seeds; score clusters in z_mean, never in the picture",
    pytorch="UMAP(random_state=0); compare two seeds; score clusters in mu, never in the picture",
    latentkit="latentkit project --method umap --seed 0   # its fidelity is recorded; latentkit report scores the latent space",
    source="issues lmcinnes/umap#298, #1108",
)
def islands(q: Quantities) -> Answer:
    """Two pictures of one method in the file (projection_umap, projection_umap_2) share less than half of each point's 15 neighbours; a note where a UMAP or t-SNE
    keeps less than a quarter of the neighbours in mu, or was recorded without a seed."""
    drawn = (
        {}
        if q.space is None
        else {
            name: points for name, points in q.space.projections.items() if _method(name) in ("umap", "tsne")
        }
    )
    if q.space is None or not drawn:
        return Needs("latents with a UMAP or t-SNE in them (latentkit project)")
    names = sorted(drawn)
    for first, second in (
        (a, b) for at, a in enumerate(names) for b in names[at + 1 :] if _method(a) == _method(b)
    ):
        same = space.shared_neighbours(drawn[first], drawn[second])
        if same < SAME:
            return [Sign(f"{first} and {second} share {same:.0%} of each point's 15 neighbours")]
    signs = []
    for name in names:
        kept = space.shared_neighbours(q.space.mu, drawn[name])
        if kept < KEPT:
            signs.append(
                Sign(
                    f"{name} keeps {kept:.0%} of each point's 15 neighbours in the latent space",
                    severity="note",
                )
            )
        if q.space.seeds.get(name) is None:
            signs.append(
                Sign(
                    f"{name} has no seed recorded", severity="note", title="A picture that cannot be repeated"
                )
            )
    return signs


def _method(name: str) -> str:
    return name.replace("t-sne", "tsne").split("_")[0].rstrip("0123456789").lower()


@rule(
    "P23",
    "Clustering depends on luck",
    "note",
    why="k-means and mixtures end where they began. If the score against labels moves with the seed, one run's figure is a draw, and choosing the best by its "
    "labels is training on them.",
    keras="[adjusted_rand_score(y, KMeans(k, n_init=10, random_state=s).fit_predict(mu)) for s in range(5)]: report mean and spread",
    pytorch="[adjusted_rand_score(y, KMeans(k, n_init=10, random_state=s).fit_predict(mu)) for s in range(5)]: report mean and spread",
    latentkit="latentkit report   # k-means over 5 seeds with 10 starts each, spread and bound beside it",
    source="issue VaDE-pytorch#1",
)
def luck(q: Quantities) -> Answer:
    """The ARI of k-means from single starts, K = the number of classes, varies by more than 0.05 over 5 seeds."""
    if q.space is None or q.space.labels is None:
        return Needs("latents with labels (--latents)")
    scores = space.clustering(q.space.mu, q.space.labels, range(SEEDS))
    if max(scores) - min(scores) <= SPREAD:
        return []
    return [
        Sign(
            f"the ARI of k-means is {', '.join(f'{score:.2f}' for score in scores)} for seeds 0 to {SEEDS - 1}"
        )
    ]


@rule(
    "P24",
    "One cluster takes everything",
    "warning",
    why="A mixture prior or a clustering that gives nearly every image to one component has found nothing: the others stand empty, and any agreement with "
    "labels is that of a constant answer.",
    keras="begin from a k-means or GMM on pre-trained latents (VaDE); add an entropy term; fewer components",
    pytorch="begin from a k-means or GMM on pre-trained latents (VaDE); add an entropy term; fewer components",
    latentkit="latentkit cluster --method gmm --clusters auto; latentkit train IMAGES --warmup 1000",
    source="issue slim1017/VaDE#17",
)
def swallowed(q: Quantities) -> Answer:
    """The largest of `clusters` holds 95 % of the images or more."""
    if q.clusters is None:
        return Needs("latents with `clusters` in them (latentkit cluster)")
    share = max(q.clusters) / sum(q.clusters)
    return (
        [Sign(f"{share:.1%} of {sum(q.clusters)} images are in one cluster of {len(q.clusters)}")]
        if share >= SWALLOWED
        else []
    )


@rule(
    "P25",
    "Silhouettes of different spaces are compared",
    "note",
    why="A silhouette is relative to the space it is computed in. Every epoch and every model makes another space, so a higher value does not mean a better one: "
    "shrinking a latent onto one axis raises it.",
    keras="log a 15-NN or ARI against labels instead; compare models on those",
    pytorch="log a 15-NN or ARI against labels instead; compare models on those",
    latentkit="latentkit compare A.npz B.npz   # what can be compared",
    source="https://arxiv.org/abs/2403.14830",
)
def silhouette(q: Quantities) -> Answer:
    """A log follows a silhouette over 2 epochs or more."""
    if not q.rows:
        return Needs("a log of training; for two models: latentkit compare A.npz B.npz")
    told = ", ".join(q.silhouettes)
    return (
        [Sign(f"the log follows {told} over {figure(len(q.rows))} places")]
        if q.silhouettes and len(q.rows) > 1
        else []
    )
