"""Does the VAE help? Evidence that is missing is never told as a fact."""

import numpy as np
import pytest

from latentkit.separation.report.benefit import Benefit, Gain, judge_benefit, judge_difference, summarize
from latentkit.separation.report.sentences import benefit_sentence
from latentkit.separation.separable.scores import ClassifierScore
from latentkit.separation.visible.clusters import SeededClustering, ari_difference, recovery
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


def test_missing_evidence_is_said_with_its_interval():
    text = benefit_sentence(Benefit("cannot tell", 98, (gain("cannot tell"),)))
    assert "cannot be told with 98 images" in text
    assert "15-NN 0.746 against 0.714 (difference between -0.040 and +0.100)" in text
    assert "not help" not in text


def test_what_is_unclear_stands_beside_what_is_certain():
    ari = gain("cannot tell", score="ari", name="ARI of k-means")
    text = benefit_sentence(Benefit("better", 977, (gain("better", 0.01), ari)))
    assert text.startswith(
        "The VAE helps: it does better than PCA of the pixels at the same size: 15-NN 0.746"
    )
    assert "It cannot be told with 977 images for ARI of k-means" in text


def test_the_agreement_of_clusters_with_classes_counts():
    score = ClassifierScore(0.9, 0.88, 0.92, 0.9, 0.5, 0.9, 0.88, Interval(-0.05, 0.05), False, None)
    codes = np.repeat([0, 1], 200)
    good = SeededClustering(codes, codes[None])
    bad = SeededClustering(np.arange(400) % 2, (np.arange(400) % 2)[None])
    found = recovery(codes, np.arange(400), good, 0.95, np.random.default_rng(0), bad)
    assert (found.ari, found.pixel_pca) == (1.0, pytest.approx(0.0, abs=0.01))
    benefit = judge_benefit({"probe": score}, found, 400)
    assert [(one.score, one.verdict) for one in benefit.gains] == [
        ("probe", "cannot tell"),
        ("ari", "better"),
    ]
    assert benefit.verdict == "better"


def test_two_clusterings_that_are_equal_do_not_differ():
    codes = np.repeat([0, 1, 2], 50)
    labels = np.where(np.arange(150) % 5 == 0, 0, codes)
    result = ari_difference(codes, (labels, labels[:]), 150, 0.975, np.random.default_rng(0))
    assert result == pytest.approx((0.0, 0.0), abs=1e-12)


def test_the_interval_of_a_difference_of_clusterings_is_wider_for_fewer_images():
    codes = np.tile([0, 1], 300)
    rng = np.random.default_rng(0)
    pair = [np.where(rng.random(600) < share, 1 - codes, codes) for share in (0.05, 0.2)]
    wide, narrow = (ari_difference(codes, tuple(pair), images, 0.975, rng) for images in (60, 600))
    assert narrow.low > 0
    assert wide.high - wide.low > 2.5 * (narrow.high - narrow.low)


def test_without_a_baseline_nothing_is_said():
    score = ClassifierScore(0.9, 0.88, 0.92, 0.9, 0.5, None, None, None, None, None)
    assert judge_benefit({"probe": score}, None, 100) is None
    assert benefit_sentence(None) is None
