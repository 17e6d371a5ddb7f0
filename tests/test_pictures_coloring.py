"""The meaning of colors in a figure."""

import numpy as np
import pytest

from latentkit.errors import PictureError
from latentkit.formats.latents import Latents
from latentkit.pictures import Classes, Quantity, coloring
from latentkit.pictures.palette import MAX_CLASSES


def latents(n: int = 6, **arrays) -> Latents:
    ids = np.array([str(i) for i in range(n)])
    return Latents({"ids": ids, "mu": np.zeros((n, 3), np.float32), **arrays})


def test_labels_are_classes_and_an_empty_label_is_no_class():
    classes = coloring(latents(4, labels=np.array(["dog", "", "cat", "dog"])), "labels")
    assert isinstance(classes, Classes)
    assert (classes.names, classes.codes.tolist(), classes.rest) == (
        ("cat", "dog"),
        [1, -1, 0, 1],
        "no label",
    )


def test_ten_comes_after_nine():
    names = ["class 10", "class 9", "10", "9", "b", "a"]
    classes = coloring(latents(labels=np.array(names)), "labels")
    assert classes.names == ("9", "10", "a", "b", "class 9", "class 10")


def test_noise_is_no_cluster():
    classes = coloring(latents(4, clusters=np.array([1, -1, 0, 10], np.int32)), "clusters")
    assert (classes.names, classes.codes.tolist(), classes.rest) == (
        ("0", "1", "10"),
        [1, -1, 0, 2],
        "no cluster",
    )


def test_splits_are_in_their_order():
    classes = coloring(latents(3, split=np.array(["unseen", "validation", "train"])), "split")
    assert classes.names == ("train", "validation", "unseen")


def test_floats_are_a_quantity_and_values_that_are_not_finite_are_missing():
    quantity = coloring(latents(3, mse=np.array([0.5, np.inf, 2], np.float32)), "mse")
    assert isinstance(quantity, Quantity)
    np.testing.assert_array_equal(quantity.values, [0.5, np.nan, 2])


def test_integers_are_classes_if_few_and_a_quantity_if_many():
    few, many = (np.arange(n) for n in (MAX_CLASSES, MAX_CLASSES + 1))
    assert isinstance(coloring(latents(MAX_CLASSES, k=few), "k"), Classes)
    assert isinstance(coloring(latents(MAX_CLASSES + 1, k=many), "k"), Quantity)


def test_booleans_are_classes():
    assert coloring(latents(2, odd=np.array([False, True])), "odd").names == ("False", "True")


def test_if_there_are_too_many_classes_the_largest_are_named():
    labels = np.array([f"{i}" for i in range(MAX_CLASSES + 5) for _ in range(2 if i >= 10 else 1)] + [""])
    classes = coloring(latents(len(labels), labels=labels), "labels")
    assert len(classes.names) == MAX_CLASSES - 1
    assert set(map(str, range(10, MAX_CLASSES + 5))) <= set(classes.names)
    assert classes.rest == "6 smaller classes or no label"
    assert (classes.codes == -1).sum() == 7


def test_the_default_is_labels_then_clusters_then_one_color():
    labels, clusters = np.array(["a", ""]), np.zeros(2, np.int32)
    assert coloring(latents(2, labels=labels, clusters=clusters)).title == "class"
    assert coloring(latents(2, labels=np.array(["", ""]), clusters=clusters)).title == "cluster"
    assert coloring(latents(2, labels=np.array(["", ""]))) is None


def test_none_is_one_color_for_all_points():
    assert coloring(latents(2, labels=np.array(["a", "b"])), "none") is None


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("nosuch", "have no 'nosuch' to color by: choose --color none, mse"),
        ("labels", "have no 'labels' to color by: add --labels CSV, or choose --color none, mse"),
        ("mu", r"'mu' is float32 of shape \(6, 3\), not one value for each of 6 images"),
    ],
)
def test_an_unusable_key_is_refused_with_the_usable_ones(key, message):
    with pytest.raises(PictureError, match=message):
        coloring(latents(mse=np.zeros(6, np.float32), k=np.zeros(5)), key)


def test_labels_that_are_all_empty_are_refused_when_requested():
    with pytest.raises(PictureError, match="every label is empty"):
        coloring(latents(2, labels=np.array(["", ""])), "labels")


def test_a_quantity_without_a_finite_value_is_refused():
    with pytest.raises(PictureError, match="'q' has no finite value"):
        coloring(latents(2, q=np.array([np.nan, np.nan])), "q")
