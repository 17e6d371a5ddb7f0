"""The one screen."""

from dataclasses import replace

import numpy as np
import pytest

from latentkit.formats.latents import Latents
from latentkit.separation.report import judge, to_json, to_summary, to_text
from latentkit.text import table


def latents(each=60, distance=7.0, names=("ant", "bee", "cat"), labeled=True, **more) -> Latents:
    rng = np.random.default_rng(0)
    codes = np.tile(np.arange(len(names)), each)
    mu = rng.normal(size=(len(codes), 6))
    mu[np.arange(len(codes)), codes] += distance / 2**0.5
    arrays = {"ids": np.array([f"{i:04d}" for i in range(len(codes))]), "mu": mu.astype(np.float32)}
    if labeled:
        arrays["labels"] = np.array(names)[codes]
    return Latents({**arrays, **more})


def flat(text):
    return " ".join(text.split())


def test_the_screen_goes_from_the_verdict_to_the_caveats():
    lines = to_text(judge(latents())).splitlines()
    heads = [line.split("   ")[0] for line in lines if line and not line.startswith(" ")]
    assert heads == [
        "VERDICT",
        "PAIRS OF CLASSES",
        "SCORES",
        "TIGHTNESS",
        "WITHOUT LABELS",
        "VISIBLE IN",
        "LATENTS",
        "ALSO",
        "CAVEATS",
    ]


def test_no_line_is_wider_than_a_hundred_columns():
    names = tuple(f"a class with a name of great length, number {i}" for i in range(4))
    z = latents(names=names, logvar=np.full((240, 6), -2, np.float32), baseline=np.ones((240, 2), np.float32))
    for report in (judge(z), judge(latents(labeled=False))):
        assert max(len(line) for line in to_text(report).splitlines()) <= 100


def test_the_screen_is_one_screen():
    assert len(to_text(judge(latents())).splitlines()) <= 50


def test_separate_and_visible_classes_are_reported_in_words():
    text = flat(to_text(judge(latents())))
    assert "VERDICT separable: separated visible: yes (180 images, 6 latents, 3 classes)" in text
    assert "Your classes separate: a simple classifier tells every pair apart" in text
    assert (
        "The classes are visible without labels: seen in PCA; found by k-means (1.00) and Gaussian mixture (1.00)"
        in text
    )
    assert "Assign every image to a cluster: `latentkit cluster FILE -o clusters.npz`" in text


def test_separable_classes_that_clustering_does_not_find_are_explained():
    text = flat(to_text(judge(latents(each=600, distance=2.5))))
    assert "separable: separated visible: no" in text
    assert (
        "The classes are only partly visible without labels: partly seen in PCA; partly found by k-means"
        in text
    )
    assert "Next: Try the clustering that follows curved shapes" in text


def test_the_hardest_pair_comes_first_and_the_most_confused_class_is_named():
    z = latents(each=100, distance=0.0)
    mu = z.mu.copy()
    mu[:, 0] += np.select([z.labels == "ant", z.labels == "bee"], [-1.6, 1.6])  # and cat between the two
    text = to_text(judge(z.with_arrays(mu=mu)))
    assert "separable: partly" in text
    pairs = [line for line in text.splitlines() if " / " in line]
    areas = [float(line.split()[6]) for line in pairs if line.split()[1:2] == ["/"]]
    assert areas == sorted(areas)
    assert "cat is confused with other classes the most" in flat(text)


def test_classes_that_do_not_differ_are_not_called_equal():
    text = flat(to_text(judge(latents(each=200, distance=0.0))))
    assert "There is no evidence that your classes differ" in text
    assert "does not prove that the classes are the same" in text


def test_groups_found_without_labels_are_listed():
    text = flat(to_text(judge(latents(labeled=False))))
    assert "There are groups in your images: 3 clusters" in text
    assert "cluster images stability" in text
    assert "PAIRS" not in text


def test_names_are_escaped_wherever_they_stand():
    text = to_text(judge(latents(names=("ant", "bee", "evil\x1b[31m"))))
    assert "evil\\x1b[31m" in text
    assert "\x1b" not in text


def test_only_the_ten_hardest_of_many_pairs_are_listed():
    text = to_text(judge(latents(each=12, names=("a", "b", "c", "d", "e", "f"))))
    assert text.count(" / ") == 10 * 2
    assert "... and 5 pairs that are further apart (use --json for all)" in text


def test_columns_of_a_table_are_aligned():
    assert table([("pair", "n"), ("a", "10"), ("longer", "7")]) == [
        "  pair     n",
        "  a       10",
        "  longer   7",
    ]


@pytest.mark.parametrize("rows", [2, 5])
def test_a_handful_of_rows_prints(rows):
    z = Latents({"ids": np.array(list("abcde")[:rows]), "mu": np.eye(5, dtype=np.float32)[:rows]})
    assert "too few to say" in flat(to_text(judge(z)))


def test_clusters_that_are_not_the_classes_are_distinguished_from_one_cloud():
    z = latents(each=80)
    for share, word in ((0.0, "not found"), (0.75, "partly found")):
        shuffled = np.random.default_rng(0).permutation(z.labels)
        labels = np.where(np.random.default_rng(1).random(len(z)) < share, z.labels, shuffled)
        text = flat(to_text(judge(z.with_arrays(labels=labels))))
        assert f"{word} by k-means" in text, text[:900]


def test_missing_evidence_is_not_told_as_a_fact():
    z = latents(each=80)
    shuffled = np.random.default_rng(0).permutation(z.labels)
    text = flat(to_text(judge(z.with_arrays(labels=shuffled, baseline=z.mu[:, ::-1].copy()))))
    assert "Whether the VAE does better than the pixels cannot be told with 240 images" in text
    assert "does not help" not in text


SHORT_LINES = 8


def test_the_short_report_is_a_few_plain_lines_and_one_table():
    z = latents(each=80)
    text = to_summary(judge(z.with_arrays(baseline=z.mu[:, ::-1].copy())))
    words, figures = text.split("\n\n")
    assert len(words.splitlines()) <= SHORT_LINES
    for term in ("AUC", "ARI", "Holm", "GDV", "15-NN", "probe", "Gaussian cloud", "Rand"):
        assert term not in text
    rows = {line[:19].strip(): line.split()[-3:] for line in figures.splitlines()[1:4]}
    assert list(rows) == ["nearest neighbors", "simple classifier", "clusters"]
    assert rows["nearest neighbors"][2] == "0.333"


def test_the_short_report_without_labels_has_no_table():
    assert "guessing" not in to_summary(judge(latents(labeled=False)))


def test_advice_follows_the_training_that_the_latents_record():
    z = latents(each=200, distance=1.8)
    options = {"augment": "none", "latent": 6, "epochs": 50}
    before = judge(replace(z, meta={**z.meta, "training": {"options": options}}))
    assert "--augment denoise" in (before.suggestions[0].command or "")
    done = {**options, "augment": "denoise"}
    after = judge(replace(z, meta={**z.meta, "training": {"options": done}}))
    assert not any("denoise" in (one.command or "") for one in after.suggestions)
    assert to_json(after)["suggestions"][0]["text"] == after.suggestions[0].text
