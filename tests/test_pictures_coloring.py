"""What the colors of a figure say."""

import numpy as np
import pytest

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.pictures import Classes, Quantity, coloring
from latentkit.pictures.palette import MAX_CLASSES


def latents(n: int = 6, **arrays) -> Latents:
    ids = np.array([str(i) for i in range(n)])
    return Latents({"ids": ids, "mu": np.zeros((n, 3), np.float32), **arrays})


def test_labels_are_classes_and_an_empty_one_belongs_to_none():
    found = coloring(latents(4, labels=np.array(["dog", "", "cat", "dog"])), "labels")
    assert isinstance(found, Classes)
    assert (found.names, found.codes.tolist(), found.rest) == (("cat", "dog"), [1, -1, 0, 1], "no label")


def test_ten_comes_after_nine():
    names = ["class 10", "class 9", "10", "9", "b", "a"]
    found = coloring(latents(labels=np.array(names)), "labels")
    assert found.names == ("9", "10", "a", "b", "class 9", "class 10")


def test_noise_belongs_to_no_cluster():
    found = coloring(latents(4, clusters=np.array([1, -1, 0, 10], np.int32)), "clusters")
    assert (found.names, found.codes.tolist(), found.rest) == (("0", "1", "10"), [1, -1, 0, 2], "no cluster")


def test_splits_come_in_their_order():
    found = coloring(latents(3, split=np.array(["unseen", "validation", "train"])), "split")
    assert found.names == ("train", "validation", "unseen")


def test_floats_are_a_quantity_and_what_is_not_finite_is_missing():
    found = coloring(latents(3, mse=np.array([0.5, np.inf, 2], np.float32)), "mse")
    assert isinstance(found, Quantity)
    np.testing.assert_array_equal(found.values, [0.5, np.nan, 2])


def test_whole_numbers_are_classes_if_few_and_a_quantity_if_many():
    few, many = (np.arange(n) for n in (MAX_CLASSES, MAX_CLASSES + 1))
    assert isinstance(coloring(latents(MAX_CLASSES, k=few), "k"), Classes)
    assert isinstance(coloring(latents(MAX_CLASSES + 1, k=many), "k"), Quantity)


def test_truth_values_are_classes():
    assert coloring(latents(2, odd=np.array([False, True])), "odd").names == ("False", "True")


def test_of_too_many_classes_the_largest_are_named():
    labels = np.array([f"{i}" for i in range(MAX_CLASSES + 5) for _ in range(2 if i >= 10 else 1)] + [""])
    found = coloring(latents(len(labels), labels=labels), "labels")
    assert len(found.names) == MAX_CLASSES - 1
    assert set(map(str, range(10, MAX_CLASSES + 5))) <= set(found.names)
    assert found.rest == "6 smaller ones and none"
    assert (found.codes == -1).sum() == 7


def test_the_default_is_labels_then_clusters_then_nothing():
    labels, clusters = np.array(["a", ""]), np.zeros(2, np.int32)
    assert coloring(latents(2, labels=labels, clusters=clusters)).title == "class"
    assert coloring(latents(2, labels=np.array(["", ""]), clusters=clusters)).title == "cluster"
    assert coloring(latents(2, labels=np.array(["", ""]))) is None


def test_none_is_one_color_for_all():
    assert coloring(latents(2, labels=np.array(["a", "b"])), "none") is None


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("nosuch", "hold no 'nosuch' to color by: choose --color none, mse"),
        ("labels", "hold no 'labels' to color by: add --labels CSV, or choose --color none, mse"),
        ("mu", r"'mu' is float32 of shape \(6, 3\), not one value for each of 6 images"),
    ],
)
def test_what_cannot_be_a_color_is_refused_with_what_can(key, message):
    with pytest.raises(PictureError, match=message):
        coloring(latents(mse=np.zeros(6, np.float32), k=np.zeros(5)), key)


def test_labels_that_are_all_empty_are_refused_when_asked_for():
    with pytest.raises(PictureError, match="every label is empty"):
        coloring(latents(2, labels=np.array(["", ""])), "labels")


def test_a_quantity_without_a_number_is_refused():
    with pytest.raises(PictureError, match="'q' holds no number"):
        coloring(latents(2, q=np.array([np.nan, np.nan])), "q")
