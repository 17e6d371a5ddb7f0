"""Projections side by side in a latents file."""

import json

import numpy as np
import pytest

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents
from latentkit.projection import project, select_projection


def latents(d: int = 5, **arrays) -> Latents:
    mu = np.random.default_rng(0).normal(size=(30, d)).astype(np.float32)
    return Latents({"ids": np.array([str(i) for i in range(30)]), "mu": mu, **arrays})


def test_a_projection_is_found_again_with_what_is_known_of_it():
    made = project(latents().mu, seed=4)
    found = select_projection(made.add_to(latents()))
    assert found.method == "pca"
    assert found.points is made.points
    assert found.info["seed"] == 4


def test_methods_live_side_by_side_and_the_last_is_the_latest():
    old = {"latest": "umap", "methods": {"umap": {"seed": 1}}}
    both = latents(projection_umap=np.zeros((30, 2), np.float32), projection_info=np.array(json.dumps(old)))
    both = project(both.mu).add_to(both)
    assert select_projection(both).method == "pca"
    assert select_projection(both, "umap").info == {"seed": 1}


def test_the_same_method_again_replaces_the_first():
    twice = project(latents().mu, dims=3).add_to(project(latents().mu).add_to(latents()))
    assert select_projection(twice).points.shape == (30, 3)
    assert select_projection(twice).info["dims"] == 3


def test_latents_of_two_dimensions_are_their_own_picture():
    assert select_projection(latents(2)).method == "mu"
    assert select_projection(latents(2)).points.shape == (30, 2)


def test_without_a_projection_the_message_names_the_command():
    with pytest.raises(ProjectionError, match="latentkit project --method umap` first"):
        select_projection(latents(), "umap")


def test_an_entry_that_makes_no_sense_is_as_good_as_none():
    info = np.array('{"latest": "pca", "methods": {"pca": 1}}')
    odd = latents(projection_pca=np.zeros((30, 2), np.float32), projection_info=info)
    assert select_projection(odd) == ("pca", odd.arrays["projection_pca"], {})


def test_a_projection_of_which_nothing_is_known_is_found():
    assert select_projection(latents(projection_mine=np.zeros((30, 3), np.float32))).method == "mine"
