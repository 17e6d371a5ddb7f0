"""The comparison as a value: what `latentkit compare --json` writes, schema latentkit.compare/1.

    schema      "latentkit.compare/1"
    n           images that all files have, matched by id
    classes     {name: images}
    scored      "held-out": on images that no encoder was trained on; "all"
    fitted_on, scored_on   numbers of labeled images on the two sides
    files       [{name, n, dims, knn15 | probe: as in latentkit.report/1 | null}]
    differences [{a, b, score: knn15 | probe, difference, low, high, p, p_holm, better: name | null}]
                a - b, of balanced accuracy on the same images
    agreement   [{a, b, neighbours, neighbours_by_chance, cka | null, clusters_ari}]
    k           number of clusters of the k-means clusterings that clusters_ari compares
    sentences   [sentence];  caveats [sentence];  seed

Silhouettes, Davies-Bouldin and the like are never compared: they are measured in units of their own space, and a
space can be stretched to improve them without moving a single neighbor.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from latentkit.separation.report.record import score_to_json
from latentkit.separation.separable.scores import CLASSIFIERS, ClassifierScore

__all__ = ["Agreement", "ComparedFile", "Comparison", "Difference", "to_json"]

SCHEMA = "latentkit.compare/1"


@dataclass(frozen=True)
class ComparedFile:
    """One latent space; scores by key, empty without labels."""

    name: str
    n: int
    dims: int
    scores: Mapping[str, ClassifierScore]


@dataclass(frozen=True)
class Difference:
    """a - b of one score on the same images, with one-sided bounds and a two-sided p; better: a, b or None."""

    a: str
    b: str
    score: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    better: str | None


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
    scored: str
    fitted_on: int
    scored_on: int
    files: tuple[ComparedFile, ...]
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
        "scored": comparison.scored,
        "fitted_on": comparison.fitted_on,
        "scored_on": comparison.scored_on,
        "files": [_file(file) for file in comparison.files],
        "differences": [asdict(one) for one in comparison.differences],
        "agreement": [_agreement(one) for one in comparison.agreement],
        "k": comparison.k,
        "sentences": list(comparison.sentences),
        "caveats": list(comparison.caveats),
        "seed": comparison.seed,
    }


def _file(file: ComparedFile) -> dict[str, Any]:
    scores = {one.key: score_to_json(file.scores.get(one.key)) for one in CLASSIFIERS}
    return {"name": file.name, "n": file.n, "dims": file.dims, **scores}


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "a": one.a,
        "b": one.b,
        "neighbours": one.neighbors,
        "neighbours_by_chance": one.neighbors_by_chance,
        "cka": one.cka,
        "clusters_ari": one.clusters_ari,
    }
