"""`latentkit report` at the command line."""

import json
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from harness import LATENTKIT, cpu_seconds, invoke

from latentkit import shell
from latentkit.formats.latents import Latents, write_latents

run = partial(invoke, "report")


def program(*arguments, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*LATENTKIT, "report", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def z(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    codes = np.arange(180) % 3
    mu = rng.normal(size=(180, 4))
    mu[np.arange(180), codes] += 5
    path = tmp_path / "z.npz"
    with path.open("wb") as stream:
        ids, labels = np.array([f"{i:03d}.png" for i in range(180)]), np.array(["ant", "bee", "cat"])[codes]
        write_latents(Latents({"ids": ids, "mu": mu.astype(np.float32), "labels": labels}), stream)
    return path


def test_a_screen_of_words_goes_to_stdout(z):
    done = run(z)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("VERDICT   separable: separated   visible: yes")
    assert done.stderr == ""


def test_json_has_the_documented_keys_from_a_pipe_too(z):
    done = run("--json", stdin=z.read_bytes())
    result = json.loads(done.stdout)
    assert result["schema"] == "latentkit.report/2"
    assert list(result) == [
        "schema", "n", "dims", "space", "classes", "unlabelled", "scored_on", "cross_validation", "verdict", "pairs",
        "confusion", "scores", "benefit", "silhouette", "davies_bouldin", "calinski_harabasz", "gdv", "clustering", "structure",
        "visible_in", "latent", "suggestions", "caveats", "thresholds", "seed",
    ]  # fmt: skip
    assert result["classes"] == {"ant": 60, "bee": 60, "cat": 60}
    assert list(result["scores"]["knn15"])[:3] == ["value", "low", "high"]
    assert {"majority", "pixel_pca", "beats_pixel_pca"} <= result["scores"]["probe"].keys()
    assert set(result["silhouette"]["per_class"]) == {"ant", "bee", "cat"}
    assert {"ari", "ami", "accuracy", "spread", "low"} <= result["clustering"]["gmm"].keys()
    assert {"p", "k", "n"} <= result["structure"].keys()
    assert {"active_units", "dead", "effective_rank", "kl_per_dim"} <= result["latent"].keys()


def test_the_same_command_twice_gives_the_same_bytes(z):
    assert program(z, "--json", "--seed", 3).stdout == program(z, "--json", "--seed", 3).stdout != b""


def test_labels_come_from_a_csv(z, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text(
        "id,label\n" + "".join(f"{i:03d}.png,{'odd' if i % 2 else 'even'}\n" for i in range(180))
    )
    result = json.loads(run(z, "--labels", table, "--json").stdout)
    assert result["classes"] == {"even": 90, "odd": 90}
    assert result["verdict"]["separable"] in ("cannot say", "no evidence")


def test_a_bare_array_from_elsewhere_gets_the_same_report(z, tmp_path):
    from latentkit.formats.latents import read_latents

    mine = read_latents(z, name="z")
    np.save(tmp_path / "mu.npy", mine.mu)
    (tmp_path / "labels.csv").write_text("".join(f"{label}\n" for label in mine.labels))
    result = json.loads(run(tmp_path / "mu.npy", "--labels", tmp_path / "labels.csv", "--json").stdout)
    assert result == json.loads(run(z, "--json").stdout)


def test_met_requirements_exit_0(z):
    done = run(z, "--require", "separated", "--require", "visible", "--require", "knn15>=0.9")
    assert done.exit_code == 0


def test_unmet_requirements_exit_3_after_the_report(z):
    done = program(z, "--require", "separated", "--require", "min_pair_auc>1", "--require", "probe>=2")
    assert done.returncode == 3
    assert done.stdout.startswith(b"VERDICT")
    line = done.stderr.decode()
    assert line.count("\n") == 1
    assert "min_pair_auc>1 (min_pair_auc is" in line
    assert "probe>=2 (probe is" in line
    assert "separated" not in line


def test_a_failed_requirement_raises_unmet_requirement(z):
    assert isinstance(run(z, "--require", "n>1000").exception, shell.UnmetRequirement)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--require", "knn15=>1"], "is not a condition"),
        (["--clusters", "many"], "neither a number of clusters nor auto"),
        (["--alpha", "0.9"], "0.5"),
        (["--separated-auc", "0.2"], "0.5"),
        (["--seed", "-1"], "0"),
    ],
)
def test_an_invalid_option_is_a_usage_error(z, arguments, word):
    done = run(z, *arguments)
    assert done.exit_code == 2
    assert word in done.stderr


def test_thresholds_and_clusters_reach_the_report(z):
    done = run(z, "--json", "--clusters", 4, "--separated-auc", 0.99, "--min-class", 30, "--alpha", 0.1)
    result = json.loads(done.stdout)
    assert result["clustering"]["k"] == 4
    assert result["thresholds"] == {
        "separated_auc": 0.99, "visible_ari": 0.5, "min_class": 30, "max_se": 0.05, "alpha": 0.1,
        "min_stability": 0.75, "active_variance": 0.01,
    }  # fmt: skip


def test_a_class_name_cannot_move_the_cursor(z, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("".join(f"{['a', chr(27) + '[2J'][i % 2]}\n" for i in range(180)))
    done = run(z, "--labels", table, "--details")
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J" in done.stdout


def test_a_missing_projection_is_one_line_and_exit_1(z):
    done = program(z, "--on", "umap")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().count("\n") == 1
    assert b"`latentkit project --method umap` first" in done.stderr


def test_two_hundred_rows_take_little_more_work_than_starting_scikit_learn(z):
    """Four seconds, half of which are imports, are the bar (`make bench`); machines differ, and this ratio does not."""
    start = ["-c", "import sklearn.cluster, sklearn.linear_model, sklearn.neighbors"]
    spent = [(cpu_seconds("-m", "latentkit", "report", z, "--json"), cpu_seconds(*start)) for _ in range(3)]
    report, imports = map(min, zip(*spent, strict=True))
    assert report <= 2 * imports
