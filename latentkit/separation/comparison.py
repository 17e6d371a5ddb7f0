"""The comparison of latent spaces as a value: what `latentkit compare --json` writes, schema latentkit.compare/1.

    schema      "latentkit.compare/1"
    n           images that all files hold, matched by id
    classes     {name: images}
    scored      "held-out": on images no encoder was trained on; "all"
    fitted_on, scored_on   numbers of labelled images of the two sides
    files       [{name, n, dims, knn15 | probe: as in latentkit.report/1 | null}]
    differences [{a, b, score: knn15 | probe, difference, low, high, p, p_holm, better: name | null}]
                a - b, of balanced accuracy on the same images
    agreement   [{a, b, neighbours, neighbours_by_chance, cka | null, clusters_ari}]
    k           clusters of the k-means clusterings that clusters_ari compares
    sentences   [sentence];  caveats [sentence];  seed

Silhouettes, Davies-Bouldin and the like are never compared: they are measured in units of their own space,
and a space can be stretched to flatter them without moving a single neighbour.
"""

from dataclasses import asdict, dataclass
from typing import Any

from latentkit.separation.scores import Score

SCHEMA = "latentkit.compare/1"


@dataclass(frozen=True)
class File:
    """One latent space; scores None without labels."""

    name: str
    n: int
    dims: int
    knn15: Score | None
    probe: Score | None


@dataclass(frozen=True)
class Difference:
    """a - b of one score on the same images, with one-sided bounds and a two-sided p; better: a, b or neither."""

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
    """How alike two spaces are, labels unseen."""

    a: str
    b: str
    neighbours: float
    neighbours_by_chance: float
    cka: float | None
    clusters_ari: float


@dataclass(frozen=True)
class Comparison:
    """Everything the screen shows and the JSON holds."""

    n: int
    classes: dict[str, int]
    scored: str
    fitted_on: int
    scored_on: int
    files: tuple[File, ...]
    differences: tuple[Difference, ...]
    agreement: tuple[Agreement, ...]
    k: int
    sentences: tuple[str, ...]
    caveats: tuple[str, ...]
    seed: int


def to_json(comparison: Comparison) -> dict[str, Any]:
    """A JSON object of plain Python values."""
    found = asdict(comparison)
    for file, value in zip(found["files"], comparison.files, strict=True):
        for name, one in (("knn15", value.knn15), ("probe", value.probe)):
            if one is not None:
                file[name]["difference"] = None if one.difference is None else one.difference._asdict()
    return {"schema": SCHEMA, **{key: list(v) if isinstance(v, tuple) else v for key, v in found.items()}}
