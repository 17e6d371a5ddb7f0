import numpy as np
import pytest
from PIL import Image

from latentkit.errors import ImagesError
from latentkit.images import Transform
from latentkit.images.convert import scale_to_uint8
from latentkit.images.transform import apply


def columns(*shades: int, height: int = 8, width: int = 8) -> Image.Image:
    """Vertical stripes of equal width."""
    return Image.fromarray(np.repeat(np.array([shades], np.uint8).repeat(width, axis=1), height, axis=0))


def test_crop_takes_the_middle():
    result = apply(columns(10, 200, 90), Transform(8, "gray"))
    assert (result == 200).all()


def test_crop_takes_the_middle_of_a_tall_image():
    result = apply(columns(10, 200, 90).transpose(Image.Transpose.ROTATE_90), Transform(8, "gray"))
    assert (result == 200).all()


def test_pad_keeps_the_whole_and_adds_black():
    result = apply(columns(100, 200), Transform(8, "gray", "pad"))[..., 0]
    assert (result[:2] == 0).all() and (result[6:] == 0).all()
    assert (result[2:6, 0] == 100).all() and (result[2:6, 7] == 200).all()


def test_stretch_keeps_the_whole_and_fills_the_square():
    result = apply(columns(100, 200), Transform(8, "gray", "stretch"))[..., 0]
    assert (result[:, 0] == 100).all() and (result[:, 7] == 200).all()


def test_shrinking_by_a_whole_number_keeps_the_mean_of_a_smooth_image():
    ramp = np.linspace(20, 230, 256).astype(np.uint8)[None].repeat(256, axis=0)
    result = apply(Image.fromarray(ramp), Transform(16, "gray"))[..., 0]
    boxes = ramp.reshape(16, 16, 16, 16).mean(axis=(1, 3))
    assert np.abs(result - boxes)[:, 1:-1].max() <= 1


@pytest.mark.parametrize("cycles", [1.1, 1.5, 1.9, 2.2, 3.1])
def test_detail_above_the_nyquist_frequency_vanishes(cycles):
    """Gratings of `cycles` per pixel of the result (Nyquist: 0.5) must not come back as coarse ones."""
    x = np.arange(1024)
    grating = np.rint(127.5 + 100 * np.sin(2 * np.pi * cycles * x / 16 + 0.3)).astype(np.uint8)
    result = apply(Image.fromarray(np.tile(grating, (1024, 1))), Transform(64, "gray"))
    assert result[:, 8:-8].std() <= 0.05 * 100 / np.sqrt(2)


def test_the_transform_survives_a_round_trip_through_json():
    transform = Transform(48, "gray", "pad")
    assert Transform.from_json(transform.to_json()) == transform


def test_other_json_is_refused():
    with pytest.raises(ImagesError, match="a transform has size, color and fit, but this one has size"):
        Transform.from_json({"size": 3})


@pytest.mark.parametrize(
    "arguments, match",
    [
        ((0,), "the image size 0 is not"),
        ((True,), "the image size True is not"),
        ((64, "cmyk"), "the color 'cmyk' is unknown: choose rgb or gray"),
        ((64, "rgb", "zoom"), "the fit 'zoom' is unknown: choose crop, pad or stretch"),
    ],
)
def test_an_invalid_transform_is_refused(arguments, match):
    with pytest.raises(ImagesError, match=match):
        Transform(*arguments)


def test_the_shape_depends_on_the_color():
    assert Transform(9, "gray").shape == (9, 9, 1) and Transform(9, "rgb").shape == (9, 9, 3)


@pytest.mark.parametrize(
    "values, expected",
    [
        (np.array([0, 255], np.uint16), [0, 255]),
        (np.array([0, 2048, 4095], np.uint16), [0, 128, 255]),
        (np.array([0, 256 * 128, 65535], np.uint16), [0, 128, 255]),
        (np.array([0, 65536, 131072], np.int32), [0, 128, 255]),
        (np.array([-5, 0, 5], np.int32), [0, 128, 255]),
        (np.array([0, 0.5, 1.0], np.float32), [0, 128, 255]),
        (np.array([0, 100, 200.0], np.float32), [0, 100, 200]),
        (np.array([0, 500, 1000.0], np.float32), [0, 128, 255]),
        (np.array([-3.0, -3.0], np.float32), [0, 0]),
    ],
)
def test_deep_numbers_are_scaled_by_the_smallest_range_that_holds_them(values, expected):
    assert scale_to_uint8(values).tolist() == expected
