"""Comparing latent spaces of the same images, and `latentkit compare`."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import invoke

from latentkit.errors import FormatError, SeparationError
from latentkit.formats.latents import Latents, read_latents, write_latents
from latentkit.separation.compare import compare
from latentkit.separation.compare.record import to_json
from latentkit.separation.compare.text import to_text
from latentkit.separation.options import Options


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


def test_the_second_file_is_better_and_by_how_much():
    result = compare([latents(1.0, seed=1), latents(5.0)], ["bad", "good"])
    for which in ("knn15", "probe", "ari"):
        one = differences(result)["bad", "good", which]
        values = [file.scores[which] for file in result.files]
        assert one.difference == pytest.approx(values[1] - values[0])
        assert 0 < one.low < one.difference < one.high
        assert one.p <= one.p_pair == one.p_holm < 0.05
        assert one.better == "good"
    assert result.verdict == "better"
    values = [f"{file.scores['knn15']:.1%}" for file in result.files]
    points = 100 * differences(result)["bad", "good", "knn15"].difference
    assert result.sentences[0] == (
        f"Better by {points:.1f} points: good gives the right class of {values[1]} of the images, bad of {values[0]}."
    )


def test_the_order_of_the_files_changes_only_the_sign():
    a, b = latents(4.0), latents(2.0, seed=1)
    one, other = compare([a, b], ["a", "b"]), compare([b, a], ["b", "a"])
    for which in ("knn15", "probe", "ari"):
        forward, back = differences(one)["a", "b", which], differences(other)["b", "a", which]
        assert forward.difference == pytest.approx(-back.difference)
        assert forward.p == pytest.approx(back.p)
        assert forward.better == back.better == "a"
    assert (one.verdict, other.verdict) == ("worse", "better")
    assert one.sentences[0].replace("Worse", "Better").split(":")[0] == other.sentences[0].split(":")[0]


def test_a_space_and_its_rotation_do_not_differ():
    z = latents()
    rotated = z.with_arrays(mu=np.ascontiguousarray(z.mu[:, ::-1] * 3 + 1))
    result = compare([z, rotated], ["z", "rotated"])
    assert [one.difference for one in result.differences] == [0.0, 0.0, 0.0]
    assert [one.better for one in result.differences] == [None, None, None]
    agreement = result.agreement[0]
    assert agreement.neighbors > 0.99
    assert agreement.cka == pytest.approx(1.0, abs=1e-5)
    assert agreement.clusters_ari > 0.95
    assert result.verdict == "cannot tell"
    assert result.sentences[0].startswith("Cannot tell: rotated gives the right class of ")


def test_where_it_cannot_be_told_the_size_that_would_show_is_given():
    result = compare([latents(2.0), latents(2.1, seed=1)], ["a", "b"])
    assert result.verdict == "cannot tell"
    visible = max(result.differences[:2], key=lambda one: abs(one.difference)).visible
    assert result.sentences[1] == (
        f"With 240 images, a difference of {100 * visible:.1f} points or more would show."
    )
    assert visible > max(abs(one.difference) for one in result.differences[:2])


def test_better_by_one_score_and_worse_by_another_is_told_as_both():
    """A wide direction without classes hides them from clusters and neighbors, but not from a probe."""
    wide, plain = latents(4.0, seed=1), latents(2.0)
    noise = np.random.default_rng(5).normal(size=240) * 20
    wide = wide.with_arrays(mu=np.column_stack([wide.mu, noise]).astype(np.float32))
    result = compare([plain, wide], ["plain", "wide"])
    assert differences(result)["plain", "wide", "probe"].better == "wide"
    assert differences(result)["plain", "wide", "ari"].better == "plain"
    assert result.verdict == "mixed"
    assert "but not by every score: " in result.sentences[0]


def test_more_files_are_ranked_and_the_best_is_named_first():
    result = compare([latents(2.0), latents(5.0, seed=1), latents(1.0, seed=2)], ["a", "b", "c"])
    assert [file.rank for file in result.files] == [2, 1, 3]
    assert result.verdict == "b"
    assert result.sentences[0].startswith("Best of 3: b, better than a and c by ")
    lines = to_text(result).splitlines()
    assert lines[0] == result.sentences[0]
    start = next(at for at, line in enumerate(lines) if line.startswith("FILES"))
    assert [line.split()[:2] for line in lines[start + 2 : start + 5]] == [["1", "b"], ["2", "a"], ["3", "c"]]


def test_the_best_of_more_files_is_not_named_where_two_are_alike():
    result = compare([latents(5.0), latents(1.0, seed=1), latents(5.0, seed=2)], ["a", "b", "c"])
    assert result.verdict == "cannot tell"
    assert result.sentences[0].startswith("Cannot tell which of 3 is best: ")
    assert " is better than b by " in result.sentences[1]


def test_what_is_said_of_a_pair_changes_with_more_files_only_if_that_is_said():
    two = [latents(2.0, n=150), latents(2.5, n=150, seed=1)]
    others = [latents(1.0, n=150, seed=seed) for seed in range(2, 6)]
    pair = compare(two, ["a", "b"])
    many = compare([*two, *others], ["a", "b", "c", "d", "e", "f"])
    for which in ("knn15", "probe", "ari"):
        alone, among = differences(pair)["a", "b", which], differences(many)["a", "b", which]
        assert (alone.difference, alone.p, alone.p_holm) == (among.difference, among.p, among.p_pair)
        assert among.p_holm >= among.p_pair
    assert pair.verdict == many.pairs[0].alone == "better"
    assert many.pairs[0].verdict == "cannot tell"
    assert "b against a: better counted alone; corrected for 45 comparisons, cannot tell." in many.sentences


def test_all_pairs_are_corrected_together():
    result = compare([latents(5.0), latents(1.0, seed=1), latents(5.0, seed=2)], ["a", "b", "c"])
    assert [(one.a, one.b) for one in result.agreement] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert len(result.differences) == 9
    assert min(one.p_holm for one in result.differences) == pytest.approx(
        9 * min(one.p for one in result.differences)
    )


@pytest.mark.parametrize("n", [2, 18])
def test_twenty_images_are_too_few(n):
    result = compare([latents(1.0, n=n), latents(9.0, n=n, seed=1)], ["a", "b"])
    assert result.verdict == "too few images"
    assert to_text(result).startswith(f"Too few images: {n} with labels cannot tell")
    assert result.differences == result.pairs == ()


def test_copies_of_images_do_not_make_more_images():
    digest = np.array([f"{i % 15}" for i in range(240)])
    result = compare([latents(1.0, digest=digest), latents(9.0, seed=1, digest=digest)], ["a", "b"])
    assert result.verdict == "too few images"


def test_r2_is_that_of_the_images_in_common_and_never_guessed():
    one, mse = np.ones(240, np.float32), np.linspace(0.1, 0.3, 240, dtype=np.float32)
    full = latents(mse=mse, pixel_variance=one)
    part = {key: array[:100] for key, array in latents(seed=1, mse=mse).arrays.items()}
    result = compare([full, Latents(part)], ["full", "part"])
    assert result.files[0].r2 == pytest.approx(1 - mse[:100].mean())
    assert result.files[1].mse == pytest.approx(mse[:100].mean())
    assert result.files[1].r2 is None
    rows = [line.split() for line in to_text(result).splitlines() if line.startswith(("  1", "  2"))]
    assert {row[1]: row[-1] for row in rows} == {"full": f"{result.files[0].r2:.3f}", "part": "-"}


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


def test_all_labeled_images_are_scored_whatever_the_split():
    labels = np.where(np.arange(240) < 40, "", latents().arrays["labels"])
    split = np.where(np.arange(240) < 100, "train", "validation")
    result = compare([latents(5.0, labels=labels, split=split), latents(seed=1, labels=labels)], ["a", "b"])
    assert result.scored_on == 200
    assert any("40 images without labels" in caveat for caveat in result.caveats)


def test_labels_can_be_in_one_file_and_disagreement_is_reported():
    result = compare([latents(labeled=False), latents(seed=1)], ["a", "b"])
    assert result.classes == {"ant": 80, "bee": 80, "cat": 80}
    assert result.verdict == "cannot tell"
    odd = latents(seed=1).with_arrays(labels=np.full(240, "dog"))
    disagreeing = compare([latents(), odd], ["a", "b"])
    assert disagreeing.classes == {"ant": 80, "bee": 80, "cat": 80}
    assert any("disagree about labels" in caveat for caveat in disagreeing.caveats)


def test_without_labels_only_agreement_is_reported():
    result = compare([latents(labeled=False), latents(labeled=False, seed=1)], ["a", "b"])
    assert result.differences == ()
    assert result.files[0].scores == {}
    assert result.k == 10
    assert result.verdict == "no labels"
    assert "add --labels CSV" in result.sentences[0]
    assert "TESTS" not in to_text(result)


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
    assert any(line.startswith(("  1  a/very/lo.../one.npz", "  2  a/very/lo.../one.npz")) for line in lines)


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
    heads = [line.split(" ")[0] for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert heads == ["Worse", "FILES", "TESTS", "AGREEMENT", "CAVEATS"]


def test_the_command_takes_runs_with_latents_in_them(files, tmp_path):
    for file in files:
        (tmp_path / file.stem).mkdir()
        file.rename(tmp_path / file.stem / "latents.npz")
    done = run(tmp_path / "good", tmp_path / "bad", "--json")
    assert json.loads(done.stdout)["files"][0]["name"] == str(tmp_path / "good")


def test_a_run_without_latents_is_refused_with_the_command_that_makes_them(files, tmp_path):
    empty = tmp_path / "run"
    empty.mkdir()
    (empty / "run.json").write_text('{"schema": "latentkit.run/1"}')
    with pytest.raises(FormatError, match=f"latentkit embed {empty} IMAGES -o {empty}/latents.npz"):
        read_latents(str(empty), name=str(empty))


def test_the_command_prints_json_the_same_bytes_every_time(files):
    done = run(*files, "--json", "--seed", 2, "--clusters", 4)
    result = json.loads(done.stdout)
    assert list(result) == [
        "schema", "n", "classes", "scored_on", "files", "verdict", "pairs", "differences", "agreement", "k", "sentences", "caveats", "seed",
    ]  # fmt: skip
    assert (result["schema"], result["k"], result["seed"]) == ("latentkit.compare/2", 4, 2)
    assert result["files"][0]["name"] == str(files[0])
    assert done.stdout == run(*files, "--json", "--seed", 2, "--clusters", 4).stdout


def test_an_invalid_number_of_clusters_is_a_usage_error(files):
    done = run(*files, "--clusters", "some")
    assert done.exit_code == 2
    assert "neither a number of clusters nor auto" in done.stderr
