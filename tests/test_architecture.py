"""Rows, shapes and initial weights."""

import dataclasses
import json
import math

import numpy as np
import pytest

from latentkit.architecture import RECIPES, Architecture, Layer, initial_weights, parameters, shapes
from latentkit.errors import ArchitectureError

IMAGES = [(64, 64, 3), (28, 28, 1), (8, 8, 1), (4, 4, 1), (2, 2, 3), (128, 128, 3), (30, 30, 1), (96, 96, 3)]


@pytest.mark.parametrize("image", IMAGES, ids=str)
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_makes_a_network_for_every_even_size(name, image):
    made = RECIPES[name](image, 5)
    height, width, channels = image
    assert shapes(made.encoder, (channels, height, width))[-1] == (10,)
    assert shapes(made.decoder, (5,))[-1] == (channels, height, width)


@pytest.mark.parametrize("name", RECIPES)
def test_an_architecture_survives_a_json_round_trip(name):
    made = RECIPES[name]((16, 16, 3), 4, 8)
    assert Architecture.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_the_default_network_for_64_pixels_has_widths_16_to_128():
    made = RECIPES["conv"]((64, 64, 3), 128)
    assert [row.size for row in made.encoder if row.kind == "conv"] == [16, 32, 64, 128]
    assert [row.size for row in made.decoder if row.kind == "upconv"] == [64, 32, 16, 3]


def test_width_scales_every_channel():
    def narrow_and_wide(width):
        return [row.size for row in RECIPES["conv"]((32, 32, 1), 4, width).encoder if row.kind == "conv"]

    assert narrow_and_wide(32) == [2 * size for size in narrow_and_wide(16)]


def test_channels_stop_growing_at_eight_times_the_width():
    sizes = [row.size for row in RECIPES["conv"]((256, 256, 3), 4).encoder if row.kind == "conv"]
    assert sizes == [16, 32, 64, 128, 128, 128]


@pytest.mark.parametrize("width", [1, 3, 6, 12])
def test_every_width_has_a_valid_number_of_groups(width):
    assert RECIPES["resnet"]((16, 16, 1), 2, width)


@pytest.mark.parametrize("name", ["conv", "resnet"])
def test_an_odd_size_is_rejected_with_advice(name):
    with pytest.raises(
        ArchitectureError,
        match=r"convolutions cannot halve images of 27x27 pixels; choose an even --size .* --arch mlp",
    ):
        RECIPES[name]((27, 27, 1), 4)


def test_mlp_accepts_an_odd_size():
    assert RECIPES["mlp"]((27, 27, 1), 4).pixels == 27 * 27


BAD_ROWS = {
    "unknown kind": ([("warp", "w", 3)], (3, 4, 4), r"row 'w' \(warp, size 3\).*unknown kind"),
    "odd side": ([("conv", "c", 3)], (3, 5, 5), r"row 'c'.*can only halve even sides"),
    "dense on an image": ([("dense", "d", 3)], (3, 4, 4), r"row 'd'.*must be a vector"),
    "conv on a vector": ([("conv", "c", 3)], (12,), r"row 'c'.*must be an image"),
    "groups that do not divide": (
        [("norm", "n", 2)],
        (3, 4, 4),
        r"3 channels cannot be divided into 2 groups",
    ),
    "no size": ([("dense", "d", 0)], (3,), r"row 'd'.*at least 1"),
    "no square": ([("unflatten", "u", 3)], (10,), r"10 values do not make 3 square channels"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_does_not_fit_is_named(case):
    rows, start, message = BAD_ROWS[case]
    with pytest.raises(ArchitectureError, match=message):
        shapes([Layer(*row) for row in rows], start)


def test_a_network_with_the_wrong_output_shape_is_rejected():
    made = RECIPES["mlp"]((4, 4, 1), 2)
    with pytest.raises(ArchitectureError, match=r"the encoder ends in shape \(4,\), but must end in \(6,\)"):
        dataclasses.replace(made, latent=3)


def test_two_rows_with_the_same_name_are_rejected():
    made = RECIPES["mlp"]((4, 4, 1), 2)
    with pytest.raises(ArchitectureError, match="two rows have the name 'pixels'"):
        dataclasses.replace(made, encoder=(made.encoder[0], *made.encoder))


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"image": [4, 4]},
        {"image": "ab", "latent": 2, "encoder": [], "decoder": []},
        {"image": [4, 4, 1], "latent": 2, "encoder": [[1]], "decoder": []},
    ],
)
def test_an_invalid_stored_architecture_is_rejected(stored):
    with pytest.raises(ArchitectureError, match="stored architecture is not valid"):
        Architecture.from_json(stored)


@pytest.mark.parametrize("name", RECIPES)
def test_every_initial_weight_has_its_canonical_shape(name):
    made = RECIPES[name]((16, 16, 3), 4)
    weights = initial_weights(made, 0)
    assert {key: value.shape for key, value in weights.items()} == parameters(made)
    assert all(value.dtype == np.float32 and value.flags.c_contiguous for value in weights.values())


def test_weights_have_variance_one_over_fan_in_and_biases_zero():
    weights = initial_weights(RECIPES["conv"]((64, 64, 3), 128), 0)
    kernel = weights["encoder.down4.weight"]
    assert kernel.std() == pytest.approx(1 / math.sqrt(64 * 16), rel=0.02)
    assert weights["encoder.posterior.weight"].std() == pytest.approx(1 / math.sqrt(2048), rel=0.02)
    assert not any(value.any() for name, value in weights.items() if name.endswith("bias"))


def test_norms_start_at_one_and_residuals_as_the_identity():
    weights = initial_weights(RECIPES["resnet"]((16, 16, 3), 4), 0)
    assert (weights["encoder.down1.norm.weight"] == 1).all()
    assert not weights["encoder.down1.residual.conv2.weight"].any()
    assert weights["encoder.down1.residual.conv1.weight"].any()


def test_the_seed_determines_every_weight():
    made = RECIPES["conv"]((16, 16, 1), 4)
    first, again, other = (initial_weights(made, seed)["encoder.down1.weight"] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_another_row_does_not_change_other_weights():
    small, large = (initial_weights(RECIPES["conv"]((side, side, 1), 4), 0) for side in (16, 32))
    assert np.array_equal(small["encoder.down1.weight"], large["encoder.down1.weight"])
