"""The comparison as a value: what `latentkit compare --json` writes, schema latentkit.compare/2.

    schema      "latentkit.compare/2"
    n           images that all files have, matched by id
    classes     {name: images}
    scored_on   number of labeled images that are scored: all of them, by cross-validation; 0 if there are too few
    files       [{name, n, dims, rank | null, knn15 | probe: balanced accuracy | null, ari | null, mse | null, r2 | null}]
                in the order of the command line, over the images in common; rank: 1 has the highest mean of knn15 and probe;
                r2: 1 - mse / variance around the mean training image
    verdict     two files: better | worse | mixed | cannot tell, of the second against the first; more files: the best file,
                or cannot tell; too few images; no labels
    pairs       [{a, b, verdict, alone}]: b against a; alone: with this pair as the only one
    differences [{a, b, score: knn15 | probe | ari, difference, low, high, p, p_pair, p_holm, visible, better: name | null}]
                b - a on the same images; p_pair is corrected for the scores of the pair, p_holm for all pairs as well;
                visible: a difference of this size would show, in spite of the correction
    agreement   [{a, b, neighbours, neighbours_by_chance, cka | null, clusters_ari}]
    k           number of clusters of the k-means clusterings that ari and clusters_ari compare
    sentences   [sentence];  caveats [sentence];  seed

Silhouettes, Davies-Bouldin and the like are never compared: they are measured in units of their own space, and a
space can be stretched to improve them without moving a single neighbor.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from latentkit.separation.separable.scores import CLASSIFIERS

__all__ = [
    "ARI",
    "SCORES",
    "Agreement",
    "ComparedFile",
    "Comparison",
    "Difference",
    "Pair",
    "Verdict",
    "to_json",
]

SCHEMA = "latentkit.compare/2"
ARI = "ari"
SCORES = (*(one.key for one in CLASSIFIERS), ARI)
"""Scores that are compared, by their keys in the JSON."""

Verdict = Literal["better", "worse", "mixed", "cannot tell"]


@dataclass(frozen=True)
class ComparedFile:
    """One latent space; scores by key, empty without labels."""

    name: str
    n: int
    dims: int
    scores: Mapping[str, float]
    mse: float | None
    r2: float | None
    rank: int | None = None


@dataclass(frozen=True)
class Difference:
    """b - a of one score on the same images, with one-sided bounds and a two-sided p; better: a, b or None."""

    a: str
    b: str
    score: str
    difference: float
    low: float
    high: float
    p: float
    p_pair: float
    p_holm: float
    visible: float
    better: str | None


@dataclass(frozen=True)
class Pair:
    """The verdict on b against a, among all pairs and alone."""

    a: str
    b: str
    verdict: Verdict
    alone: Verdict


@dataclass(frozen=True)
class Agreement:
    """Agreement of two spaces, without labels."""

    a: str
    b: str
    neighbors: float
    neighbors_by_chance: float
    cka: float | None
    clusters_ari: float


@dataclass(frozen=True)
class Comparison:
    """Everything that the screen shows and the JSON holds."""

    n: int
    classes: Mapping[str, int]
    scored_on: int
    files: tuple[ComparedFile, ...]
    verdict: str
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    agreement: tuple[Agreement, ...]
    k: int
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]
    seed: int


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as a JSON object of plain Python values."""
    return {
        "schema": SCHEMA,
        "n": comparison.n,
        "classes": dict(comparison.classes),
        "scored_on": comparison.scored_on,
        "files": [_file(file) for file in comparison.files],
        "verdict": comparison.verdict,
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "differences": [asdict(one) for one in comparison.differences],
        "agreement": [_agreement(one) for one in comparison.agreement],
        "k": comparison.k,
        "sentences": list(comparison.sentences),
        "caveats": list(comparison.caveats),
        "seed": comparison.seed,
    }


def _file(file: ComparedFile) -> dict[str, Any]:
    head = {"name": file.name, "n": file.n, "dims": file.dims, "rank": file.rank}
    scores = {key: file.scores.get(key) for key in SCORES}
    return {**head, **scores, "mse": file.mse, "r2": file.r2}


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "a": one.a,
        "b": one.b,
        "neighbours": one.neighbors,
        "neighbours_by_chance": one.neighbors_by_chance,
        "cka": one.cka,
        "clusters_ari": one.clusters_ari,
    }
