"""Pixels as Pillow images, PNG and thumbnails."""

import io

import numpy as np
import pytest
from PIL import Image

from latentkit.images.pillow import encode_png, thumbnails, to_pil


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("height", "width", "side", "small"),
    [
        (64, 64, 48, (48, 48)),
        (64, 32, 16, (16, 8)),
        (32, 64, 16, (8, 16)),
        (8, 8, 48, (8, 8)),
        (64, 1, 4, (4, 1)),
    ],
)
def test_the_longer_side_is_as_long_as_requested_and_never_longer(height, width, side, small, channels):
    images = np.zeros((3, height, width, channels), np.uint8)
    found = thumbnails(images, side)
    assert (found.shape, found.dtype) == ((3, *small, channels), np.uint8)


def test_small_images_are_unchanged():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(thumbnails(images, 8), images)


def test_each_channel_and_each_image_keeps_its_own_brightness():
    levels = np.arange(12, dtype=np.uint8).reshape(4, 1, 1, 3) * 20
    images = np.broadcast_to(levels, (4, 20, 20, 3)).copy()
    np.testing.assert_array_equal(thumbnails(images, 5), np.broadcast_to(levels, (4, 5, 5, 3)))


def test_no_images_give_no_thumbnails():
    assert thumbnails(np.zeros((0, 9, 9, 1), np.uint8), 3).shape == (0, 3, 3, 1)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_png_decodes_to_the_same_pixels(channels, mode):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    assert to_pil(pixels).mode == mode
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert (image.format, image.mode) == ("PNG", mode)
        np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)
