"""Cross-validation of the linear probe."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from latentkit.separation.rows import arrange
from latentkit.separation.separable import folds
from latentkit.separation.separable.auc import auc
from latentkit.separation.separable.folds import (
    FOLDS,
    assign_folds,
    discriminant_out_of_fold,
    fold_penalty,
    logistic_out_of_fold,
    predict_out_of_fold,
    score_out_of_fold,
)
from latentkit.separation.separable.ridge import direction, penalty
from latentkit.stats import center_and_scale

BOTH = pytest.mark.parametrize("probe", [logistic_out_of_fold, discriminant_out_of_fold])


def rows(n=150, d=6, shift=1.5, classes=3, seed=0, **more):
    codes = np.arange(n) % classes
    mu = np.random.default_rng(seed).normal(size=(n, d))
    mu[np.arange(n), codes] += shift
    return arrange(mu, labels=np.array([f"c{code}" for code in codes]), **more)


def numbers(result, seed=0):
    return assign_folds(result, np.random.default_rng(seed)).numbers[0]


def test_every_fold_has_its_share_of_every_class():
    result = rows(n=300)
    split = assign_folds(result, np.random.default_rng(0))
    assert split.repeats == 3
    for repeat in split.numbers:
        table = np.bincount(repeat * 3 + result.codes, minlength=30).reshape(FOLDS, 3)
        assert table.min() == table.max() == 10
    assert (split.numbers[0] != split.numbers[1]).any()


def test_copies_are_in_one_fold_and_rows_without_a_label_in_none():
    digest = np.array([f"{i // 2}" for i in range(120)])
    labels = np.array(["", "x", "y"])[np.arange(120) % 3]
    result = arrange(np.random.default_rng(0).normal(size=(120, 2)), labels=labels, digest=digest)
    split = assign_folds(result, np.random.default_rng(0))
    assert split.rows.tolist() == np.flatnonzero(result.codes >= 0).tolist()
    for repeat in split.numbers:
        for group in np.unique(result.groups[split.rows]):
            assert len(np.unique(repeat[result.groups[split.rows] == group])) == 1


def test_very_many_rows_are_scored_once():
    assert assign_folds(rows(n=2001), np.random.default_rng(0)).repeats == 1


@BOTH
def test_a_row_is_never_predicted_by_a_probe_that_has_seen_it(probe):
    # 64 noise dimensions and 40 images a class: a probe would be nearly perfect on its own rows.
    shares = []
    for seed in range(8):
        result = rows(n=120, d=64, shift=0.0, seed=seed)
        X = center_and_scale(result.mu)
        shares.append((probe(X, result.codes, numbers(result)) == result.codes).mean())
    assert np.mean(shares) < 0.42


@BOTH
def test_the_probe_is_not_masked_by_a_class_in_the_middle(probe):
    # Least squares on indicators never chooses the middle one of three classes on a line.
    codes = np.arange(180) % 3
    X = np.column_stack([(codes - 1) * 1.5, np.zeros(180)])
    X += 0.2 * np.random.default_rng(0).normal(size=X.shape)
    result = arrange(X, labels=np.array(["a", "b", "c"])[codes])
    assert (probe(X, codes, numbers(result)) == codes).mean() > 0.95


@BOTH
def test_a_class_of_one_image_is_never_predicted_where_it_is_left_out(probe):
    result = arrange(np.eye(30), labels=np.array(["x"] * 15 + ["y"] * 14 + ["z"]))
    assert probe(result.mu, result.codes, numbers(result))[-1] != 2


def test_the_discriminant_is_scikit_learns_where_the_penalty_does_not_matter():
    result = rows(n=900, d=4)
    X, split = center_and_scale(result.mu), numbers(result)
    expected = np.zeros(900, int)
    for number in range(FOLDS):
        model = LinearDiscriminantAnalysis(priors=np.full(3, 1 / 3))
        out = split == number
        expected[out] = model.fit(X[~out], result.codes[~out]).predict(X[out])
    assert (discriminant_out_of_fold(X, result.codes, split) == expected).mean() > 0.995


def test_the_two_probes_agree():
    result = rows(n=600, d=16)
    X, split = center_and_scale(result.mu), numbers(result)
    one, other = (probe(X, result.codes, split) for probe in (logistic_out_of_fold, discriminant_out_of_fold))
    assert (one == other).mean() > 0.95


def test_the_size_decides_which_probe_is_used(monkeypatch):
    result = rows()
    X, split = center_and_scale(result.mu), numbers(result)
    monkeypatch.setattr(folds, "LOGISTIC", 0)
    used = predict_out_of_fold(X, result.codes, split)
    assert (used == discriminant_out_of_fold(X, result.codes, split)).all()


def test_out_of_fold_scores_are_those_of_a_ridge_regression_of_the_other_folds():
    result = rows(n=200, d=5, classes=2)
    X, split, positive = center_and_scale(result.mu), numbers(result), result.codes == 1
    scores = score_out_of_fold(X, positive, split, 1e-4 * 180)
    for number in range(FOLDS):
        out = split == number
        axis = direction(X[~out], np.where(positive[~out], 1.0, -1.0))
        own = (X[~out] - X[~out].mean(axis=0)) @ axis
        expected = (X[out] - X[~out].mean(axis=0)) @ axis / own.std()
        assert scores[out] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_scores_of_noise_are_at_chance():
    areas = []
    for seed in range(20):
        result = rows(n=80, d=64, shift=0.0, classes=2, seed=seed)
        X, positive = center_and_scale(result.mu), result.codes == 1
        scores = score_out_of_fold(X, positive, numbers(result, seed), fold_penalty(X))
        areas.append(auc(scores[positive], scores[~positive]))
    assert 0.45 < np.mean(areas) < 0.55


def test_the_penalty_is_that_of_nine_tenths_of_the_rows():
    X = center_and_scale(rows(n=100, d=30).mu)
    eigenvalues = np.linalg.eigvalsh(X.T @ X)
    assert fold_penalty(X) == pytest.approx(penalty(0.9 * eigenvalues, 90), rel=1e-3)


def test_a_constant_space_scores_nothing():
    X = np.zeros((40, 1))
    split = np.arange(40) % FOLDS
    assert (score_out_of_fold(X, np.arange(40) % 2 == 0, split, fold_penalty(X)) == 0).all()
