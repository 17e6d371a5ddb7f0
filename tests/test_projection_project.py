"""Options of a projection, and latents that cannot be projected."""

import json

import numpy as np
import pytest

from latentkit.errors import ProjectionError
from latentkit.projection import dead_dimensions, describe, project


def latents(n: int = 50, d: int = 6, *, dead: int = 0):
    mu = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    mu[:, :dead] *= 0.05
    return mu


@pytest.mark.parametrize(
    ("n", "d", "options", "message"),
    [
        (0, 3, {}, "pca needs at least 2 images, but there are none"),
        (1, 3, {}, "there is 1: embed more images"),
        (9, 1, {}, "the latents have 1 dimension, but 2 are needed: train with --latent 2"),
        (9, 2, {"dims": 3}, "the latents have 2 dimensions, but 3 are needed"),
        (9, 3, {"method": "isomap"}, "unknown projection 'isomap': choose one of pca, tsne, umap"),
    ],
)
def test_latents_that_cannot_be_projected_are_refused(n, d, options, message):
    with pytest.raises(ProjectionError, match=message):
        project(latents(n, d), **options)


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_rows_that_are_all_equal_are_refused(method):
    with pytest.raises(ProjectionError, match="all 8 rows of mu are equal"):
        project(np.ones((8, 3), np.float32), method)


def test_two_and_three_rows_are_enough_for_pca():
    for n in (2, 3):
        assert project(latents(n), dims=3).points.shape == (n, 3)


def test_dead_is_a_variance_of_a_hundredth_under_a_unit_prior():
    variance = np.array([1.0, 0.011, 0.01, 0.0])
    assert dead_dimensions(variance, unit_prior=True).tolist() == [2, 3]


def test_latents_of_unknown_scale_are_compared_with_their_largest_variance():
    variance = np.array([1e-4, 2e-6, 1e-7])
    assert dead_dimensions(variance, unit_prior=False).tolist() == [2]
    assert dead_dimensions(variance, unit_prior=True).tolist() == [0, 1, 2]


def test_dead_dimensions_are_recorded_kept_or_dropped():
    full = project(latents(dead=2))
    dropped = project(latents(dead=2), scale_dead="drop")
    assert full.info["dead"] == dropped.info["dead"] == [0, 1]
    assert full.reducer.arrays["components"].shape == (2, 6)
    assert dropped.reducer.arrays["columns"].tolist() == [2, 3, 4, 5]
    alive = project(latents(dead=2)[:, 2:])
    np.testing.assert_allclose(dropped.points, alive.points, atol=1e-6)


def test_dropping_too_many_dimensions_is_refused_with_what_to_do():
    with pytest.raises(
        ProjectionError, match=r"5 of 6 dimensions are dead, which leaves 1, but 2 .* --scale-dead keep"
    ):
        project(latents(dead=5), scale_dead="drop")


def test_info_is_json_without_nan():
    for n in (2, 3, 4, 60):
        info = project(latents(n)).info
        assert json.loads(json.dumps(info, allow_nan=False)) == info


def test_the_description_of_two_rows_has_no_fidelity():
    assert "Fidelity" not in describe(project(latents(2)))
    assert "Fidelity: neighborhoods are preserved well" in describe(project(latents(30, 2)))


def test_a_picture_of_noise_is_called_poor():
    assert "neighborhoods are preserved poorly: do not judge classes by them" in describe(
        project(latents(500, 40))
    )
