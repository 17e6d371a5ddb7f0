"""Does the VAE help? Evidence that is missing is never told as a fact."""

import numpy as np
import pytest

from latentkit.separation.report.benefit import Benefit, Gain, judge_benefit, judge_difference, summarize
from latentkit.separation.report.sentences import benefit_sentence, gain_note
from latentkit.separation.separable.scores import ClassifierScore
from latentkit.separation.visible.clusters import Recovery
from latentkit.separation.visible.halves import ari_difference, ari_of_halves, random_halves
from latentkit.stats import Interval


@pytest.mark.parametrize(
    ("low", "high", "above", "other_above", "expected"),
    [
        (0.01, 0.10, True, True, "better"),
        (0.01, 0.10, False, True, "cannot tell"),  # a guess is not better than a worse guess
        (-0.10, -0.01, True, True, "worse"),
        (-0.10, -0.01, True, False, "cannot tell"),
        (-0.05, 0.08, True, True, "cannot tell"),
        (-0.02, 0.02, True, True, "as good"),
        (-0.02, 0.021, True, True, "cannot tell"),
        (0.001, 0.01, True, True, "better"),
    ],
)
def test_a_difference_is_stated_only_if_its_interval_shows_it(low, high, above, other_above, expected):
    assert judge_difference(Interval(low, high), above, other_above) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ({"better", "cannot tell"}, "better"),
        ({"worse", "as good"}, "worse"),
        ({"better", "worse"}, "mixed"),
        ({"as good", "cannot tell"}, "cannot tell"),
        ({"as good"}, "as good"),
    ],
)
def test_scores_are_summarized(verdicts, expected):
    assert summarize(verdicts) == expected


def gain(verdict, low=-0.04, high=0.1, score="knn15", name="15-NN"):
    return Gain(score, name, 0.746, 0.714, low, high, verdict)


def test_missing_evidence_is_said_and_the_details_have_its_interval():
    benefit = Benefit("cannot tell", 98, (gain("cannot tell"),))
    assert "cannot be told with 98 images" in benefit_sentence(benefit)
    assert "15-NN 0.746 against 0.714 (difference between -0.040 and +0.100: cannot tell)" in gain_note(
        benefit
    )


def test_what_is_certain_is_said_by_name_where_something_is_unclear():
    ari = gain("cannot tell", score="ari", name="ARI of k-means")
    text = benefit_sentence(Benefit("better", 977, (gain("better", 0.01), ari)))
    assert text == "The VAE helps: its latents do better than the pixels (by nearest neighbors)."


def test_the_agreement_of_clusters_with_classes_counts():
    score = ClassifierScore(0.9, 0.88, 0.92, 0.9, 0.5, 0.9, 0.88, Interval(-0.05, 0.05), False, None)
    kmeans = Recovery(0.93, 0.9, 0.97, 0.0, 0.91, 0.79, Interval(0.08, 0.2))
    benefit = judge_benefit({"probe": score}, kmeans, 400)
    assert [(one.score, one.verdict) for one in benefit.gains] == [
        ("probe", "cannot tell"),
        ("ari", "better"),
    ]
    assert benefit.verdict == "better"


def test_the_interval_of_a_difference_of_clusterings_comes_from_halves():
    rng = np.random.default_rng(0)
    codes = np.tile([0, 1], 100)
    tight, loose = (rng.normal(size=(200, 2)) + codes[:, None] * far for far in (4.0, 1.0))
    halves = random_halves(np.arange(200) // 2, rng)  # every image has a copy
    assert all(len(half) == 100 and (half[::2] // 2 == half[1::2] // 2).all() for half in halves)
    first, second = (ari_of_halves(X, codes, halves, 2) for X in (tight, loose))
    low, high = ari_difference(0.8, first, second, 0.975)
    assert 0.4 < low < 0.8 < high < 1.2
    assert ari_difference(0.0, first, first, 0.975) == (0.0, 0.0)


def test_without_a_baseline_nothing_is_said():
    score = ClassifierScore(0.9, 0.88, 0.92, 0.9, 0.5, None, None, None, None, None)
    assert judge_benefit({"probe": score}, None, 100) is None
    assert benefit_sentence(None) is None
