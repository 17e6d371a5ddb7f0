"""The whole report, as a value: invariances, held-out rows, and what is unknown."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from latentkit.errors import ProjectionError, SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation.options import Options
from latentkit.separation.report import judge, to_json

seeds = st.integers(0, 1000)
few = settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


def latents(each=24, d=5, distance=3.0, classes=3, seed=0, labeled=True, **more) -> Latents:
    rng = np.random.default_rng(seed)
    codes = np.tile(np.arange(classes), each)
    mu = rng.normal(size=(len(codes), d)) * 0.5
    mu[np.arange(len(codes)), codes] += distance / 8**0.5
    arrays = {"ids": np.array([f"{i:04d}" for i in range(len(codes))]), "mu": mu.astype(np.float32)}
    if labeled:
        arrays["labels"] = np.array(["ant", "bee", "cat", "dog"])[codes]
    return Latents({**arrays, **more})


def json_without(report, *latent_keys):
    result = to_json(report)
    for key in latent_keys:
        result["latent"].pop(key)
    return result


def assert_alike(one, other, path="", tolerance=1e-5):
    if isinstance(one, dict):
        assert one.keys() == other.keys(), path
        for key in one:
            assert_alike(one[key], other[key], f"{path}.{key}", tolerance)
    elif isinstance(one, list):
        assert len(one) == len(other), path
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_alike(a, b, f"{path}[{i}]", tolerance)
    elif isinstance(one, float):
        assert other == pytest.approx(one, abs=tolerance, rel=tolerance), path
    else:
        assert one == other, path


@few
@given(seeds)
def test_the_order_of_the_rows_changes_nothing(seed):
    z = latents(seed=seed)
    order = np.random.default_rng(seed).permutation(len(z))
    shuffled = Latents({key: array[order] for key, array in z.arrays.items()})
    assert to_json(judge(z)) == to_json(judge(shuffled))


@few
@given(seeds)
def test_the_names_of_the_classes_change_nothing_but_the_names(seed):
    z = latents(seed=seed)
    names = {"ant": "ZZZ", "bee": "YYY", "cat": "XXX"}
    renamed = z.with_arrays(labels=np.array([names[label] for label in z.labels.tolist()]))
    after = json.dumps(to_json(judge(renamed)))
    for old, new in names.items():
        after = after.replace(new, old)
    assert json.loads(after) == to_json(judge(z))


@few
@given(seeds)
def test_a_rotation_changes_only_what_is_reported_by_dimension(seed):
    z = latents(seed=seed)
    rotated = z.with_arrays(mu=(z.mu @ ortho_group.rvs(5, random_state=seed) + 3).astype(np.float32))
    one, other = (
        json_without(judge(latent), "active_units", "dead", "total_correlation") for latent in (z, rotated)
    )
    # GDV standardizes each dimension by definition; a float32 rotation moves the last digits of the rest.
    for result in (one, other):
        result.pop("gdv")
        result["verdict"].pop("sentence")
        result["clustering"].pop("gmm")
    assert_alike(one, other, tolerance=2e-3)


@few
@given(seeds)
def test_dimensions_of_noise_too_small_to_matter_change_no_verdict(seed):
    # 4 sigmas apart, the simulated p-value of the structure test is never close to its threshold.
    z = latents(seed=seed, each=40, distance=4.0)
    noise = 1e-3 * np.random.default_rng(seed).normal(size=(len(z), 30))
    padded = z.with_arrays(mu=np.column_stack([z.mu, noise]).astype(np.float32))
    one, other = judge(z), judge(padded)
    assert (one.verdict.separable, one.verdict.visible) == (other.verdict.separable, other.verdict.visible)
    assert other.scores["probe"].value == pytest.approx(one.scores["probe"].value, abs=0.03)
    assert other.scores["knn15"].value == pytest.approx(one.scores["knn15"].value, abs=0.03)
    assert one.latent.active_units == other.latent.active_units == 5
    assert other.latent.dead == tuple(range(5, 35))


def test_the_same_seed_gives_the_same_report_and_another_seed_another():
    z = latents()
    assert to_json(judge(z, Options(seed=3))) == to_json(judge(z, Options(seed=3)))
    assert to_json(judge(z, Options(seed=3)))["pairs"] != to_json(judge(z, Options(seed=4)))["pairs"]


def test_separate_classes_are_separated_and_visible():
    result = judge(latents(each=60, distance=7.0))
    assert (result.verdict.separable, result.verdict.visible) == ("separated", "yes")
    assert {pair.verdict for pair in result.pairs} == {"separate"}
    assert result.confusion == ((60, 0, 0), (0, 60, 0), (0, 0, 60))
    assert result.clustering.kmeans.ari == 1.0
    assert result.structure.p == 0.01


def test_shuffled_labels_are_no_evidence():
    z = latents(each=100, distance=7.0)
    shuffled = z.with_arrays(labels=np.random.default_rng(0).permutation(z.labels))
    result = judge(shuffled)
    assert result.verdict.separable == "no evidence"
    assert result.verdict.visible == "no"


def test_with_few_images_that_do_not_differ_the_report_cannot_say():
    result = judge(latents(each=15, distance=0.0))
    assert (result.verdict.separable, result.verdict.visible) == ("cannot say", "cannot say")
    assert any("fewer than 20 different images: ant, bee, cat" in caveat for caveat in result.caveats)


def test_every_labeled_image_is_scored_and_the_held_out_ones_apart():
    # The held-out images are labeled at random, as if the encoder had learned the others by heart.
    z = latents(each=120, distance=7.0)
    held_out = np.arange(360) % 4 == 0
    rng = np.random.default_rng(0)
    labels = np.where(held_out, rng.choice(["ant", "bee", "cat"], 360), z.labels)
    split = np.where(held_out, np.where(np.arange(360) % 8 == 0, "validation", "unseen"), "train")
    result = judge(z.with_arrays(labels=labels, split=split))
    assert result.scored_on == 360
    assert (result.cross_validation.folds, result.cross_validation.repeats) == (10, 3)
    for score in result.scores.values():
        assert score.seen.trained.value > 0.95 > 0.5 > score.seen.held_out.value
        assert score.seen.held_out_images == 90
        assert score.seen.difference.low > 0.3
    assert any("The encoder saw the pixels of 270 of the scored images" in one for one in result.caveats)
    assert any("for 90 held-out images (difference between +0." in one for one in result.caveats)


def test_the_size_of_the_caveat_is_unknown_with_few_held_out_images():
    z = latents(each=60, distance=7.0)
    split = np.where(np.arange(180) < 15, "validation", "train")
    caveats = judge(z.with_arrays(split=split)).caveats
    assert any("What that changes cannot be told with 15 held-out images" in one for one in caveats)
    unseen = judge(z.with_arrays(split=np.full(180, "unseen"))).caveats
    assert not any("encoder" in one for one in unseen)


def test_the_probe_is_never_scored_on_rows_it_was_fitted_on():
    # 64 noise dimensions and 20 images a class: on its own rows the probe would be nearly perfect.
    rng = np.random.default_rng(0)
    z = latents(each=40).with_arrays(mu=rng.normal(size=(120, 64)).astype(np.float32))
    assert judge(z).scores["probe"].value < 0.55


def test_rows_of_the_confusion_are_true_classes():
    z = latents(each=60, distance=1.0)
    labels = np.where(np.arange(180) % 6 < 2, "ant", z.labels)  # 70 ants or more
    result = judge(z.with_arrays(labels=labels))
    scored = list(result.classes.values())
    assert [sum(row) for row in result.confusion] == scored
    assert [sum(column) for column in zip(*result.confusion, strict=True)] != scored
    right = sum(result.confusion[i][i] for i in range(3))
    assert right == pytest.approx(result.scores["probe"].accuracy * sum(scored), abs=5)


def test_copies_of_images_do_not_help():
    # Random labels, but each image stands there twelve times: a copy would give its label away.
    rng = np.random.default_rng(0)
    images = np.repeat(np.arange(30), 12)
    z = latents(each=120, distance=0.0)
    copied = z.with_arrays(
        mu=rng.normal(size=(30, 5)).astype(np.float32)[images],
        labels=rng.choice(["ant", "bee"], 30)[images],
        digest=np.array([f"{image:x}" for image in images]),
    )
    result = judge(copied)
    assert result.scores["knn15"].value < 0.8
    assert result.verdict.separable == "cannot say"
    assert any(caveat.startswith("330 images are copies of others") for caveat in result.caveats)
    without = judge(Latents({key: array for key, array in copied.arrays.items() if key != "digest"}))
    assert without.scores["knn15"].value > 0.9
    assert any("exactly equal" in caveat for caveat in without.caveats)


def test_pixel_pca_is_reported_next_to_every_score():
    z = latents(each=60, distance=7.0)
    noise = np.random.default_rng(0).normal(size=(180, 5)).astype(np.float32)
    better = judge(z.with_arrays(baseline=noise))
    assert better.scores["knn15"].beats_pixel_pca
    assert better.scores["probe"].beats_pixel_pca
    assert better.clustering.kmeans.pixel_pca < 0.2
    assert any("The VAE helps:" in sentence for sentence in better.verdict.sentences)
    worse = judge(z.with_arrays(mu=noise, baseline=z.mu))
    assert worse.scores["probe"].pixel_pca == pytest.approx(better.scores["probe"].value, abs=0.05)
    assert not worse.scores["knn15"].beats_pixel_pca
    assert any("The VAE is worse than the pixels" in sentence for sentence in worse.verdict.sentences)
    same = judge(z.with_arrays(baseline=z.mu))
    assert (same.scores["knn15"].beats_pixel_pca, same.scores["probe"].beats_pixel_pca) == (False, False)
    assert same.benefit.verdict == "as good"
    assert any("The VAE is as good as the pixels" in sentence for sentence in same.verdict.sentences)


def test_what_the_file_lacks_is_null_and_has_a_caveat():
    result = to_json(judge(latents()))
    assert result["latent"]["kl_per_dim"] is None
    assert result["latent"]["mutual_information"] is None
    assert result["scores"]["probe"]["pixel_pca"] is None
    assert result["scores"]["probe"]["beats_pixel_pca"] is None
    for what in (
        "There is no logvar",
        "no PCA of the pixels",
        "does not say which images the encoder was trained on",
    ):
        assert any(what in caveat for caveat in result["caveats"]), what


def test_without_labels_nothing_supervised_is_reported():
    result = judge(latents(each=50, distance=8.0, labeled=False))
    assert (result.verdict.separable, result.verdict.visible) == ("cannot say", "yes")
    assert (result.pairs, result.scores, result.tightness, result.confusion) == ((), {}, None, None)
    assert to_json(result)["scores"] == {"knn15": None, "probe": None}
    assert result.clustering.k == 3
    assert sorted(one.images for one in result.clustering.discovered) == [50, 50, 50]
    assert min(one.stability for one in result.clustering.discovered) > 0.9


def test_one_cloud_without_labels_is_not_visible():
    result = judge(latents(each=50, distance=0.0, labeled=False))
    assert result.verdict.visible == "no"
    assert result.structure.p >= 0.05


def test_labels_of_some_rows_are_enough():
    z = latents(each=60, distance=7.0)
    labels = np.where(np.arange(180) < 30, "", z.labels)
    result = judge(z.with_arrays(labels=labels))
    assert result.verdict.separable == "separated"
    assert (result.n, result.unlabeled, sum(result.classes.values())) == (180, 30, 150)
    assert any(caveat.startswith("30 of 180 images have no label") for caveat in result.caveats)


def test_one_class_is_judged_like_none():
    result = judge(latents(classes=1, each=60))
    assert result.verdict.separable == "cannot say"
    assert result.classes == {"ant": 60}
    assert "there is only one class" in result.verdict.sentences[0]


def test_the_number_of_clusters_can_be_given():
    result = judge(latents(each=60, distance=7.0), Options(clusters=5))
    assert (result.clustering.k, result.structure.k, result.clustering.chosen_by) == (5, 5, "option")
    unlabeled = judge(latents(each=60, distance=7.0, labeled=False), Options(clusters=2))
    assert len(unlabeled.clustering.discovered) == 2


@pytest.mark.parametrize("clusters", [1, 72, 1000])
def test_an_impossible_number_of_clusters_is_refused(clusters):
    with pytest.raises(SeparationError, match=f"72 images cannot make {clusters} clusters: choose 2 to 71"):
        judge(latents(), Options(clusters=clusters))


@pytest.mark.parametrize("images", [2, 4, 12, 20])
def test_a_handful_of_images_is_too_few_to_say_anything(images):
    z = latents(each=10, distance=9.0, classes=2, baseline=np.ones((20, 2), np.float32))
    result = judge(Latents({key: array[:images] for key, array in z.arrays.items()}))
    assert (result.verdict.separable, result.verdict.visible) == ("cannot say", "cannot say")
    assert result.verdict.sentences == (
        f"{images} different images are too few to say anything about classes or groups. Add images: 100 of each class, "
        "or more, are best.",
    )
    assert (result.scores, result.pairs, result.benefit, result.scored_on) == ({}, (), None, 0)


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "a"], ["", ""]])
def test_two_rows_are_judged_without_complaint(labels):
    result = judge(
        Latents({"ids": np.array(["x", "y"]), "mu": np.eye(2, dtype=np.float32), "labels": np.array(labels)})
    )
    assert (result.verdict.separable, result.verdict.visible) == ("cannot say", "cannot say")


def test_constant_latents_are_reported_as_a_collapse():
    z = latents(each=40)
    result = judge(z.with_arrays(mu=np.zeros((120, 5), np.float32)))
    assert result.latent.active_units == 0
    assert result.scores["knn15"].value == pytest.approx(1 / 3, abs=0.05)
    assert result.verdict.visible == "cannot say"
    assert "posterior collapse" in result.verdict.sentences[-1]


def test_fewer_images_than_latents_are_judged_with_a_caveat():
    result = judge(latents(each=10, d=64, distance=12.0))
    assert result.verdict.separable in ("separated", "partly")
    assert any("64 latents for 30 images" in caveat for caveat in result.caveats)


def test_a_projection_is_judged_as_a_picture():
    z = latents(each=60, distance=7.0)
    info = np.array(json.dumps({"latest": "pca", "methods": {"pca": {}, "umap": {}}}))
    both = z.with_arrays(projection_pca=z.mu[:, :2], projection_umap=z.mu[:, 2:4], projection_info=info)
    latest = judge(both, Options(on="projection"))
    assert (latest.space, latest.dims) == ("pca", 2)
    assert any("the verdict is about that picture" in caveat for caveat in latest.caveats)
    assert judge(both, Options(on="umap")).space == "umap"
    with pytest.raises(ProjectionError, match="no projection by 'tsne', only by pca, umap"):
        judge(both, Options(on="tsne"))
    with pytest.raises(ProjectionError, match="pipe them through `latentkit project`"):
        judge(z, Options(on="projection"))


def test_two_numbers_per_image_from_elsewhere_may_be_a_projection():
    z = latents(each=30)
    foreign = Latents({"ids": z.ids, "mu": z.mu[:, :2]}, meta={})
    assert any("if they are a projection" in caveat for caveat in judge(foreign).caveats)
    assert not any("if they are" in caveat for caveat in judge(z.with_arrays(mu=z.mu[:, :2])).caveats)


def test_more_than_twenty_classes_are_judged_by_their_nearest_neighbors():
    rng = np.random.default_rng(0)
    codes = np.arange(24 * 12) % 24
    mu = rng.normal(size=(288, 3)) * 0.1 + np.column_stack([codes // 2 * 10.0, codes % 2, np.zeros(288)])
    z = Latents({
        "ids": np.array([f"{i:04d}" for i in range(288)]),
        "mu": mu.astype(np.float32),
        "labels": np.array([f"c{code:02d}" for code in codes]),
    })  # fmt: skip
    result = judge(z)
    assert {(pair.a, pair.b) for pair in result.pairs} == {
        (f"c{i:02d}", f"c{i + 1:02d}") for i in range(0, 24, 2)
    }
    assert any(
        caveat.startswith("24 classes: only each class and the nearest one") for caveat in result.caveats
    )


def test_samples_of_a_moderate_number_of_images_are_named():
    z = latents(each=1700)
    asked = z.with_arrays(logvar=np.full_like(z.mu, -2))
    caveat_text = "Some figures use random samples of the images: HDBSCAN 5000"
    assert any(caveat == f"{caveat_text}." for caveat in judge(z).caveats)
    assert any(caveat == f"{caveat_text}, mutual information 2000." for caveat in judge(asked).caveats)
    assert not any("random samples" in caveat for caveat in judge(latents()).caveats)
