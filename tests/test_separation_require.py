"""Conditions on a report."""

import numpy as np
import pytest

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents
from latentkit.separation.report import judge, to_json
from latentkit.separation.report.require import find_unmet, is_known, parse

REPORT = {
    "n": 90,
    "space": "latents",
    "verdict": {"separable": "partly", "visible": "yes"},
    "pairs": [{"auc": 0.97, "auc_low": 0.95}, {"auc": 0.92, "auc_low": None}],
    "scores": {"knn15": {"value": 0.91, "beats_pixel_pca": True}, "probe": None},
    "latent": {"active_units": 7},
    "clustering": None,
}


def unmet(*conditions):
    return find_unmet(REPORT, [parse(condition) for condition in conditions])


@pytest.mark.parametrize(
    "condition",
    [
        "visible",
        "knn15>=0.91",
        " knn15 < 0.92 ",
        "min_pair_auc>.9",
        "active_units<=7",
        "latent.active_units>6.5e0",
        "n>=-1",
    ],
)
def test_a_met_condition_is_not_mentioned(condition):
    assert unmet(condition) is None


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        ("separated", "separated (the verdict is: partly)"),
        ("knn15>0.91", "knn15>0.91 (knn15 is 0.91)"),
        ("min_pair_auc>=0.95", "min_pair_auc>=0.95 (min_pair_auc is 0.92)"),
        ("min_pair_auc_low>0.5", "(min_pair_auc_low is unknown)"),
        ("probe>=0.1", "(probe is unknown)"),
        ("ari>=0.1", "(ari is unknown)"),
    ],
)
def test_an_unmet_condition_is_named_with_the_actual_value(condition, actual):
    assert actual in unmet("visible", condition)


def test_every_unmet_condition_is_named():
    assert unmet("separated", "knn15>1") == (
        "requirements not met: separated (the verdict is: partly); knn15>1 (knn15 is 0.91)"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "good",
        "knn15=>1",
        "knn15>=",
        "knn15>=x",
        "knn15>=1 or 1",
        "__import__('os')",
        "knn15>=nan",
        "a b>1",
    ],
)
def test_an_invalid_condition_is_refused_by_name(text):
    with pytest.raises(SeparationError, match="is not a condition"):
        parse(text)


@pytest.mark.parametrize(
    "condition",
    ["knn>=1", "scores.knn15.values>=1", "scores.knn15>=1", "space>=1", "scores.knn15.beats_pixel_pca>=1"],
)
def test_a_name_that_is_not_a_number_in_the_report_is_refused(condition):
    with pytest.raises(SeparationError, match="number"):
        unmet(condition)


def test_a_report_without_pairs_has_no_least_auc():
    assert "unknown" in find_unmet({**REPORT, "pairs": []}, [parse("min_pair_auc>0")])


@pytest.mark.parametrize("name", ["knn5", "scores", "scores.knn5.value", "latent.active", "pairs.0.auc"])
def test_an_unknown_name_is_refused_before_any_work_with_the_known_ones(name):
    with pytest.raises(
        SeparationError, match=f"'{name}' is unknown: use knn15, probe, ari, active_units, min_"
    ):
        parse(f"{name}>=0.5")


def test_every_number_of_a_report_is_known():
    rng, codes = np.random.default_rng(0), np.arange(120) % 3
    mu = rng.normal(size=(120, 3)) + 3 * np.eye(3)[codes]
    names = np.array([f"{i:03d}" for i in range(120)])
    arrays = {"ids": names, "mu": mu.astype(np.float32), "labels": np.array(["a", "b", "c"])[codes]}
    report = to_json(judge(Latents({**arrays, "logvar": np.zeros((120, 3), np.float32)})))

    def numbers(value, path=()):
        if isinstance(value, dict):
            for key, each in value.items():
                yield from numbers(each, (*path, key))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield ".".join(path)

    names = list(numbers(report))
    assert len(names) > 30
    assert [name for name in names if not is_known(name)] == []
