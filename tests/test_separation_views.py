"""Clusterings and pictures as views of the classes, and the gaps between clusters."""

import json

import numpy as np
import pytest

from latentkit.formats.latents import Latents
from latentkit.formats.projections import Projection
from latentkit.separation.options import Options, Thresholds
from latentkit.separation.report import judge, to_json
from latentkit.separation.report.view_sentences import views_sentence
from latentkit.separation.visible.gap import measure_gap
from latentkit.separation.visible.views import View, overall


def gaussians(distance, each=100, dims=6, seed=0, classes=3):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(classes), each)
    mu = rng.normal(size=(classes * each, dims))
    mu[np.arange(len(mu)), codes] += distance / np.sqrt(2)
    return mu, codes


def latents(mu, codes, **arrays):
    ids = np.array([f"{i:05d}.png" for i in range(len(mu))])
    labels = np.array(["ant", "bee", "cat", "dog"])[codes]
    return Latents({"ids": ids, "mu": mu.astype(np.float32), "labels": labels, **arrays})


def cut_along_the_first_axis(mu):
    along = (mu - mu.mean(axis=0)) @ np.linalg.svd(mu - mu.mean(axis=0), full_matrices=False)[2][0]
    return (along > np.median(along)).astype(np.intp)


def rod(rng, n=400):
    return np.c_[rng.uniform(-5, 5, n), rng.normal(size=(n, 5)) * 0.5]


def arc(rng, n=400):
    angle = rng.uniform(-2, 2, n)
    return np.c_[np.cos(angle), np.sin(angle), np.zeros((n, 4))] * 5 + rng.normal(size=(n, 6)) * 0.5


def long_cloud(rng, n=400):
    return rng.normal(size=(n, 6)) * [6, 1, 1, 1, 1, 1]


def view(report, method):
    return next(one for one in report.views if one.method == method)


@pytest.mark.parametrize("cloud", [rod, arc, long_cloud])
def test_labels_that_cut_one_cloud_in_two_are_not_visible(cloud):
    mu = cloud(np.random.default_rng(0))
    report = judge(latents(mu, cut_along_the_first_axis(mu)))
    assert view(report, "kmeans").ari > 0.7
    assert view(report, "kmeans").gap is False
    assert report.verdict.visible == "no"
    assert view(report, "pca").colored == "yes"


def test_classes_with_gaps_are_visible_in_pca_and_found():
    report = judge(latents(*gaussians(7.0)))
    assert {one.method: (one.verdict, one.colored) for one in report.views} == {
        "kmeans": ("yes", None),
        "gmm": ("yes", None),
        "pca": ("yes", "yes"),
    }


def test_rings_have_a_gap_that_no_line_shows():
    rng = np.random.default_rng(0)
    codes = np.arange(400) % 2
    angle = rng.uniform(0, 2 * np.pi, 400)
    radius = np.where(codes, 2.0, 5.0) + rng.normal(size=400) * 0.3
    gap = measure_gap(np.c_[radius * np.cos(angle), radius * np.sin(angle)], codes)
    assert gap.valley < 0
    assert gap.is_clear(None, 0.05)


def test_a_cluster_between_two_others_does_not_make_a_gap_between_them():
    mu = rod(np.random.default_rng(0), 600)
    gap = measure_gap(mu, np.digitize(mu[:, 0], [-1.7, 1.7]))
    assert not gap.is_clear(0.01, 0.05)


def test_clusters_of_less_than_five_rows_have_no_measured_gap():
    mu, _ = gaussians(7.0, each=10, classes=1)
    assert measure_gap(mu, np.array([0] * 6 + [1] * 4)) is None
    assert measure_gap(mu, np.zeros(10, int)) is None


def test_stored_clusters_are_judged_and_named():
    mu, codes = gaussians(7.0)
    model = np.array(json.dumps({"schema": "latentkit.clusters/1", "method": "n2d"}))
    stored = view(judge(latents(mu, codes, clusters=codes.astype(np.int32), cluster_model=model)), "n2d")
    assert (stored.kind, stored.title, stored.ari, stored.verdict) == (
        "stored",
        "the clusters in the file (N2D)",
        1.0,
        "yes",
    )
    useless = np.random.default_rng(1).integers(3, size=300).astype(np.int32)
    stored = view(judge(latents(mu, codes, clusters=useless)), "clusters")
    assert (stored.verdict, stored.title) == ("no", "the clusters in the file")


def test_stored_clusters_belong_to_their_images_in_any_order():
    mu, codes = gaussians(7.0)
    z = latents(mu, codes, clusters=codes.astype(np.int32))
    order = np.random.default_rng(0).permutation(300)
    shuffled = Latents({key: array[order] for key, array in z.arrays.items()})
    assert to_json(judge(shuffled))["visible_in"] == to_json(judge(z))["visible_in"]


def test_stored_pictures_are_used_and_islands_in_one_cloud_do_not_count():
    mu = long_cloud(np.random.default_rng(0))
    codes = cut_along_the_first_axis(mu)
    islands = np.random.default_rng(1).normal(size=(400, 2)) + 20 * codes[:, None]
    z = latents(mu, codes).with_projection(Projection("umap", islands.astype(np.float32), {}))
    report = judge(z)
    umap = view(report, "umap")
    assert (umap.ari, umap.purity, umap.gap, umap.verdict, umap.colored) == (1.0, 1.0, False, "no", "yes")
    assert umap.command == "latentkit plot FILE --method umap"
    assert umap.fidelity < 0.95
    assert report.verdict.visible == "no"


def test_all_pictures_are_made_on_request():
    report = judge(latents(*gaussians(7.0, each=40)), Options(pictures="all"))
    assert [one.method for one in report.views] == ["kmeans", "gmm", "pca", "tsne", "umap", "n2d"]
    assert {one.verdict for one in report.views} == {"yes"}


def test_a_picture_is_not_looked_for_in_a_picture():
    mu, codes = gaussians(7.0)
    z = latents(mu, codes).with_projection(Projection("umap", mu[:, :2].astype(np.float32), {}))
    assert {one.kind for one in judge(z, Options(on="umap")).views} == {"clustering"}


def test_small_classes_leave_every_view_open():
    mu, codes = gaussians(7.0, each=19)
    report = judge(latents(mu, codes))
    assert {one.verdict for one in report.views} == {"cannot say"}
    assert report.verdict.visible == "cannot say"


def made(method, title, kind, verdict, ari, colored=None):
    return View(
        method,
        title,
        kind,
        f"latentkit {method}",
        300,
        3,
        ari,
        ari - 0.05,
        True,
        0.9,
        0.3,
        0.85,
        0.9,
        verdict,
        colored,
    )


def test_the_sentence_says_where_the_classes_are_visible_and_how_to_see_them():
    views = [
        made("kmeans", "k-means", "clustering", "no", 0.09),
        made("n2d", "N2D", "clustering", "partly", 0.40),
        made("pca", "PCA", "picture", "no", 0.08, "no"),
        made("umap", "UMAP", "picture", "yes", 0.7, "yes"),
    ]
    assert overall(views) == "yes"
    assert views_sentence("yes", views) == (
        "The classes are visible without labels: seen in UMAP, not seen in PCA; partly found by N2D (0.40), not found by "
        "k-means (0.09). `latentkit umap` draws them."
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [(["no", "yes"], "yes"), (["no", "partly"], "no"), (["cannot say"], "cannot say"), ([], "cannot say")],
)
def test_classes_are_visible_if_any_view_shows_them(verdicts, expected):
    assert overall([made("pca", "PCA", "picture", verdict, 0.5) for verdict in verdicts]) == expected


def test_the_bound_of_the_agreement_is_an_option():
    z = latents(*gaussians(7.0, each=30))
    strict = judge(z, Options(thresholds=Thresholds(visible_ari=1.0)))
    assert view(strict, "kmeans").low <= 1.0
    assert view(strict, "kmeans").verdict == ("yes" if view(strict, "kmeans").low >= 1.0 else "partly")
