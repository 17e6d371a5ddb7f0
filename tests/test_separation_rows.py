"""Which rows are judged, and where."""

import numpy as np
import pytest

from latentkit.errors import SeparationError
from latentkit.separation.rows import arrange, distinct_per_class
from latentkit.stats import random_rows, stratified_rows


def rng():
    return np.random.default_rng(0)


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
