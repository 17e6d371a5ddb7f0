"""Comparing latent spaces of the same images, and `latentkit compare`."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import invoke

from latentkit.errors import SeparationError
from latentkit.formats.latents import Latents, write_latents
from latentkit.separation.compare import compare
from latentkit.separation.compare.record import to_json
from latentkit.separation.compare.text import to_text
from latentkit.separation.options import Options
from latentkit.separation.report import judge


def latents(distance=3.0, n=240, seed=0, labeled=True, **more) -> Latents:
    """The noise is that of the seed, the ids and classes are always the same."""
    codes = np.arange(n) % 3
    mu = np.random.default_rng(seed).normal(size=(n, 5))
    mu[np.arange(n), codes] += distance / 2**0.5
    arrays = {"ids": np.array([f"{i:04d}.png" for i in range(n)]), "mu": mu.astype(np.float32)}
    if labeled:
        arrays["labels"] = np.array(["ant", "bee", "cat"])[codes]
    return Latents({**arrays, **more})


def differences(result):
    return {(one.a, one.b, one.score): one for one in result.differences}


def test_the_space_that_tells_classes_apart_is_better_and_by_how_much():
    result = compare([latents(5.0), latents(1.0, seed=1)], ["good", "bad"])
    for which in ("knn15", "probe"):
        one = differences(result)["good", "bad", which]
        values = [file.scores[which].value for file in result.files]
        assert one.difference == pytest.approx(values[0] - values[1])
        assert 0 < one.low < one.difference < one.high
        assert one.p <= one.p_holm < 0.05
        assert one.better == "good"
    assert result.sentences[0].startswith("good tells the classes apart better than bad by 15-NN and probe")


def test_the_order_of_the_files_changes_only_the_sign():
    a, b = latents(4.0), latents(2.0, seed=1)
    one, other = compare([a, b], ["a", "b"]), compare([b, a], ["b", "a"])
    for which in ("knn15", "probe"):
        forward, back = differences(one)["a", "b", which], differences(other)["b", "a", which]
        assert forward.difference == pytest.approx(-back.difference)
        assert forward.better == back.better == "a"


def test_a_space_and_its_rotation_do_not_differ():
    z = latents()
    rotated = z.with_arrays(mu=np.ascontiguousarray(z.mu[:, ::-1] * 3 + 1))
    result = compare([z, rotated], ["z", "rotated"])
    assert [one.difference for one in result.differences] == [0.0, 0.0]
    assert [one.better for one in result.differences] == [None, None]
    agreement = result.agreement[0]
    assert agreement.neighbors > 0.99
    assert agreement.cka == pytest.approx(1.0, abs=1e-5)
    assert agreement.clusters_ari > 0.95
    assert "There is no evidence that z or rotated" in result.sentences[0]


def test_spaces_that_are_equally_good_are_rarely_called_different():
    called = [
        any(
            one.better
            for one in compare(
                [latents(2.0, seed=2 * s), latents(2.0, seed=2 * s + 1)], ["a", "b"]
            ).differences
        )
        for s in range(20)
    ]
    assert sum(called) <= 4


def test_three_files_are_compared_in_pairs_and_corrected_together():
    result = compare([latents(5.0), latents(1.0, seed=1), latents(5.0, seed=2)], ["a", "b", "c"])
    assert [(one.a, one.b) for one in result.agreement] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert len(result.differences) == 6
    least = min(one.p for one in result.differences)
    assert least == pytest.approx(2 / 2001)  # two-sided: no bootstrap of 2000 fell on the other side
    assert min(one.p_holm for one in result.differences) == pytest.approx(6 * least)


def test_rows_are_matched_by_id_and_those_not_in_all_files_are_left_out():
    a, b = latents(5.0), latents(1.0, seed=1)
    order = np.random.default_rng(0).permutation(240)[:200]
    part = Latents({key: array[order] for key, array in b.arrays.items()})
    kept = np.sort(order)
    same = [Latents({key: array[kept] for key, array in z.arrays.items()}) for z in (a, b)]
    result, expected = compare([a, part], ["a", "b"]), compare(same, ["a", "b"])
    assert result.n == 200
    assert result.differences == expected.differences
    assert any("left out: a 40." in caveat for caveat in result.caveats)


def test_files_of_other_images_are_refused_by_name():
    a = latents()
    b = a.with_arrays(ids=np.array([f"other/{i}" for i in range(240)]))
    with pytest.raises(SeparationError, match=r"a and b have 0 images in common .*0000\.png.*other/0"):
        compare([a, b], ["a", "b"])


@pytest.mark.parametrize(("names", "word"), [(["a"], "two or more"), (["a", "a"], "given twice")])
def test_one_file_is_not_compared_with_itself(names, word):
    with pytest.raises(SeparationError, match=word):
        compare([latents()] * len(names), names)


def test_an_image_is_held_out_only_if_no_encoder_saw_it():
    train_a = np.where(np.arange(240) < 100, "train", "validation")
    train_b = np.where(np.arange(240) < 140, "train", "unseen")
    result = compare([latents(split=train_a), latents(split=train_b, seed=1)], ["a", "b"])
    assert (result.scored, result.fitted_on, result.scored_on) == ("held-out", 140, 100)
    alone = compare([latents(split=train_a), latents(seed=1)], ["a", "b"])
    assert alone.scored == "all"
    assert any("does not say which images" in caveat for caveat in alone.caveats)


def test_scores_and_pixel_pca_are_those_of_the_report():
    z = latents(4.0, baseline=np.random.default_rng(9).normal(size=(240, 5)).astype(np.float32))
    result, alone = compare([z, latents(seed=1)], ["z", "other"]), judge(z)
    assert result.files[0].scores["knn15"] == alone.scores["knn15"]
    assert result.files[0].scores["probe"] == alone.scores["probe"]
    assert result.files[1].scores["probe"].pixel_pca is None


def test_labels_can_be_in_one_file_and_disagreement_is_reported():
    result = compare([latents(labeled=False), latents(seed=1)], ["a", "b"])
    assert result.classes == {"ant": 80, "bee": 80, "cat": 80}
    odd = latents(seed=1).with_arrays(labels=np.full(240, "dog"))
    disagreeing = compare([latents(), odd], ["a", "b"])
    assert disagreeing.classes == {"ant": 80, "bee": 80, "cat": 80}
    assert any("disagree about labels" in caveat for caveat in disagreeing.caveats)


def test_without_labels_only_agreement_is_reported():
    result = compare([latents(labeled=False), latents(labeled=False, seed=1)], ["a", "b"])
    assert result.differences == ()
    assert result.files[0].scores == {}
    assert result.k == 10
    assert "Without labels" in result.sentences[0]
    assert "DIFFERENCES" not in to_text(result)


def test_an_impossible_number_of_clusters_is_refused():
    with pytest.raises(SeparationError, match="240 images cannot make 300 clusters"):
        compare([latents(), latents(seed=1)], ["a", "b"], Options(clusters=300))


def test_silhouettes_are_not_compared_and_the_reason_is_given():
    result = compare([latents(), latents(seed=1)], ["a", "b"])
    assert any("Silhouettes are not compared" in caveat for caveat in result.caveats)
    assert "silhouette" not in {key for file in to_json(result)["files"] for key in file}


def test_no_line_is_wider_than_a_hundred_columns():
    result = compare(
        [latents(), latents(seed=1)], ["a/very/long/path/to/one.npz", "another/very/long/path/to/two.npz"]
    )
    lines = to_text(result).splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("  a/very/lo.../one.npz") for line in lines)


run = partial(invoke, "compare")


@pytest.fixture
def files(tmp_path) -> list[Path]:
    paths = [tmp_path / "good.npz", tmp_path / "bad.npz"]
    for path, value in zip(paths, (latents(5.0), latents(1.0, seed=1)), strict=True):
        with path.open("wb") as stream:
            write_latents(value, stream)
    return paths


def test_the_command_prints_a_screen(files):
    done = run(*files)
    assert done.exit_code == 0, done.output
    heads = [line.split("   ")[0] for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert heads == ["COMPARISON", "SCORES", "DIFFERENCES", "AGREEMENT", "CAVEATS"]


def test_the_command_prints_json_the_same_bytes_every_time(files):
    done = run(*files, "--json", "--seed", 2, "--clusters", 4)
    result = json.loads(done.stdout)
    assert list(result) == [
        "schema", "n", "classes", "scored", "fitted_on", "scored_on", "files", "differences", "agreement", "k", "sentences", "caveats", "seed",
    ]  # fmt: skip
    assert (result["schema"], result["k"], result["seed"]) == ("latentkit.compare/1", 4, 2)
    assert result["files"][0]["name"] == str(files[0])
    assert done.stdout == run(*files, "--json", "--seed", 2, "--clusters", 4).stdout


def test_an_invalid_number_of_clusters_is_a_usage_error(files):
    done = run(*files, "--clusters", "some")
    assert done.exit_code == 2
    assert "neither a number of clusters nor auto" in done.stderr
