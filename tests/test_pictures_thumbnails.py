"""Sources of the small images on a scatter plot."""

import shutil

import numpy as np
import pytest

from latentkit.errors import ImagesError, PictureError
from latentkit.formats.latents import Latents
from latentkit.images import find
from latentkit.pictures import thumbnails


def latents_of(folder, **arrays) -> Latents:
    ids = np.array([source.id for source in find([str(folder)])])
    return Latents({"ids": ids, "mu": np.zeros((len(ids), 2), np.float32), **arrays})


def never(text: str) -> None:
    raise AssertionError(text)


def test_there_are_no_thumbnails_unless_requested(blobs):
    assert thumbnails(latents_of(blobs), None, None, never) is None


def test_images_are_matched_by_id(blobs):
    latents = latents_of(blobs)
    small = thumbnails(latents, str(blobs), None, never)
    assert small.max_count == 40
    assert small.available.all()
    rows = np.array([int(np.flatnonzero(latents.ids == f"{name}/03.png")[0]) for name in ("red", "blue")])
    pictures = small.read(rows, 16)
    assert [int(pictures[row].mean(axis=(0, 1)).argmax()) for row in rows.tolist()] == [0, 2]
    assert pictures[int(rows[0])].shape == (16, 16, 3)


def test_missing_images_are_counted_and_one_is_named(make_blobs):
    folder = make_blobs("some", each=3)
    latents = latents_of(folder)
    shutil.rmtree(folder / "green")
    messages = []
    small = thumbnails(latents, str(folder), 5, messages.append)
    assert messages == [f"3 of 9 images are not in {folder}, such as 'green/00.png'"]
    assert latents.ids[~small.available].tolist() == ["green/00.png", "green/01.png", "green/02.png"]


def test_a_folder_without_any_of_the_images_is_refused(make_blobs, blobs):
    other = make_blobs("other") / "red"
    with pytest.raises(
        ImagesError, match=r"none of the 20 images .* like 00.png, and the latents have blue/00.png"
    ):
        thumbnails(latents_of(blobs), str(other), 5, never)


def test_an_image_that_cannot_be_read_is_reported_and_skipped(make_blobs):
    folder = make_blobs("broken", each=1)
    (folder / "red" / "00.png").write_bytes(b"\x89PNG no more")
    messages = []
    small = thumbnails(latents_of(folder), str(folder), 5, messages.append)
    assert sorted(small.read(np.arange(3), 8)) == [0, 1]
    assert len(messages) == 1
    assert "red/00.png" in messages[0]


def test_without_a_folder_the_thumbnails_of_the_latents_are_used(blobs):
    stored = np.random.default_rng(0).integers(0, 255, (60, 4, 4, 1)).astype(np.uint8)
    small = thumbnails(latents_of(blobs, thumbnails=stored), None, 3, never)
    assert small.max_count == 3
    np.testing.assert_array_equal(small.read(np.array([7]), 99)[7], stored[7])


def test_latents_without_thumbnails_are_refused_with_both_remedies(blobs):
    with pytest.raises(
        PictureError, match=r"have no thumbnails: .*--images, or embed them with --thumbnails 32"
    ):
        thumbnails(latents_of(blobs), None, 3, never)
