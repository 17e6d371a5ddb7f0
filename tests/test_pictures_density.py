"""Density of points in the plane."""

import numpy as np
import pytest

from latentkit.pictures.density import density, levels


def test_the_density_is_the_sum_of_kernels_at_the_points():
    points = np.random.default_rng(0).normal(size=(60, 2)) * [3, 0.5] + [100, -7]
    estimate = density(points)
    bandwidth = 0.6 * points.std(axis=0) * 60 ** (-1 / 6)
    grid = np.stack(np.meshgrid(estimate.x, estimate.y, indexing="ij"), axis=-1)
    distance = (grid[:, :, None] - points) / bandwidth
    expected = np.exp(-0.5 * (distance**2).sum(axis=-1)).sum(axis=-1)
    np.testing.assert_allclose(estimate.mass, expected / expected.sum(), atol=0.03 * estimate.mass.max())
    assert estimate.mass.sum() == pytest.approx(1)


def test_the_peak_is_where_most_points_are_rather_than_their_mean():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(300, 2)) * 0.3, rng.normal(size=(200, 2)) * 0.3 + 9])
    np.testing.assert_allclose(density(points).peak(), (0, 0), atol=0.4)


@pytest.mark.parametrize("points", [[[3, 4]], [[3, 4], [3, 4]], [[1, 2], [5, 2]]])
def test_a_single_point_or_points_on_a_line_have_a_density(points):
    estimate = density(np.array(points, float))
    assert np.isfinite(estimate.mass).all()
    assert estimate.peak()[1] == pytest.approx(points[0][1], abs=0.2)


def test_contours_enclose_their_shares_of_the_mass():
    estimate = density(np.random.default_rng(0).normal(size=(4000, 2)))
    heights = levels(estimate.mass, (0.9, 0.5))
    assert heights == sorted(heights)
    for height, share in zip(heights, (0.9, 0.5), strict=True):
        assert estimate.mass[estimate.mass >= height].sum() == pytest.approx(share, abs=0.005)


def test_a_contour_of_a_gaussian_encloses_its_share_of_the_points():
    points = np.random.default_rng(1).normal(size=(4000, 2))
    estimate = density(points)
    (height,) = levels(estimate.mass, (0.6,))
    cells = [np.abs(points[:, axis, None] - (estimate.x, estimate.y)[axis]).argmin(axis=1) for axis in (0, 1)]
    assert (estimate.mass[cells[0], cells[1]] >= height).mean() == pytest.approx(0.6, abs=0.04)
