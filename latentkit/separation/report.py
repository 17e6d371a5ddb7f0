"""The report as a value: what `latentkit report --json` writes, schema latentkit.report/1.

    schema       "latentkit.report/1"
    n, dims      images, latent dimensions
    space        "latents", or the projection that was judged in their place
    classes      {name: images}; unlabelled: images without a class
    scored       "held-out": scored on images the encoder was not trained on; "all": it may have seen them
    fitted_on, scored_on   numbers of labelled images of the two sides
    verdict      separable: separated | partly | no evidence | cannot say
                 visible:   yes | no | cannot say
                 sentence:  both in words, with what to do next
    pairs        [{a, b, n_a, n_b, auc, auc_low, auc_high, auc_low_strict, p, p_holm, verdict}]
                 verdict: separate | partly | no evidence | cannot say; n_a and n_b: images scored
    confusion    {classes: [..], counts: [[..]]} of the probe: rows are true classes; null without labels
    scores       {knn15 | probe: {value, low, high, accuracy, majority, pixel_pca, difference: {low, high},
                 beats_pixel_pca} | null}: balanced accuracy; majority is what one constant answer scores
    silhouette   {euclidean, euclidean_se, squared, per_class: {name: value}} | null; euclidean_se: null if exact
    davies_bouldin, calinski_harabasz, gdv
    clustering   {k, chosen_by: classes | option | stability | bic, components: the k with the best BIC, which may be 1 | null,
                 kmeans | gmm: {ari, ami, accuracy, spread, low, pixel_pca} | null,
                 hdbscan: {clusters, noise}, found: [{images, stability}] | null without labels only}
    structure    {p, k, n, draws} | null
    latent       {active_units, dead: [dimension], effective_rank, participation_ratio, total_correlation,
                 mutual_information, mutual_information_capped, kl_per_dim: [nats] | null}
    caveats      [sentence]
    thresholds   {name: value} the verdict was made with; seed

Bounds named low and high are one-sided at 1 - alpha each. null: unknown or not applicable.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from latentkit.separation.clusters import Density, Recovery
from latentkit.separation.latent import Health
from latentkit.separation.pairs import Pair
from latentkit.separation.scores import Score
from latentkit.separation.silhouette import Tightness
from latentkit.separation.structure import Structure
from latentkit.separation.thresholds import Thresholds

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA = "latentkit.report/1"


@dataclass(frozen=True)
class Verdict:
    """The two verdicts and their sentences."""

    separable: str
    visible: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A cluster found without labels: its size and its mean bootstrap Jaccard."""

    images: int
    stability: float


@dataclass(frozen=True)
class Clusterings:
    """What clustering at k found, and where k came from: classes, option, stability or bic."""

    k: int
    chosen_by: str
    components: int | None
    kmeans: Recovery | None
    gmm: Recovery | None
    hdbscan: Density
    found: tuple[Found, ...] | None


@dataclass(frozen=True)
class Report:
    """Everything the screen shows and the JSON holds."""

    n: int
    dims: int
    space: str
    classes: Mapping[str, int]
    unlabelled: int
    scored: str
    fitted_on: int
    scored_on: int
    pairs: tuple[Pair, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    knn15: Score | None
    probe: Score | None
    tightness: Tightness | None
    clustering: Clusterings | None
    structure: Structure | None
    latent: Health
    verdict: Verdict
    caveats: tuple[str, ...]
    thresholds: Thresholds
    seed: int


def to_json(report: Report) -> dict[str, Any]:
    """A JSON object of plain Python values, keys in the order of the module's docstring."""
    tight = report.tightness
    return {
        "schema": SCHEMA,
        "n": report.n,
        "dims": report.dims,
        "space": report.space,
        "classes": dict(report.classes),
        "unlabelled": report.unlabelled,
        "scored": report.scored,
        "fitted_on": report.fitted_on,
        "scored_on": report.scored_on,
        "verdict": {
            "separable": report.verdict.separable,
            "visible": report.verdict.visible,
            "sentence": " ".join(report.verdict.sentences),
        },
        "pairs": [_plain(pair) for pair in report.pairs],
        "confusion": None
        if report.confusion is None
        else {"classes": list(report.classes), "counts": [list(row) for row in report.confusion]},
        "scores": {"knn15": _score(report.knn15), "probe": _score(report.probe)},
        "silhouette": None
        if tight is None
        else {
            "euclidean": tight.euclidean,
            "euclidean_se": tight.euclidean_se,
            "squared": tight.squared,
            "per_class": dict(zip(report.classes, tight.per_class.tolist(), strict=True)),
        },
        "davies_bouldin": None if tight is None else tight.davies_bouldin,
        "calinski_harabasz": None if tight is None else tight.calinski_harabasz,
        "gdv": None if tight is None else tight.gdv,
        "clustering": None if report.clustering is None else _plain(report.clustering),
        "structure": None if report.structure is None else _plain(report.structure),
        "latent": _plain(report.latent),
        "caveats": list(report.caveats),
        "thresholds": _plain(report.thresholds),
        "seed": report.seed,
    }


def _score(score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    difference = None if score.difference is None else score.difference._asdict()
    return {**_plain(score), "difference": difference}


def _plain(value: "DataclassInstance") -> dict[str, Any]:
    """A dataclass as JSON would give it back: lists for tuples."""
    return asdict(
        value, dict_factory=lambda pairs: {key: list(v) if type(v) is tuple else v for key, v in pairs}
    )
