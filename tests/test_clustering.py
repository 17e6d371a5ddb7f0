"""Clustering: groups are found, new images get the same clusters, and unsuitable latents are refused."""

import itertools
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.mixture import GaussianMixture

from latentkit.clustering import (
    Clustering,
    assign,
    cluster,
    describe,
    gmm,
    hdbscan,
    kmeans,
    model_in,
    with_clusters,
)
from latentkit.errors import FormatError, SeparationError
from latentkit.formats.latents import Latents
from latentkit.methods import CLUSTERINGS

QUICK = ["kmeans", "gmm", "hdbscan"]
METHODS = [*QUICK, pytest.param("n2d", marks=pytest.mark.slow)]  # numba compiles for half a minute


def groups(n: int = 150, k: int = 3, d: int = 6, *, apart: float = 8.0, seed: int = 0):
    """Rows (N, D), row i of group i % k; the groups differ in size if k does not divide n."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) + apart * np.eye(d)[np.arange(n) % k]).astype(np.float32)


def latents(mu) -> Latents:
    return Latents({"ids": np.array([f"{i:05d}.png" for i in range(len(mu))]), "mu": mu})


@cache
def clustering_by(method: str) -> Clustering:
    return cluster(latents(groups()), method, clusters=None if method == "hdbscan" else 3)


@pytest.mark.parametrize("method", METHODS)
def test_groups_far_apart_are_found(method):
    labels = clustering_by(method).assignment.labels
    clustered = labels >= 0
    assert adjusted_rand_score(np.arange(150)[clustered] % 3, labels[clustered]) == 1
    assert clustered.mean() > 0.5


@pytest.mark.parametrize("method", METHODS)
def test_confidence_is_between_0_and_1_and_0_for_no_cluster(method):
    labels, confidence = clustering_by(method).assignment
    assert confidence.min() >= 0
    assert confidence.max() <= 1
    assert not confidence[labels < 0].any()


@pytest.mark.parametrize("method", METHODS)
def test_the_stored_model_assigns_fitted_rows_to_their_clusters(method):
    saved = with_clusters(latents(groups()), clustering_by(method).model, clustering_by(method).assignment)
    labels, confidence = assign(model_in(saved, "z.npz"), groups())
    np.testing.assert_array_equal(labels, saved.arrays["clusters"])
    np.testing.assert_allclose(confidence, saved.arrays["cluster_confidence"], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_new_rows_get_the_cluster_of_their_group(method):
    labels, _ = assign(clustering_by(method).model, groups(30, seed=5))
    of_group = {g: clustering_by(method).assignment.labels[g::3].max() for g in range(3)}
    clustered = labels >= 0
    assert clustered.mean() > 0.5
    assert [of_group[g] for g in np.arange(30)[clustered] % 3] == labels[clustered].tolist()


@pytest.mark.parametrize("method", QUICK)
def test_the_order_of_the_rows_changes_nothing(method):
    permutation = np.random.default_rng(0).permutation(150)
    data = latents(groups())
    shuffled = Latents({"ids": data.ids[permutation], "mu": data.mu[permutation]})
    again = cluster(shuffled, method, clusters=None if method == "hdbscan" else 3).assignment
    np.testing.assert_array_equal(again.labels, clustering_by(method).assignment.labels[permutation])
    np.testing.assert_allclose(
        again.confidence, clustering_by(method).assignment.confidence[permutation], atol=1e-9
    )


@pytest.mark.parametrize("method", QUICK)
def test_clusters_are_numbered_from_the_largest(method):
    for sizes in itertools.permutations([20, 40, 60]):
        mu = np.concatenate([groups(n, 1) + shift for n, shift in zip(sizes, (-9, 0, 9), strict=True)])
        k = None if method == "hdbscan" else 3
        labels = cluster(latents(mu), method, clusters=k).assignment.labels
        parts = [part[part >= 0] for part in np.split(labels, np.cumsum(sizes)[:2])]
        assert [np.bincount(part).argmax() for part in parts] == [(60 - n) // 20 for n in sizes]


def test_kmeans_equals_that_of_scikit_learn():
    X = groups(200, 4, apart=2.0).astype(np.float64)
    ours, theirs = (
        kmeans.fit(X, 4, seed=7).assignment.labels,
        KMeans(4, n_init=10, random_state=7).fit_predict(X),
    )
    assert adjusted_rand_score(ours, theirs) == 1


def test_confidence_of_kmeans_is_the_posterior_of_round_gaussians():
    X = groups(300, 3, apart=2.0).astype(np.float64)
    fitted = kmeans.fit(X, 3, seed=0)
    centers, variance = fitted.arrays["centres"], fitted.arrays["variance"]
    assert variance == pytest.approx(np.mean((X - centers[fitted.assignment.labels]) ** 2))
    densities = np.stack([multivariate_normal(c, variance).pdf(X) for c in centers])
    np.testing.assert_allclose(fitted.assignment.confidence, densities.max(axis=0) / densities.sum(axis=0))


def test_confidence_of_kmeans_is_one_half_between_two_centers_and_never_nan():
    arrays = {"centres": np.array([[0.0], [4]]), "variance": np.array(1.0)}
    assert kmeans.assign(arrays, {}, np.array([[2.0]])).confidence.tolist() == [0.5]
    arrays["variance"] = np.array(0.0)
    assert kmeans.assign(arrays, {}, np.array([[0.0], [3], [1e6]])).confidence.tolist() == [1, 1, 1]


@pytest.mark.parametrize("covariance", ["full", "tied", "diag"])
def test_the_mixture_assigns_with_the_posterior_of_scikit_learn(covariance):
    X = groups(400, 3, 4, apart=2.0).astype(np.float64)
    oracle = GaussianMixture(3, covariance_type=covariance, random_state=0).fit(X)
    arrays = {
        "weights": oracle.weights_,
        "means": oracle.means_,
        "factors": gmm._factors(oracle.precisions_cholesky_, covariance, 3),
    }
    labels, confidence = gmm.assign(arrays, {}, X)
    np.testing.assert_array_equal(labels, oracle.predict(X))
    np.testing.assert_allclose(confidence, oracle.predict_proba(X).max(axis=1))


@pytest.mark.parametrize(
    ("stretch", "covariance"),
    [([np.eye(2)] * 2, "tied"), ([np.eye(2), np.array([[4.0, 3.9], [0, 0.5]])], "full")],
)
def test_the_mixture_takes_the_covariance_of_the_best_bic(stretch, covariance):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(300, 2)) @ s + 9 * i for i, s in enumerate(stretch)]) / 5
    assert gmm.fit(X, 2, seed=0).parameters["covariance"] == covariance


def test_a_mixture_with_more_parameters_than_rows_is_not_tried():
    X = np.random.default_rng(0).normal(size=(30, 20))
    assert gmm.fit(X, 2, seed=0).parameters["covariance"] == "diag"


def test_hdbscan_equals_that_of_scikit_learn_up_to_the_numbering():
    X = np.concatenate([groups(100, 2), 12 * groups(20, 1)]).astype(np.float64)
    ours, theirs = hdbscan.fit(X).assignment, HDBSCAN(min_cluster_size=5, copy=True).fit(X)
    np.testing.assert_array_equal(ours.labels < 0, theirs.labels_ < 0)
    assert adjusted_rand_score(ours.labels, theirs.labels_) == 1


def test_a_row_far_from_all_others_is_in_no_dense_cluster():
    model = cluster(latents(groups()), "hdbscan").model
    labels, confidence = assign(model, np.full((1, 6), 50, np.float32))
    assert (labels.tolist(), confidence.tolist()) == ([-1], [0])


def test_images_far_from_every_cluster_are_to_be_clustered_anew():
    model = cluster(latents(groups()), "hdbscan").model
    far = Clustering(assign(model, np.full((1, 6), 50, np.float32)), model)
    assert "cluster them anew, without --using" in describe(far)


def test_few_dimensions_are_not_suggested_where_there_are_few():
    noise = latents(np.random.default_rng(0).uniform(size=(40, 5)).astype(np.float32))
    result = cluster(noise, "hdbscan")
    assert result.model.clusters == 0
    assert "\nTry --method n2d or --method kmeans" in describe(result)


def test_hdbscan_may_find_nothing_and_says_so():
    noise = latents(np.random.default_rng(0).uniform(size=(40, 20)).astype(np.float32))
    result = cluster(noise, "hdbscan")
    assert result.model.clusters == 0
    assert "100% of the images are in no cluster" in describe(result)
    assert (
        "Try --dims 5 (density says little in many dimensions), --method n2d or --method kmeans"
        in describe(result)
    )
    assert (
        assign(
            model_in(with_clusters(noise, *reversed([result.assignment, result.model])), "z"), noise.mu
        ).labels
        == -1
    ).all()


@pytest.mark.parametrize("k", [2, 5])
def test_the_number_of_clusters_is_that_of_the_best_silhouette(k):
    X = groups(10 * k, k).astype(np.float64)
    assert kmeans.best_number(X, 0) == k
    best = [silhouette_score(X, KMeans(i, n_init=3, random_state=0).fit_predict(X)) for i in range(2, 8)]
    assert np.argmax(best) + 2 == k


def test_dead_dimensions_are_dropped_and_principal_components_can_be_used():
    mu = groups()
    mu[:, 5] *= 1e-3
    data = latents(mu)
    assert cluster(data, clusters=3).model.arrays["columns"].tolist() == [0, 1, 2, 3, 4]
    model = cluster(data, clusters=3, dims=2).model
    assert (model.dims, model.arrays["components"].shape) == (2, (2, 6))
    assert (assign(model, mu).labels == cluster(data, clusters=3, dims=2).assignment.labels).all()


def test_one_common_scale_makes_units_irrelevant():
    for method in QUICK:
        k = None if method == "hdbscan" else 3
        mu = groups(apart=3.0)
        small, large = (cluster(latents(mu * s), method, clusters=k).assignment for s in (2**-14, 2**14))
        np.testing.assert_array_equal(small.labels, large.labels)
        np.testing.assert_allclose(small.confidence, large.confidence, atol=1e-6)


@pytest.mark.parametrize("method", ["kmeans", "gmm", "hdbscan"])
def test_a_sample_of_too_many_rows_is_fitted_and_the_rest_assigned(monkeypatch, method):
    monkeypatch.setitem(CLUSTERINGS._methods, method, replace(CLUSTERINGS[method], largest=90))
    messages: list[str] = []
    result = cluster(
        latents(groups()), method, clusters=None if method == "hdbscan" else 3, tell=messages.append
    )
    assert result.model.fitted == 90
    assert "a sample of 90 of 150" in messages[0]
    labels = result.assignment.labels
    assert adjusted_rand_score(np.arange(150)[labels >= 0] % 3, labels[labels >= 0]) == 1


@pytest.mark.parametrize(
    ("mu", "options", "message"),
    [
        (groups(9), {"method": "som"}, "unknown clustering 'som': choose one of kmeans"),
        (groups(2), {}, "kmeans needs at least 3 images, but there are 2"),
        (groups(14), {"method": "n2d"}, "n2d needs at least 15 images, but there are 14"),
        (groups(20), {"method": "hdbscan", "clusters": 3}, "hdbscan finds the number of clusters itself"),
        (np.repeat(groups(3), 5, axis=0), {"clusters": 4}, "3 distinct images cannot form 4 clusters"),
        (np.ones((9, 3), np.float32), {}, "all 9 rows of mu are equal"),
        (groups(20), {"dims": 7}, "have 6 principal components, not 7"),
    ],
)
def test_latents_that_cannot_be_clustered_are_refused(mu, options, message):
    with pytest.raises(SeparationError, match=message):
        cluster(latents(mu), **options)


def test_a_collapsed_encoder_is_distinguished_from_a_small_scale():
    mu = groups() * 1e-3
    assert cluster(latents(mu), clusters=3).model.dims == 6
    collapsed = latents(mu).with_arrays(logvar=np.zeros_like(mu))
    with pytest.raises(SeparationError, match="all 6 dimensions are dead"):
        cluster(collapsed, clusters=3)


def test_latents_of_another_size_are_refused():
    with pytest.raises(SeparationError, match="have 5 dimensions, but the clusters were found in 6"):
        assign(clustering_by("kmeans").model, groups(d=5))


def test_a_new_clustering_replaces_all_arrays_of_the_old_one():
    first = with_clusters(latents(groups()), clustering_by("gmm").model, clustering_by("gmm").assignment)
    second = with_clusters(first, clustering_by("kmeans").model, clustering_by("kmeans").assignment)
    assert model_in(second, "z").method == "kmeans"
    assert "cluster_model_weights" not in second.arrays


def test_the_description_has_sizes_dimensions_and_a_caveat():
    words = describe(clustering_by("kmeans"))
    assert "k-means: 150 images in 3 clusters (6 of 6 dimensions, seed 0)" in words
    assert "Images by cluster: 0: 50, 1: 50, 2: 50" in words
    assert "tests whether there are any groups at all" in words


@pytest.mark.parametrize(
    ("method", "key", "value", "message"),
    [
        ("kmeans", "", None, "has no clusters: add them with `latentkit cluster z.npz`"),
        ("kmeans", "", np.array("{"), "cluster_model does not describe clusters"),
        ("kmeans", "", np.array('{"schema": "latentkit.clusters/2"}'), "by a newer latentkit"),
        (
            "kmeans",
            "",
            np.array('{"schema": "latentkit.clusters/1", "method": "x"}'),
            "clusters, .*method of cluster_model is missing or wrong",
        ),
        ("kmeans", "_centres", None, "cluster_model_centres is missing"),
        ("kmeans", "_centres", np.full((3, 6), np.nan), "cluster_model_centres is missing or not numeric"),
        ("kmeans", "_centres", np.zeros((2, 6)), "do not fit one another"),
        ("kmeans", "_scale", np.array(0.0), "do not fit one another"),
        ("kmeans", "_columns", np.arange(1, 7), "do not fit one another"),
        ("gmm", "_factors", np.zeros((3, 6, 5)), "do not fit one another"),
        ("hdbscan", "_labels", np.full(150, 3), "do not fit one another"),
        ("hdbscan", "_rows", np.zeros((149, 6)), "do not fit one another"),
    ],
)
def test_a_damaged_model_is_refused_with_file_and_key(method, key, value, message):
    saved = with_clusters(latents(groups()), clustering_by(method).model, clustering_by(method).assignment)
    arrays = {k: v for k, v in saved.arrays.items() if k != f"cluster_model{key}"}
    if value is not None:
        arrays[f"cluster_model{key}"] = value
    with pytest.raises(FormatError, match=f"z.npz.*{message}"):
        model_in(Latents(arrays), "z.npz")


@pytest.mark.parametrize("parameters", [{}, {"least": 1}, {"least": 151}, {"least": "5"}])
def test_a_stored_parameter_out_of_bounds_is_refused_with_file_and_key(parameters):
    result = clustering_by("hdbscan")
    saved = with_clusters(latents(groups()), result.model, result.assignment)
    meta = json.loads(str(saved.arrays["cluster_model"])) | {"parameters": parameters}
    changed = saved.with_arrays(cluster_model=np.array(json.dumps(meta)))
    with pytest.raises(FormatError, match=r"z.npz: the parameter 'least' of cluster_model is .*: run"):
        model_in(changed, "z.npz")
