"""Density of points in the plane."""

import numpy as np
import pytest

from latentkit.pictures.density import density, levels


def test_it_is_the_sum_of_kernels_at_the_points():
    points = np.random.default_rng(0).normal(size=(60, 2)) * [3, 0.5] + [100, -7]
    found = density(points)
    width = 0.6 * points.std(axis=0) * 60 ** (-1 / 6)
    grid = np.stack(np.meshgrid(found.x, found.y, indexing="ij"), axis=-1)
    away = (grid[:, :, None] - points) / width
    wanted = np.exp(-0.5 * (away**2).sum(axis=-1)).sum(axis=-1)
    np.testing.assert_allclose(found.mass, wanted / wanted.sum(), atol=0.03 * found.mass.max())
    assert found.mass.sum() == pytest.approx(1)


def test_its_peak_is_where_most_points_are_and_not_their_mean():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(300, 2)) * 0.3, rng.normal(size=(200, 2)) * 0.3 + 9])
    np.testing.assert_allclose(density(points).peak(), (0, 0), atol=0.4)


@pytest.mark.parametrize("points", [[[3, 4]], [[3, 4], [3, 4]], [[1, 2], [5, 2]]])
def test_one_point_or_several_on_a_line_have_a_density(points):
    found = density(np.array(points, float))
    assert np.isfinite(found.mass).all()
    assert found.peak()[1] == pytest.approx(points[0][1], abs=0.2)


def test_the_contours_hold_the_shares_that_they_are_of():
    found = density(np.random.default_rng(0).normal(size=(4000, 2)))
    heights = levels(found.mass, (0.9, 0.5))
    assert heights == sorted(heights)
    for height, share in zip(heights, (0.9, 0.5), strict=True):
        assert found.mass[found.mass >= height].sum() == pytest.approx(share, abs=0.005)


def test_the_contours_of_a_gaussian_hold_the_points_they_should():
    points = np.random.default_rng(1).normal(size=(4000, 2))
    found = density(points)
    (height,) = levels(found.mass, (0.6,))
    cells = [np.abs(points[:, axis, None] - (found.x, found.y)[axis]).argmin(axis=1) for axis in (0, 1)]
    assert (found.mass[cells[0], cells[1]] >= height).mean() == pytest.approx(0.6, abs=0.04)
