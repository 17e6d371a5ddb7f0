"""Advice follows from what was found and what was done, and is not given twice."""

from itertools import pairwise

import pytest

from latentkit.separation.report.advice import Situation, Training, suggest
from latentkit.training.options import DEFAULTS

PARTLY = Situation("partly", "no", 3, False, ("cat", "dog"))
DEFAULT = Training(DEFAULTS.to_json())


def commands(situation: Situation, training: Training | None) -> list[str]:
    return [one.command or "" for one in suggest(situation, training)]


def changed(training: Training, command: str) -> Training:
    """The training that follows the advice in `command`."""
    words = command.split()
    options = dict(training.options)
    for option, value in pairwise(words):
        if option.startswith("--") and not value.startswith("--") and option[2:] in options:
            before = options[option[2:]]
            options[option[2:]] = type(before)(value) if isinstance(before, int | float) else value
    return Training(options, improving=False)


@pytest.mark.parametrize("improving", [False, True])
@pytest.mark.parametrize("separable", ["separated", "partly", "no evidence"])
def test_no_advice_is_given_twice_and_it_ends(separable, improving):
    situation = Situation(separable, "no", 3, False, ("cat", "dog"))
    training, given = Training(DEFAULTS.to_json(), improving), []
    while training_commands := [each for each in commands(situation, training) if "train IMAGES" in each]:
        assert training_commands[0] not in given
        given.append(training_commands[0])
        training = changed(training, training_commands[0])
        assert len(given) < 6
    assert len(given) == 2 + improving
    assert "No option of `latentkit train`" in suggest(situation, training)[0].text


def test_a_trade_names_its_price():
    [few] = [one for one in suggest(PARTLY, DEFAULT) if "--latent 16" in (one.command or "")]
    assert "fell from 0.819 to 0.750" in (few.evidence or "")


def test_longer_training_is_suggested_only_while_the_loss_falls():
    assert not any("--resume" in each for each in commands(PARTLY, DEFAULT))
    [resume] = [each for each in commands(PARTLY, Training(DEFAULTS.to_json(), True)) if "--resume" in each]
    assert "--epochs 100" in resume


def test_a_collapse_comes_before_everything_else():
    collapsed = Situation("no evidence", "no", 3, True)
    first = commands(collapsed, DEFAULT)
    assert first == ["latentkit train IMAGES --beta 0.1 -o run2"]
    second = commands(collapsed, Training({**DEFAULT.options, "beta": 0.1}))
    assert second == ["latentkit train IMAGES --warmup 1000 -o run2"]
    third = commands(collapsed, Training({**DEFAULT.options, "beta": 0.1, "warmup": 1000}))
    assert third == ["latentkit diagnose RUN"]


def test_latents_made_elsewhere_get_no_advice_about_training():
    assert not any("latentkit train IMAGES" in each for each in commands(PARTLY, None))
    assert any("n2d" in each for each in commands(PARTLY, None))


def test_missing_evidence_asks_for_labels_and_not_for_training():
    [only] = suggest(Situation("cannot say", "cannot say", 3, False), DEFAULT)
    assert "Label more images" in only.text


def test_the_options_of_a_run_are_read_from_latents_and_anything_else_is_none():
    stored = {"training": {"options": {"latent": 8}, "improving": True}}
    assert Training.from_meta(stored) == Training({"latent": 8}, True)
    for other in ({}, {"training": 3}, {"training": {"options": [1]}}):
        assert Training.from_meta(other) is None
