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
from latentkit.separation.options import Options
from latentkit.separation.report import judge

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
