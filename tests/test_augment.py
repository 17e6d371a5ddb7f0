import numpy as np
import pytest

from latentkit.images import denoise
from latentkit.images.augment import ROTATION, SCALE, SHIFT


def smooth(count: int, side: int = 64, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[:side, :side] / side
    waves = [127 + 100 * np.sin(3 * x + 2 * y + k) for k in range(count * channels)]
    return (
        np.stack(waves, axis=-1)
        .astype(np.uint8)
        .reshape(side, side, count, channels)
        .transpose(2, 0, 1, 3)
        .copy()
    )


def blob(x: float, y: float, side: int = 64) -> np.ndarray:
    """A disc of radius 3 at (x, y), in pixels, on black."""
    down, across = np.mgrid[:side, :side]
    return (((across + 0.5 - x) ** 2 + (down + 0.5 - y) ** 2 <= 9) * 255).astype(np.uint8)


def center(image: np.ndarray) -> tuple[float, float]:
    weight = image[..., 0].astype(float)
    down, across = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return (weight * across).sum() / weight.sum(), (weight * down).sum() / weight.sum()


class Draws:
    """A generator whose every image turns, scales and shifts by chosen parts of the greatest amounts."""

    def __init__(self, *parts: float) -> None:
        self.parts = parts

    def uniform(self, low: float, high: float, shape: tuple[int, int]) -> np.ndarray:
        assert (low, high) == (-1.0, 1.0)
        return np.tile(self.parts, (shape[0], 1))


@pytest.mark.parametrize("channels", [1, 3])
def test_shape_and_dtype_are_kept(channels):
    moved = denoise(smooth(3, 32, channels), np.random.default_rng(0))
    assert moved.shape == (3, 32, 32, channels) and moved.dtype == np.uint8


def test_the_same_generator_gives_the_same_bytes():
    images = smooth(4)
    one, other = (denoise(images, np.random.default_rng(7)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_each_image_moves_differently():
    image = smooth(1)
    moved = denoise(np.repeat(image, 8, axis=0), np.random.default_rng(0))
    assert len({one.tobytes() for one in moved}) == 8


def test_the_input_is_not_modified():
    images = smooth(4)
    before = images.copy()
    denoise(images, np.random.default_rng(0))
    assert np.array_equal(images, before)


def test_no_motion_returns_the_image_itself():
    images = smooth(2)
    assert np.array_equal(denoise(images, Draws(0, 0, 0, 0)), images)


@pytest.mark.parametrize(
    "parts", [(0, 0, 1, -1), (1, 0, 0, 0), (-1, 1, 0, 0), (0, -1, 0, 0), (1, 1, -1, 0.5)]
)
def test_a_point_moves_as_computed(parts):
    """p' = center + shift + scale * R(angle) (p - center), with x to the right, y down."""
    turn, scale, right, down = parts
    point, middle = np.array([40.0, 26.0]), np.array([32.0, 32.0])
    angle = np.deg2rad(ROTATION * turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = 64 * SHIFT * np.array([right, down])
    expected = middle + shift + (1 + SCALE * scale) * rotation @ (point - middle)
    images = blob(*point)[None, :, :, None]
    assert center(denoise(images, Draws(*parts))[0]) == pytest.approx(expected, abs=0.1)


def test_borders_are_reflected():
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))[None, :, :, None]
    shifted = denoise(ramp, Draws(0, 0, 8 / (64 * SHIFT), 0))[0, :, :, 0]
    assert (shifted == np.pad(ramp[0, :, :, 0], ((0, 0), (8, 0)), mode="reflect")[:, :64]).all()


def test_nothing_outside_the_image_is_visible():
    """At every extreme of the motions an image of ones stays one: no pixel comes from outside the margin."""
    images = np.full((1, 33, 33, 1), 255, np.uint8)
    for corner in np.ndindex(3, 3, 3, 3):
        assert (denoise(images, Draws(*(np.array(corner) - 1.0))) == 255).all()


def test_motions_cover_their_ranges_exactly():
    images = np.repeat(blob(32, 32)[None, :, :, None], 400, axis=0)
    centers = np.array([center(image) for image in denoise(images, np.random.default_rng(0))]) - 32
    assert np.abs(centers).max() < 64 * SHIFT + 0.2
    assert (centers.max(axis=0) > 0.9 * 64 * SHIFT).all() and (centers.min(axis=0) < -0.9 * 64 * SHIFT).all()


@pytest.mark.parametrize("side", [1, 2, 7])
def test_tiny_images_are_moved_too(side):
    images = np.full((2, side, side, 3), 9, np.uint8)
    assert (denoise(images, np.random.default_rng(0)) == 9).all()


def test_an_empty_batch_stays_empty():
    assert denoise(np.empty((0, 8, 8, 3), np.uint8), np.random.default_rng(0)).shape == (0, 8, 8, 3)
