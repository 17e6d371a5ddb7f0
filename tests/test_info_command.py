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
    weights = found["latents"].pop("weights")
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


def test_text_has_one_fact_per_line(info, trained, z):
    for source in (trained, z):
        facts = json.loads(info(source, "--json"))
        lines = dict(line.split(": ", 1) for line in info(source).splitlines())
        for name, value in lines.items():
            found = facts
            rest = name
            while rest:  # names may contain dots: take the longest that matches
                key = max((key for key in found if rest == key or rest.startswith(f"{key}.")), key=len)
                found, rest = found[key], rest[len(key) + 1 :]
            assert value == (found if isinstance(found, str) else json.dumps(found))


def test_latents_can_come_through_a_pipe(sh, z):
    done = sh("latentkit info < z.npz - | head -n 2; cat z.npz | latentkit info - --json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("latents.schema: latentkit.latents/1\n")
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
    assert "labels.red\\x1b[31m: 1" in words


def test_names_of_nested_facts_are_joined_by_dots_and_lists_stay_on_one_line():
    assert summary.to_text({"a": {"b": {"c": 1.5}, "d": "text"}, "e": [1, [2]], "f": None}).splitlines() == [
        "a.b.c: 1.5",
        "a.d: text",
        "e: [1, [2]]",
        "f: null",
    ]
