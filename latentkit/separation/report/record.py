"""The report as a value: what `latentkit report --json` writes, schema latentkit.report/2.

    schema       "latentkit.report/2"
    n, dims      images, latent dimensions
    space        "latents", or the projection that was judged instead
    classes      {name: images}; unlabelled: images without a class
    scored_on    labeled images that are scored; 0 if they are too few to say anything
    cross_validation  {folds, repeats, probe: logistic regression | linear discriminant} | null: every labeled image is
                 scored by a probe fitted on the other folds, and by the 15 nearest other images
    verdict      separable: separated | partly | no evidence | cannot say
                 visible:   yes | no | cannot say
                 sentence:  both in words, with what to do next
    pairs        [{a, b, n_a, n_b, auc, auc_low, auc_high, auc_low_strict, p, p_holm, verdict}]
                 verdict: separate | partly | no evidence | cannot say; n_a and n_b: different images scored; auc_low is at
                 most 0.5 unless p < alpha
    confusion    {classes: [..], counts: [[..]]} of the first repeat of the probe: rows are true classes; null without labels
    scores       {knn15 | probe: {value, low, high, accuracy, majority, pixel_pca, pixel_pca_low, difference: {low, high},
                 beats_pixel_pca, seen} | null}: cross-validated balanced accuracy; majority is the score of one constant
                 answer; difference: of value - pixel_pca
                 seen: {trained, held_out: {value, low, high}, held_out_images, held_out_pixel_pca, difference: {low, high}}
                 | null: the same for images whose pixels the encoder was trained on, and for the others
    benefit      {verdict, images, gains: [{score: knn15 | probe | ari, name, value, pixel_pca, low, high, verdict}]} | null:
                 latents against PCA of the pixels; verdict: better | worse | as good (within 0.02) | cannot tell, and over
                 all scores also mixed
    silhouette   {euclidean, euclidean_se, squared, per_class: {name: value}} | null; euclidean_se: null if exact
    davies_bouldin, calinski_harabasz, gdv
    clustering   {k, chosen_by: classes | option | stability | bic, components: the k with the best BIC, which may be 1 | null,
                 kmeans | gmm: {ari, ami, accuracy, spread, low, pixel_pca, difference: {low, high} | null} | null,
                 hdbscan: {clusters, noise, rows}, found: [{images, stability}] | null: clusters found without labels}
    structure    {p, k, n, draws} | null: p under one Gaussian cloud
    visible_in   [{method, title, kind: clustering | stored | picture, command, images, clusters, ari, low, gap, purity,
                 chance, purity_low, fidelity, verdict, colored}]: views of the classes. verdict (without colors) and colored:
                 yes | partly | no | cannot say; ari is that of the view's clusters, and gap whether there are gaps between
                 them; purity is the share of neighbors of the same class, and chance that of shuffled labels
    latent       {active_units, dead: [dimension], effective_rank, participation_ratio, total_correlation,
                 mutual_information, mutual_information_capped, kl_per_dim: [nats] | null}
    suggestions  [{text, command | null, evidence | null}]: what to do next, the most useful first
    caveats      [sentence]
    thresholds   {name: value} the verdict was made with; seed

Bounds named low and high are one-sided at 1 - alpha each; those of a difference are a two-sided interval at 1 - alpha. null means unknown or not applicable.

Schema 1 scored held-out images, or half of all images, by a classifier fitted on the others, and said so in `scored` and
`fitted_on`, which schema 2 does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from latentkit.separation.options import Thresholds
from latentkit.separation.report.advice import Suggestion
from latentkit.separation.report.benefit import Benefit
from latentkit.separation.report.health import Health
from latentkit.separation.report.verdict import Verdict
from latentkit.separation.separable.pairs import Pair
from latentkit.separation.separable.scores import CLASSIFIERS, ClassifierScore
from latentkit.separation.separable.tightness import INDICES, Tightness
from latentkit.separation.visible.judge import Clusterings
from latentkit.separation.visible.structure import Structure
from latentkit.separation.visible.views import View

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["CrossValidation", "Report", "score_to_json", "to_json"]

SCHEMA = "latentkit.report/2"


@dataclass(frozen=True)
class CrossValidation:
    """How every labeled image was scored."""

    folds: int
    repeats: int
    probe: str
    """The kind of the linear probe."""


@dataclass(frozen=True)
class Report:
    """Everything that the screen shows and the JSON holds."""

    n: int
    dims: int
    space: str
    classes: Mapping[str, int]
    unlabeled: int
    scored_on: int
    cross_validation: CrossValidation | None
    pairs: tuple[Pair, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    scores: Mapping[str, ClassifierScore]
    """Score of each classifier by key; empty without labels."""
    benefit: Benefit | None
    tightness: Tightness | None
    clustering: Clusterings | None
    structure: Structure | None
    views: tuple[View, ...]
    """Each clustering and picture that was looked at."""
    latent: Health
    verdict: Verdict
    suggestions: tuple[Suggestion, ...]
    """What to do next, the most useful first."""
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
        "scored_on": report.scored_on,
        "cross_validation": None if report.cross_validation is None else _plain(report.cross_validation),
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
        "benefit": None if report.benefit is None else _plain(report.benefit),
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
        "visible_in": [_plain(view) for view in report.views],
        "latent": _plain(report.latent),
        "suggestions": [_plain(one) for one in report.suggestions],
        "caveats": list(report.caveats),
        "thresholds": _plain(report.thresholds),
        "seed": report.seed,
    }


def score_to_json(score: ClassifierScore | None) -> dict[str, Any] | None:
    """Return a score as a JSON object, or None."""
    if score is None:
        return None
    return _plain(score)


def _clustering(clustering: Clusterings) -> dict[str, Any]:
    plain = _plain(clustering)
    plain["found"] = plain.pop("discovered")
    return plain


def _plain(value: "DataclassInstance") -> dict[str, Any]:
    """Return a dataclass as JSON would return it: lists instead of tuples, objects instead of named tuples."""
    return {one.name: _convert(getattr(value, one.name)) for one in fields(value)}


def _convert(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(value)
    if hasattr(value, "_asdict"):
        return value._asdict()
    return [_convert(one) for one in value] if isinstance(value, tuple) else value
