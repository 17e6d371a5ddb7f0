"""`latentkit info`: what a run or a file of latents holds."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from latentkit import summary
from latentkit.errors import FormatError
from latentkit.formats.run import read_record


@pytest.fixture
def info(command, capsys):
    def info(*arguments) -> str:
        capsys.readouterr()
        command("info", *arguments)
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return info


@pytest.fixture
def z(command, trained, blobs) -> Path:
    command("embed", trained, blobs, "-o", "z.npz")
    return Path("z.npz")


def test_a_run_is_described_by_its_record(info, trained):
    found = json.loads(info(trained, "--json"))
    assert found.pop("run") == str(trained)
    last = found.pop("last")
    assert (last["epoch"], sorted(last["validation"])) == (
        30,
        ["active_units", "bits_per_dim", "kl", "loss", "mse", "r2", "reconstruction"],
    )
    assert found == read_record(trained)


def test_a_run_that_has_not_been_validated_has_no_last(info, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "history.jsonl").unlink()
    assert json.loads(info("run", "--json"))["last"] is None


def test_latents_are_described(info, z):
    found = json.loads(info(z, "--json"))
    weights, training = (found["latents"].pop(key) for key in ("weights", "training"))
    assert training["options"]["latent"] == 4
    assert re.fullmatch("[0-9a-f]{32}", weights)
    assert found["latents"] == {"schema": "latentkit.latents/1", "image": [8, 8, 3], "fit": "crop"}
    assert (found["n"], found["dims"]) == (60, 4)
    assert found["arrays"]["mu"] == {"shape": [60, 4], "dtype": "float32"}
    assert found["labels"] == {"blue": 20, "green": 20, "red": 20}
    assert found["split"] == {"train": 54, "validation": 6}
    assert "projections" not in found


def test_projections_are_described(info, command, z):
    command("project", z, "-o", "p.npz")
    assert json.loads(info("p.npz", "--json"))["projections"]["latest"] == "pca"


def test_text_is_one_screen_without_arrays(info, command, trained, z):
    command("project", z, "-o", "p.npz")
    for source in (trained, "p.npz"):
        lines = info(source).splitlines()
        assert len(lines) <= 23
        assert max(map(len, lines)) <= 80 or str(trained) in lines[0]
        assert not any("[" in line for line in lines)
    assert "arrays: ids, mu, " in info("p.npz")
    assert "float32" not in info("p.npz")
    assert "projections: pca (2 dimensions, latest" in info("p.npz")


def test_text_has_the_options_and_metrics_of_a_run(info, trained):
    text, best = " ".join(info(trained).split()), read_record(trained)["best"]
    assert "options: size 8, color auto, " in text
    assert "bits_per_dim" in text
    assert "kl_per_dim" not in text
    assert f"best: step {best['step']}, epoch {best['epoch']}, loss " in text


def test_latents_can_come_through_a_pipe(sh, z):
    done = sh("latentkit info < z.npz - | head -n 2; cat z.npz | latentkit info - --json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("latents: schema latentkit.latents/1, ")
    assert json.loads(done.stdout[done.stdout.index("{\n") :])["n"] == 60


def test_latents_made_elsewhere_are_described(info, tmp_path):
    np.save(tmp_path / "mu.npy", np.zeros((5, 3), np.float32) + np.arange(5, dtype=np.float32)[:, None])
    found = json.loads(info("mu.npy", "--json"))
    assert (found["n"], found["dims"], list(found["arrays"])) == (5, 3, ["ids", "mu"])


def test_a_folder_that_is_not_a_run_says_so(command, tmp_path):
    with pytest.raises(FormatError, match="is not a run: it has no run"):
        command("info", tmp_path)


def test_escapes_in_names_do_not_reach_the_terminal(info, command, make_blobs, trained):
    images = make_blobs("images", each=1)
    (images / "red").rename(images / "red\x1b[31m")
    command("embed", trained, images, "-o", "z.npz")
    words = info("z.npz")
    assert "\x1b" not in words
    assert "red\\x1b[31m 1" in words


def test_names_of_nested_facts_are_joined_by_dots_and_lists_are_left_out():
    facts = {"a": {"b": {"c": 1.5}, "d": "text", "e": [1]}, "f": None, "g": True, "h": {"i": "x" * 50}}
    lines = summary.to_text(facts).splitlines()
    assert lines == ["a: b.c 1.5, d text", "g: true", f"h: i {'x' * 19}...{'x' * 18}"]


def test_of_many_classes_the_first_are_named_and_the_others_counted():
    text = summary.to_text({"labels": {f"class {n}": n for n in range(100)}})
    assert text.replace("\n ", "").endswith("class 23 23, and 76 more (--json)")
    assert len(text.splitlines()) < 8
