"""Projections side by side in a latents file."""

import json

import numpy as np
import pytest

from latentkit.errors import ProjectionError
from latentkit.formats.latents import Latents
from latentkit.projection import project, recorded, with_projection


def latents(d: int = 5, **arrays) -> Latents:
    mu = np.random.default_rng(0).normal(size=(30, d)).astype(np.float32)
    return Latents({"ids": np.array([str(i) for i in range(30)]), "mu": mu, **arrays})


def test_a_projection_is_found_again_with_what_is_known_of_it():
    made = project(latents().mu, seed=4)
    found = recorded(with_projection(latents(), made))
    assert found.method == "pca"
    assert found.points is made.points
    assert found.info["seed"] == 4


def test_methods_live_side_by_side_and_the_last_is_the_latest():
    old = {"latest": "umap", "methods": {"umap": {"seed": 1}}}
    both = latents(projection_umap=np.zeros((30, 2), np.float32), projection_info=np.array(json.dumps(old)))
    both = with_projection(both, project(both.mu))
    assert recorded(both).method == "pca"
    assert recorded(both, "umap").info == {"seed": 1}


def test_the_same_method_again_replaces_the_first():
    twice = with_projection(with_projection(latents(), project(latents().mu)), project(latents().mu, dims=3))
    assert recorded(twice).points.shape == (30, 3)
    assert recorded(twice).info["dims"] == 3


def test_latents_of_two_dimensions_are_their_own_picture():
    assert recorded(latents(2)).method == "mu"
    assert recorded(latents(2)).points.shape == (30, 2)


def test_without_a_projection_the_message_names_the_command():
    with pytest.raises(ProjectionError, match="latentkit project --method umap` first"):
        recorded(latents(), "umap")


def test_an_entry_that_makes_no_sense_is_as_good_as_none():
    info = np.array('{"latest": "pca", "methods": {"pca": 1}}')
    odd = latents(projection_pca=np.zeros((30, 2), np.float32), projection_info=info)
    assert recorded(odd) == ("pca", odd.arrays["projection_pca"], {})


def test_a_projection_of_which_nothing_is_known_is_found():
    assert recorded(latents(projection_mine=np.zeros((30, 3), np.float32))).method == "mine"
