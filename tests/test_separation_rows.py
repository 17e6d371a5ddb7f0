"""Which rows are judged, and where."""

import numpy as np
import pytest

from latentkit.errors import SeparationError
from latentkit.separation.options import Thresholds
from latentkit.separation.rows import arrange, distinct_per_class
from latentkit.separation.separable.holdout import holdout_split
from latentkit.stats import random_rows, stratified_rows


def rng():
    return np.random.default_rng(0)


def rows(n=120, classes=3, validation=None, digest=None, labels=None):
    named = np.array(["x", "y", "z"])[np.arange(n) % classes] if labels is None else labels
    split = None if validation is None else np.where(np.arange(n) < validation, "validation", "train")
    mu = rng().normal(size=(n, 4)).astype(np.float32)
    return arrange(mu, ids=np.array([f"{i:04d}" for i in range(n)]), labels=named, split=split, digest=digest)


def test_rows_are_sorted_by_id_and_classes_by_their_smallest_id():
    result = arrange(
        np.arange(8.0).reshape(4, 2),
        ids=np.array(["d", "a", "c", "b"]),
        labels=np.array(["first?", "zebra", "", "ant"]),
        split=np.array(["train", "unseen", "validation", "train"]),
        logvar=np.arange(8.0).reshape(4, 2),
    )
    assert result.mu[:, 0].tolist() == result.logvar[:, 0].tolist() == [2, 6, 4, 0]
    assert result.classes == ("zebra", "ant", "first?")
    assert result.codes.tolist() == [0, 1, -1, 2]
    assert result.trained.tolist() == [False, True, False, True]


def test_equal_digests_are_one_group_and_empty_ones_are_alone():
    result = arrange(np.zeros((5, 1)), digest=np.array(["f", "", "f", "", "a"]))
    assert len(np.unique(result.groups)) == 4
    assert result.groups[0] == result.groups[2]
    assert result.has_digests


@pytest.mark.parametrize("key", ["mu", "logvar", "baseline"])
def test_values_that_are_not_finite_are_refused_by_name_and_number(key):
    arrays = {name: np.zeros((4, 2)) for name in ("mu", "logvar", "baseline")}
    arrays[key][[1, 3], 0] = np.nan
    with pytest.raises(SeparationError, match=f"{key} has NaN or infinite values in 2 of 4 rows"):
        arrange(arrays.pop("mu"), **arrays)


@pytest.mark.parametrize("mu", [np.zeros(4), np.zeros((1, 3)), np.zeros((4, 0)), np.zeros((4, 2), int)])
def test_an_invalid_latent_space_is_refused_with_its_shape(mu):
    with pytest.raises(SeparationError, match="mu"):
        arrange(mu)


def test_different_images_are_counted_once_for_each_class():
    groups, codes = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 0, 0, 1, 1, -1])
    assert distinct_per_class(groups, codes, 2).tolist() == [2, 2]


def test_held_out_images_are_scored_if_there_are_enough():
    result = rows(n=300, validation=100)
    split = holdout_split(result, Thresholds(), rng())
    assert split.held_out
    assert split.reason == ""
    assert split.score.tolist() == list(range(100))
    assert split.fit.tolist() == list(range(100, 300))


def test_too_few_held_out_images_of_a_class_mean_a_half_split_with_a_reason():
    split = holdout_split(rows(n=300, validation=45), Thresholds(), rng())
    assert not split.held_out
    assert "only 15 different images" in split.reason


def test_too_large_an_error_means_a_half_split():
    # 20 against 20 leave the AUC an error of .051 at .90.
    split = holdout_split(rows(n=300, validation=60), Thresholds(), rng())
    assert not split.held_out
    assert "standard error of 0.051" in split.reason
    assert holdout_split(rows(n=300, validation=60), Thresholds(max_se=0.06), rng()).held_out


def test_the_choice_of_rows_does_not_depend_on_the_latents():
    one = rows(n=300, validation=100)
    other = arrange(
        one.mu * 100, labels=np.array(one.classes)[one.codes], split=np.where(one.trained, "train", "unseen")
    )
    assert (
        holdout_split(one, Thresholds(), rng()).score.tolist()
        == holdout_split(other, Thresholds(), rng()).score.tolist()
    )


def test_a_half_split_is_stratified():
    result = rows(n=300)
    split = holdout_split(result, Thresholds(), rng())
    assert np.bincount(result.codes[split.score]).tolist() == [50, 50, 50]
    assert sorted([*split.fit, *split.score]) == list(range(300))
    assert "does not say which images" in split.reason


def test_images_that_are_all_unseen_are_split_in_half_and_still_held_out():
    result = rows(n=300, validation=300)
    split = holdout_split(result, Thresholds(), rng())
    assert split.held_out
    assert len(split.fit) == len(split.score) == 150


@pytest.mark.parametrize("validation", [None, 100])
def test_copies_are_never_on_both_sides(validation):
    digest = np.array([f"{i}" for i in rng().integers(200, size=300)])
    result = rows(n=300, validation=validation, digest=digest)
    split = holdout_split(result, Thresholds(min_class=2, max_se=1), rng())
    assert not np.isin(result.groups[split.score], result.groups[split.fit]).any()
    assert len(split.score) >= 40


def test_copies_with_different_labels_stay_together():
    digest = np.array([f"{i // 2}" for i in range(120)])
    result = rows(digest=digest)
    split = holdout_split(result, Thresholds(), rng())
    assert not np.isin(result.groups[split.score], result.groups[split.fit]).any()


def test_rows_without_a_label_are_on_neither_side():
    labels = np.array(["", "x", "y"])[np.arange(120) % 3]
    split = holdout_split(rows(labels=labels), Thresholds(), rng())
    assert not set(range(0, 120, 3)) & {*split.fit, *split.score}


def test_without_any_label_both_sides_are_empty():
    split = holdout_split(rows(labels=np.full(120, "")), Thresholds(), rng())
    assert (len(split.fit), len(split.score)) == (0, 0)


def test_a_class_of_one_image_is_fitted_on_and_not_scored():
    labels = np.array(["x"] * 60 + ["y"] * 59 + ["z"])
    result = rows(labels=labels)
    split = holdout_split(result, Thresholds(), rng())
    assert 119 in split.fit
    assert 119 not in split.score


def test_a_sample_keeps_the_order_and_is_everything_if_it_can_be():
    every = np.arange(50)
    assert random_rows(every, 50, rng()).tolist() == every.tolist()
    picked = random_rows(every, 20, rng())
    assert len(set(picked.tolist())) == 20
    assert picked.tolist() == sorted(picked)


def test_a_stratified_sample_keeps_proportions_and_small_classes():
    codes = np.repeat([0, 1, 2], [900, 98, 2])
    picked = stratified_rows(np.arange(1000), codes, 100, rng())
    assert np.bincount(codes[picked]).tolist() == [90, 10, 2]
