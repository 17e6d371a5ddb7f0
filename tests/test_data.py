"""The images of a run: their split, and the check that they are unchanged when it is resumed."""

from dataclasses import replace

import numpy as np
import pytest

from latentkit.errors import ImagesError, TrainingError
from latentkit.images.split import split
from latentkit.training.data import digest, divide, require_unchanged


def without(images, rows):
    """Return the set without these rows."""
    kept = np.delete(np.arange(len(images)), rows)
    columns = {name: getattr(images, name)[kept] for name in ("ids", "labels", "digests", "pixels")}
    return replace(images, **columns)


def test_a_fraction_is_held_out_and_every_image_is_on_one_side(image_set):
    images = image_set(40)
    data = divide(images, 0.25, 3)
    held_out = split(images.labels, images.digests, 0.25, 3)
    np.testing.assert_array_equal(data.training.rows, np.flatnonzero(~held_out))
    np.testing.assert_array_equal(data.validation.rows, np.flatnonzero(held_out))
    assert len(data.validation) == 10


def test_the_record_is_sorted_and_has_the_split(image_set):
    images = image_set(40)
    data = divide(images, 0.25, 3)
    assert data.images.ids.tolist() == sorted(images.ids)
    row_of = {id_: row for row, id_ in enumerate(images.ids.tolist())}
    for id_, hexed, side, label in zip(
        data.images.ids, data.images.digest, data.images.split, data.images.labels, strict=True
    ):
        row = row_of[id_]
        assert (hexed, label) == (images.digests[row], images.labels[row])
        assert (side == "validation") == (row in data.validation.rows)


def test_take_indexes_the_subset(image_set):
    images = image_set(40)
    data = divide(images, 0.25, 3)
    rows = data.training.rows
    np.testing.assert_array_equal(data.training.take(np.array([2, 0])), images.pixels[rows[[2, 0]]])
    np.testing.assert_array_equal(data.training.take(slice(28, 99)), images.pixels[rows[28:]])


def test_two_images_are_split_into_one_and_one(image_set):
    data = divide(image_set(2), 0.1, 0)
    assert (len(data.training), len(data.validation)) == (1, 1)


def test_all_of_a_validation_folder_is_used(image_set):
    images, held_out = image_set(10), image_set(4, seed=9, prefix="v")
    data = divide(images, held_out, 0)
    assert (len(data.training), len(data.validation), data.leaked) == (10, 4, 0)
    np.testing.assert_array_equal(data.validation.take(slice(0, 4)), held_out.pixels)
    assert sorted(data.images.split.tolist()) == ["train"] * 10 + ["validation"] * 4


def test_images_in_the_validation_folder_are_removed_from_training(image_set):
    images = image_set(10)
    held_out = without(image_set(10, prefix="v"), [0, 1, 2, 3, 4, 5, 6])
    data = divide(images, held_out, 0)
    assert data.leaked == 3
    assert data.training.rows.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert set(images.digests[7:]) == set(data.images.digest[data.images.split == "validation"])


def test_no_images_left_for_training_is_an_error(image_set):
    with pytest.raises(ImagesError, match="every training image is in the validation folder too"):
        divide(image_set(4), image_set(4, prefix="v"), 0)


def test_the_digest_depends_on_ids_contents_and_split_alone(image_set):
    images = divide(image_set(10), 0.3, 0).images
    assert digest(images) == digest(divide(image_set(10), 0.3, 0).images)
    assert digest(replace(images, labels=images.labels[::-1])) == digest(images)
    others = [
        replace(images, ids=np.char.add(images.ids, "x")),
        replace(images, digest=images.digest[::-1]),
        replace(images, split=images.split[::-1]),
    ]
    assert digest(images) not in [digest(other) for other in others]


# Going on with the same images ------------------------------------------------------------------


def refusal(before, now) -> str:
    with pytest.raises(TrainingError) as error:
        require_unchanged(before, now)
    return str(error.value)


def test_the_same_images_are_accepted(image_set):
    data = divide(image_set(20), 0.3, 0)
    assert require_unchanged(data.images, divide(image_set(20), 0.3, 0).images) is None


@pytest.mark.parametrize("row", range(6))
def test_a_missing_image_is_named_even_if_the_split_changed(image_set, row):
    images = image_set(40)
    message = refusal(divide(images, 0.1, 0).images, divide(without(images, [row]), 0.1, 0).images)
    assert message.startswith(f"images missing since the run began: 1, the first {str(images.ids[row])!r}; ")


@pytest.mark.parametrize("row", range(6))
def test_a_new_image_is_named_even_if_the_split_changed(image_set, row):
    images = image_set(40)
    message = refusal(divide(without(images, [row]), 0.1, 0).images, divide(images, 0.1, 0).images)
    assert message.startswith(f"images new since the run began: 1, the first {str(images.ids[row])!r}; ")


@pytest.mark.parametrize("row", range(6))
def test_a_changed_image_is_named_even_if_the_split_changed(image_set, row):
    images = image_set(40)
    digests = images.digests.copy()
    digests[row] = "0" * 32
    message = refusal(divide(images, 0.1, 0).images, divide(replace(images, digests=digests), 0.1, 0).images)
    assert message.startswith(f"images changed since the run began: 1, the first {str(images.ids[row])!r}; ")


def test_another_split_of_the_same_images_is_rejected(image_set):
    images = image_set(40)
    message = refusal(divide(images, 0.1, 0).images, divide(images, 0.1, 1).images)
    assert message.startswith("images on the other side of the split since the run began: ")


def test_the_same_id_on_both_sides_means_two_images(image_set):
    images, held_out = image_set(10), image_set(4, seed=9)
    before = divide(images, held_out, 0).images
    require_unchanged(before, divide(images, held_out, 0).images)
    message = refusal(before, divide(images, without(held_out, [1]), 0).images)
    assert message.startswith("images changed since the run began: 1, the first 'b/001.png'; ")
