"""Several projections in one latents file."""

import json

import numpy as np
import pytest

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents
from latentkit.projection import project, select_projection


def latents(d: int = 5, **arrays) -> Latents:
    mu = np.random.default_rng(0).normal(size=(30, d)).astype(np.float32)
    return Latents({"ids": np.array([str(i) for i in range(30)]), "mu": mu, **arrays})


def test_a_projection_is_selected_with_its_info():
    result = project(latents().mu, seed=4)
    projection = select_projection(result.add_to(latents()))
    assert projection.method == "pca"
    assert projection.points is result.points
    assert projection.info["seed"] == 4


def test_several_methods_coexist_and_the_last_one_is_the_latest():
    old = {"latest": "umap", "methods": {"umap": {"seed": 1}}}
    both = latents(projection_umap=np.zeros((30, 2), np.float32), projection_info=np.array(json.dumps(old)))
    both = project(both.mu).add_to(both)
    assert select_projection(both).method == "pca"
    assert select_projection(both, "umap").info == {"seed": 1}


def test_a_second_projection_by_a_method_replaces_the_first():
    twice = project(latents().mu, dims=3).add_to(project(latents().mu).add_to(latents()))
    assert select_projection(twice).points.shape == (30, 3)
    assert select_projection(twice).info["dims"] == 3


def test_latents_of_two_dimensions_are_their_own_picture():
    assert select_projection(latents(2)).method == "mu"
    assert select_projection(latents(2)).points.shape == (30, 2)


def test_without_a_projection_the_message_names_the_command():
    with pytest.raises(ProjectionError, match="latentkit project --method umap` first"):
        select_projection(latents(), "umap")


def test_an_invalid_info_entry_is_ignored():
    info = np.array('{"latest": "pca", "methods": {"pca": 1}}')
    odd = latents(projection_pca=np.zeros((30, 2), np.float32), projection_info=info)
    assert select_projection(odd) == ("pca", odd.arrays["projection_pca"], {})


def test_a_projection_without_info_is_selected():
    assert select_projection(latents(projection_mine=np.zeros((30, 3), np.float32))).method == "mine"
