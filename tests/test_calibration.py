"""Calibration of the verdicts: a hundred seeded simulations of each setting (slow).

Three isotropic Gaussian classes in 16 dimensions, their centers `distance` within-class sigmas apart. The
bounds are those of the design: at most 10 false alarms of 100 on one cloud, at least 90 or 95 of 100 where
there is something to find.
"""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

import numpy as np
import pytest

from latentkit.formats.latents import Latents
from latentkit.separation.compare import compare
from latentkit.separation.options import Options
from latentkit.separation.report import judge
from latentkit.separation.report.benefit import judge_benefit
from latentkit.separation.rows import arrange
from latentkit.separation.separable import folds as cross_validation
from latentkit.separation.separable.scores import folds_to_score, score_all
from latentkit.stats import center_and_scale

pytestmark = pytest.mark.slow

RUNS = 100


def gaussians(distance: float, each: int, seed: int, labeled: bool) -> Latents:
    rng = np.random.default_rng([seed, each])
    codes = np.repeat(np.arange(3), each)
    mu = rng.normal(size=(3 * each, 16))
    mu[np.arange(3 * each), codes] += distance / np.sqrt(2)
    order = rng.permutation(3 * each)
    arrays = {"ids": np.array([f"{i:05d}.png" for i in range(3 * each)]), "mu": mu[order].astype(np.float32)}
    if labeled:
        arrays["labels"] = np.array(["ant", "bee", "cat"])[codes[order]]
    return Latents(arrays)


def verdict(distance: float, each: int, seed: int, labeled: bool) -> tuple[str, str]:
    result = judge(gaussians(distance, each, seed, labeled), Options(seed=seed)).verdict
    return result.separable, result.visible


def tally(distance: float, each: int, labeled: bool = True) -> tuple[Counter[str], Counter[str]]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        every = list(
            pool.map(verdict, repeat(distance), repeat(each), range(RUNS), repeat(labeled), chunksize=5)
        )
    separable, visible = (Counter(words) for words in zip(*every, strict=True))
    print(distance, each, labeled, dict(separable), dict(visible))  # noqa: T201  (shown when a bound fails)
    return separable, visible


def test_classes_that_do_not_differ_are_rarely_called_separate():
    separable, visible = tally(0.0, 150)
    assert separable["separated"] + separable["partly"] <= 10
    assert visible["yes"] <= 2


def test_one_cloud_without_labels_is_not_seen_as_groups():
    _, visible = tally(0.0, 150, labeled=False)
    assert visible["yes"] <= 2


def test_classes_far_apart_are_separated_and_visible():
    separable, visible = tally(4.0, 150)
    assert separable["separated"] >= 95
    assert visible["yes"] >= 95


def test_classes_far_apart_are_seen_without_labels():
    _, visible = tally(4.0, 150, labeled=False)
    assert visible["yes"] >= 95


def test_classes_a_little_apart_are_separated_and_not_visible():
    separable, visible = tally(2.25, 600)
    assert separable["separated"] >= 90
    assert visible["yes"] <= 2


def better(distances: tuple[float, float], each: int, seed: int) -> str:
    """Compare two spaces of the same images, which share a part of their noise."""
    codes, rng = np.repeat(np.arange(3), each), np.random.default_rng([seed, each])
    common = rng.normal(size=(3 * each, 16))
    files = []
    for distance in distances:
        mu = 0.6 * common + 0.8 * rng.normal(size=common.shape)
        mu[np.arange(3 * each), codes] += distance / np.sqrt(2)
        ids, labels = (
            np.array([f"{i:05d}.png" for i in range(3 * each)]),
            np.array(["ant", "bee", "cat"])[codes],
        )
        files.append(Latents({"ids": ids, "mu": mu.astype(np.float32), "labels": labels}))
    return compare(files, ["first", "second"], Options(seed=seed)).verdict


def compared(distances: tuple[float, float], each: int, runs: int = 60) -> Counter[str]:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        words = Counter(pool.map(better, repeat(distances), repeat(each), range(runs), chunksize=5))
    print(distances, each, dict(words))  # noqa: T201  (shown when a bound fails)
    return words


@pytest.mark.parametrize(("distance", "each"), [(0.0, 60), (1.8, 20), (2.5, 60)])
def test_equal_spaces_are_rarely_called_better_or_worse(distance, each):
    words = compared((distance, distance), each)
    assert words["better"] <= 3
    assert words["cannot tell"] >= 55


def test_a_space_with_classes_further_apart_is_called_better():
    words = compared((1.5, 2.5), 150, runs=20)
    assert words["better"] >= 18


@pytest.fixture
def discriminant(monkeypatch):
    """Use the linear discriminant, which takes a hundredth of the time of logistic regressions."""
    monkeypatch.setattr(cross_validation, "LOGISTIC", 0)


def benefit(distance: float, gain: float, each: int, seed: int) -> str:
    """Return the judgment on two spaces of the same images that share a third of their noise."""
    options, shared = Options(seed=seed), np.random.default_rng(seed).normal(size=(3 * each, 16))
    spaces = []
    for number, far in enumerate((distance + gain, distance)):
        own = np.random.default_rng([seed, 1 + number]).normal(size=shared.shape)
        space = 0.6 * shared + 0.8 * own
        space[np.arange(3 * each), np.arange(3 * each) % 3] += far / np.sqrt(2)
        spaces.append(space)
    rows = arrange(spaces[0], labels=np.array(["ant", "bee", "cat"])[np.arange(3 * each) % 3])
    folds = folds_to_score(rows, options)
    scores, _ = score_all(*map(center_and_scale, spaces), rows, folds, options)
    return judge_benefit(scores, None, 3 * each).verdict


@pytest.mark.parametrize("distance", [0.0, 1.5, 2.5])
def test_of_two_equally_good_spaces_neither_is_called_better(discriminant, distance):
    verdicts = Counter(benefit(distance, 0.0, 60, seed) for seed in range(RUNS))
    assert verdicts["better"] + verdicts["mixed"] <= 10, verdicts
    assert verdicts["worse"] + verdicts["mixed"] <= 10, verdicts


def test_a_clearly_better_space_is_called_better(discriminant):
    verdicts = Counter(benefit(1.5, 0.6, 200, seed) for seed in range(30))
    assert verdicts["better"] >= 25, verdicts
