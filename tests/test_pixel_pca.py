"""PCA of the pixels, against the singular value decomposition."""

import numpy as np
import pytest

from latentkit.images import pixel_pca
from latentkit.randomness import generator


def images(n: int, side: int = 6, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Mixtures of five patterns and a little noise, so that the first components are apart."""
    rng = np.random.default_rng(seed)
    patterns = rng.uniform(-1, 1, (5, side * side * channels)) * np.array([[60], [40], [25], [15], [8]])
    mixed = 128 + rng.standard_normal((n, 5)) @ patterns + rng.standard_normal((n, patterns.shape[1]))
    return np.clip(mixed, 0, 255).astype(np.uint8).reshape(n, side, side, channels)


def exact(pixels: np.ndarray, components: int):
    unit = pixels.reshape(len(pixels), -1) / 255
    mean = unit.mean(axis=0)
    return mean, np.linalg.svd(unit - mean, full_matrices=False)[2][:components]


def fit(pixels, components, rows=None):
    rows = np.arange(len(pixels)) if rows is None else rows
    return pixel_pca.fit(pixels, rows, components, generator(0, "baseline"))


@pytest.mark.parametrize("components", [1, 3, 5])
def test_components_equal_those_of_the_decomposition_up_to_sign(components):
    pixels = images(60)
    found = fit(pixels, components)
    mean, rows = exact(pixels, components)
    np.testing.assert_allclose(found.mean, mean, atol=1e-6)
    np.testing.assert_allclose(np.abs((found.components * rows).sum(axis=1)), 1, atol=1e-4)


def test_scores_are_projections_of_the_centered_pixels():
    pixels = images(60)
    found = fit(pixels[:40], 4)
    expected = (pixels.reshape(60, -1) / 255 - found.mean) @ found.components.T
    assert found.transform(pixels).dtype == np.float32
    np.testing.assert_allclose(found.transform(pixels), expected, atol=1e-5)


def test_only_the_given_rows_are_fitted():
    pixels = images(60)
    rows = np.arange(10, 50)
    found, expected = fit(pixels, 3, rows), fit(pixels[10:50], 3)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("n", "side", "channels", "components", "kept"),
    [(1, 6, 3, 4, 0), (2, 6, 3, 4, 1), (5, 6, 3, 4, 4), (30, 2, 1, 9, 4), (30, 1, 1, 9, 1)],
)
def test_there_are_no_more_components_than_the_data_has(n, side, channels, components, kept):
    pixels = images(n, side, channels)
    found = fit(pixels, components)
    assert found.components.shape == (kept, side * side * channels)
    assert found.transform(pixels).shape == (n, kept)
    assert np.isfinite(found.transform(pixels)).all()


def test_equal_images_have_scores_of_zero():
    pixels = np.full((20, 4, 4, 3), 100, np.uint8)
    found = fit(pixels, 3)
    np.testing.assert_allclose(found.transform(pixels), 0, atol=1e-6)


def test_a_set_larger_than_memory_is_sampled_with_the_same_components(monkeypatch):
    pixels = images(2000)
    whole = fit(pixels, 3)
    monkeypatch.setattr(pixel_pca, "MAX_BYTES", 4 * 108 * 500)
    sampled = fit(pixels, 3)
    assert not np.array_equal(sampled.mean, whole.mean)
    np.testing.assert_allclose(np.abs((sampled.components * whole.components).sum(axis=1)), 1, atol=0.02)


def test_the_same_generator_gives_the_same_bytes():
    one, other = fit(images(200), 8), fit(images(200), 8)
    assert one.components.tobytes() == other.components.tobytes()


@pytest.mark.parametrize("n", [40, 300], ids=["fewer images than pixels", "more"])
def test_components_are_orthonormal_and_the_largest_first(n):
    pixels = images(n)
    found = fit(pixels, 20).components.astype(np.float64)
    np.testing.assert_allclose(found @ found.T, np.eye(20), atol=1e-4)
    variance = fit(pixels, 20).transform(pixels).var(axis=0)
    assert (np.diff(variance) <= 1e-6 * variance[0]).all()


@pytest.mark.parametrize("value", [37, 128, 200])
def test_many_copies_of_one_image_have_no_direction(value):
    pixels = np.full((300, 10, 10, 3), value, np.uint8)
    assert fit(pixels, 5).components.shape == (0, 300)
    pixels[7, 3, 3, 0] += 1
    assert fit(pixels, 5).components.shape == (1, 300)


def test_duplicate_images_add_no_directions():
    pixels = np.tile(images(5), (8, 1, 1, 1))
    found = fit(pixels, 30)
    assert found.components.shape == (4, 108)
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(4), atol=1e-4)
    scores = found.transform(pixels)
    np.testing.assert_allclose(
        scores @ found.components + found.mean, pixels.reshape(40, -1) / 255, atol=1e-4
    )
