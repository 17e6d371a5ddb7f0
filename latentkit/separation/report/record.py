"""The report as a value: what `latentkit report --json` writes, schema latentkit.report/1.

    schema       "latentkit.report/1"
    n, dims      images, latent dimensions
    space        "latents", or the projection that was judged instead
    classes      {name: images}; unlabelled: images without a class
    scored       "held-out": scored on images the encoder was not trained on; "all": it may have seen them
    fitted_on, scored_on   numbers of labeled images on the two sides
    verdict      separable: separated | partly | no evidence | cannot say
                 visible:   yes | no | cannot say
                 sentence:  both in words, with what to do next
    pairs        [{a, b, n_a, n_b, auc, auc_low, auc_high, auc_low_strict, p, p_holm, verdict}]
                 verdict: separate | partly | no evidence | cannot say; n_a and n_b: images scored
    confusion    {classes: [..], counts: [[..]]} of the probe: rows are true classes; null without labels
    scores       {knn15 | probe: {value, low, high, accuracy, majority, pixel_pca, difference: {low, high},
                 beats_pixel_pca} | null}: balanced accuracy; majority is the score of one constant answer
    silhouette   {euclidean, euclidean_se, squared, per_class: {name: value}} | null; euclidean_se: null if exact
    davies_bouldin, calinski_harabasz, gdv
    clustering   {k, chosen_by: classes | option | stability | bic, components: the k with the best BIC, which may be 1 | null,
                 kmeans | gmm: {ari, ami, accuracy, spread, low, pixel_pca} | null,
                 hdbscan: {clusters, noise, rows}, found: [{images, stability}] | null: clusters found without labels}
    structure    {p, k, n, draws} | null: p under one Gaussian cloud
    latent       {active_units, dead: [dimension], effective_rank, participation_ratio, total_correlation,
                 mutual_information, mutual_information_capped, kl_per_dim: [nats] | null}
    caveats      [sentence]
    thresholds   {name: value} the verdict was made with; seed

Bounds named low and high are one-sided at 1 - alpha each. null means unknown or not applicable.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from latentkit.separation.options import Thresholds
from latentkit.separation.report.health import Health
from latentkit.separation.report.verdict import Verdict
from latentkit.separation.separable.pairs import Pair
from latentkit.separation.separable.scores import CLASSIFIERS, ClassifierScore
from latentkit.separation.separable.tightness import INDICES, Tightness
from latentkit.separation.visible.judge import Clusterings
from latentkit.separation.visible.structure import Structure

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Report", "score_to_json", "to_json"]

SCHEMA = "latentkit.report/1"


@dataclass(frozen=True)
class Report:
    """Everything that the screen shows and the JSON holds."""

    n: int
    dims: int
    space: str
    classes: Mapping[str, int]
    unlabeled: int
    scored: str
    fitted_on: int
    scored_on: int
    pairs: tuple[Pair, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    scores: Mapping[str, ClassifierScore]
    """Score of each classifier by key; empty without labels."""
    tightness: Tightness | None
    clustering: Clusterings | None
    structure: Structure | None
    latent: Health
    verdict: Verdict
    caveats: tuple[str, ...]
    thresholds: Thresholds
    seed: int


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as a JSON object of plain Python values, keys in the order of the module's docstring."""
    tight = report.tightness
    return {
        "schema": SCHEMA,
        "n": report.n,
        "dims": report.dims,
        "space": report.space,
        "classes": dict(report.classes),
        "unlabelled": report.unlabeled,
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
        "scores": {one.key: score_to_json(report.scores.get(one.key)) for one in CLASSIFIERS},
        "silhouette": None
        if tight is None
        else {
            "euclidean": tight.euclidean,
            "euclidean_se": tight.euclidean_se,
            "squared": tight.squared,
            "per_class": dict(zip(report.classes, tight.per_class.tolist(), strict=True)),
        },
        **{one.key: None if tight is None else tight.indices[one.key] for one in INDICES},
        "clustering": None if report.clustering is None else _clustering(report.clustering),
        "structure": None if report.structure is None else _plain(report.structure),
        "latent": _plain(report.latent),
        "caveats": list(report.caveats),
        "thresholds": _plain(report.thresholds),
        "seed": report.seed,
    }


def score_to_json(score: ClassifierScore | None) -> dict[str, Any] | None:
    """Return a score as a JSON object, or None."""
    if score is None:
        return None
    difference = None if score.difference is None else score.difference._asdict()
    return {**_plain(score), "difference": difference}


def _clustering(clustering: Clusterings) -> dict[str, Any]:
    plain = _plain(clustering)
    plain["found"] = plain.pop("discovered")
    return plain


def _plain(value: "DataclassInstance") -> dict[str, Any]:
    """Return a dataclass as JSON would return it: lists instead of tuples."""
    return asdict(
        value, dict_factory=lambda pairs: {key: list(v) if type(v) is tuple else v for key, v in pairs}
    )
