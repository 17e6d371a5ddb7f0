"""Options of a run: defaults, given values, and changes on resume."""

from typing import get_args

import pytest

from latentkit.architecture import RECIPES
from latentkit.choices import Arch
from latentkit.errors import TrainingError
from latentkit.fields import options
from latentkit.training.options import DEFAULTS, RESUMABLE, Options, names, resolve, resume


def test_a_given_value_replaces_the_default():
    options = resolve({"latent": 3, "beta": 0.5})
    assert (options.latent, options.beta, options.size) == (3, 0.5, DEFAULTS.size)


def test_every_option_survives_a_round_trip_through_the_record():
    options = resolve({"latent": 3, "validation": "held-out", "sigma": 0.1, "warmup": 7})
    assert list(options.to_json()) == names()
    assert resume(options.to_json(), {}) == options


def test_a_low_learning_rate_lowers_the_default_minimum():
    assert resolve({"lr": 1e-5}).min_lr == 1e-5
    assert resolve({"lr": 1e-2}).min_lr == DEFAULTS.min_lr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sigma": 0.1, "likelihood": "bernoulli"}, "--sigma requires the Gaussian likelihood; "),
        ({"lr": 1e-4, "min_lr": 1e-3}, "--min-lr 0.001 is above --lr 0.0001; lower it"),
        ({"lr": float("nan")}, "--lr is nan; it must be a finite number"),
        ({"free_bits": float("inf")}, "--free-bits is inf; it must be a finite number"),
    ],
)
def test_impossible_options_are_rejected_by_name(given, message):
    with pytest.raises(TrainingError) as error:
        resolve(given)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("given", [{"epochs": 9}, {"precision": "bfloat16"}])
def test_a_resumed_run_can_have_more_epochs_and_another_precision(given):
    stored = resolve({"epochs": 3, "latent": 4}).to_json()
    assert resume(stored, given | {"latent": 4}) == resolve({"epochs": 3, "latent": 4} | given)


@pytest.mark.parametrize("name", [name for name in names() if name not in RESUMABLE])
def test_a_resumed_run_can_change_nothing_else(name):
    stored = resolve({}).to_json()
    with pytest.raises(TrainingError) as error:
        resume(stored, {name: "other"})
    option = f"--{name.replace('_', '-')}"
    assert str(error.value) == (
        f"{option} is {stored[name]} in the run and other on the command line, and cannot change when a run is resumed; "
        f"leave {option} out, or start another run"
    )


def test_an_option_newer_than_the_run_has_its_default():
    stored = resolve({}).to_json()
    del stored["augment"]
    assert resume(stored, {}) == DEFAULTS


def test_the_choices_of_an_architecture_are_the_recipes():
    assert set(get_args(Arch)) == set(RECIPES)


@pytest.mark.parametrize(("name", "declared"), options(Options).items(), ids=list(options(Options)))
def test_every_field_is_an_option_with_a_short_help(name, declared):
    _, default, option = declared
    assert 1 <= len(option.help.split()) <= 10
    assert default == getattr(DEFAULTS, name)
