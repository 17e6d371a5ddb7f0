"""`latentkit diagnose`, the findings that `train` prints, and that both are silent about healthy runs."""

import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from test_diagnosis_lines import FOUNDING

from latentkit import shell
from latentkit.demo import write_digits
from latentkit.errors import FormatError
from latentkit.formats import history
from latentkit.formats.run import read_record
from latentkit.formats.tensors import read_tensors, write_tensors

OPTIONS = "--backend numpy --size 8 --arch mlp --width 64 --latent 8 --epochs 12 --batch 32 --lr 0.003 --no-pictures"
SMALL = OPTIONS.split()


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "digits"
    write_digits(folder)
    return folder


@pytest.fixture
def stdin(monkeypatch):
    """Return a function that puts a text on standard input."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def findings(run: Path) -> list[dict]:
    return [
        line["finding"] for line in history.read_history(run / "history.jsonl").lines if "finding" in line
    ]


# The founding case -------------------------------------------------------------------------------


def test_the_findings_of_the_founding_log_are_sorted_by_severity(command, stdin, capsys):
    stdin(FOUNDING)
    command("diagnose", "--json")
    result = json.loads(capsys.readouterr().out)
    assert result["schema"] == "latentkit.diagnosis/2" and result["healthy"] is False
    assert [(each["severity"], each["id"]) for each in result["findings"]] == [
        ("error", "P2"),
        ("error", "P3"),
        ("warning", "P1"),
        ("warning", "P4"),
        ("warning", "P5"),
    ]
    assert [each["id"] for each in result["findings"] if each["confirm"]] == ["P4", "P5"]
    known = {*result["checked"], *(each["id"] for each in result["not_checked"])}
    assert known == {f"P{number}" for number in range(1, 28) if number != 19}


@pytest.mark.parametrize(
    "words",
    [
        "share of pixels that are exactly 0 or 1 and equal the rounded reconstruction",
        "the mean over 2164 steps, so the loss of every step was 0",
        "the accuracy of 1 means that output and target were equal, or both empty",
        "the validation loss of 3,785,921 is 568 times the training loss of 6,669",
        "`validation_data=next(X_val)` passes ONE batch",
        "model.fit(X_train, validation_data=X_val)",
        "perhaps only the validation images are in 0..255",
        "latentkit train IMAGES -o run",
        "latentkit embed run IMAGES | latentkit report",
        "P12 latents with labels",
    ],
)
def test_the_founding_log_is_explained_in_the_text(command, stdin, capsys, words):
    stdin(FOUNDING)
    command("diagnose")
    assert words in " ".join(capsys.readouterr().out.split())


def test_require_healthy_names_the_findings(command, stdin):
    stdin(FOUNDING)
    with pytest.raises(shell.UnmetRequirement, match="P2, P3, P1, P4, P5"):
        command("diagnose", "--require", "healthy")


def test_require_healthy_exits_with_3(latentkit):
    done = latentkit("diagnose", "--require", "healthy", input=FOUNDING)
    assert done.returncode == 3
    assert done.stdout.startswith("standard input: a Keras progress log")
    assert done.stderr == "latentkit: --require healthy is not met: P2, P3, P1, P4, P5\n"


# The catalog -------------------------------------------------------------------------------------


def test_the_list_has_one_line_per_rule(command, capsys):
    command("diagnose", "--list")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 26 and lines[7] == "P8  error    The posterior has collapsed"


def test_a_rule_is_explained_with_its_threshold_and_source(command, capsys):
    command("diagnose", "--explain", "p8")
    text = " ".join(capsys.readouterr().out.split())
    assert "KL below 0.1 nat" in text and "Lucas et al. 2019" in text


def test_p19_is_explained_as_normal(command, capsys):
    command("diagnose", "--explain", "P19")
    assert "this is how a VAE learns, and it is never reported" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_rule_is_a_usage_error(latentkit):
    done = latentkit("diagnose", "--explain", "P99")
    assert done.returncode == 2 and "there is no rule 'P99'" in " ".join(done.stderr.split())


def test_escapes_in_a_log_do_not_reach_the_terminal(command, tmp_path, capsys):
    name = "\x1b[31mlog\x1b[0m.csv"
    (tmp_path / name).write_text("epoch,loss,\x1b[2Jbad\n0,3.5,1\n")
    command("diagnose", name)
    assert "\x1b" not in capsys.readouterr().out


# Runs --------------------------------------------------------------------------------------------


def test_latents_of_another_run_are_refused(command, trained, blobs, tmp_path):
    command("embed", trained, blobs, "-o", "z.npz", "--quiet")
    command("diagnose", trained, "--latents", "z.npz")
    other = shutil.copytree(trained, tmp_path / "other")
    weights, about = read_tensors(other / "weights.safetensors")
    write_tensors(other / "weights.safetensors", {name: 2 * value for name, value in weights.items()}, about)
    with pytest.raises(
        FormatError, match=r"^the file holds latents of other weights \(.{8}\) than .*other has"
    ):
        command("diagnose", other, "--latents", "z.npz")
    (other / "weights.safetensors").unlink()
    command("diagnose", other, "--latents", "z.npz")  # without weights there is nothing to compare


def test_a_healthy_run_is_reported_as_healthy_and_its_history_has_notes_at_most(
    command, digits, tmp_path, capsys
):
    command("train", digits, "-o", "run", *SMALL)
    messages = capsys.readouterr().err
    assert (
        "no problems found in the metrics" in messages
        and "latentkit diagnose run --images IMAGES" in messages
    )
    assert "warning" not in messages and "error P" not in messages
    assert {each["severity"] for each in findings(tmp_path / "run")} <= {"note"}
    command("diagnose", "run", "--images", digits, "--require", "healthy")
    assert "P6" in capsys.readouterr().out.split("checked:")[1].split("not checked")[0]


@pytest.mark.parametrize("latent", [2, 32])
def test_healthy_runs_of_other_sizes_raise_no_error_or_warning(command, digits, tmp_path, latent):
    command("train", digits, "-o", "run", *SMALL, "--latent", latent, "--seed", latent, "--quiet")
    command("diagnose", "run", "--images", digits, "--require", "healthy", "--quiet")
    assert {each["severity"] for each in findings(tmp_path / "run")} <= {"note"}


def test_the_findings_of_a_beta_of_10000_are_printed_once_and_saved(command, digits, tmp_path, capsys):
    command("train", digits, "-o", "run", *SMALL, "--beta", "1e4")
    messages = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("error P8: ") for line in messages) == 1
    assert sum(line.startswith("warning P9: ") for line in messages) == 1
    assert not any("more training may help" in line for line in messages)
    assert messages[-2] == "problems found: P8, P9; for details: latentkit diagnose run"
    saved = findings(tmp_path / "run")
    assert [each["id"] for each in saved if each["severity"] != "note"] == ["P9", "P8"]
    assert saved[0]["fix"]["latentkit"].startswith("latentkit train")


def test_a_resumed_run_repeats_no_finding_and_still_ends_with_a_summary(command, digits, tmp_path, capsys):
    command("train", digits, "-o", "run", *SMALL, "--beta", "1e4")
    before = findings(tmp_path / "run")
    capsys.readouterr()
    command("train", digits, "-o", "run", "--backend", "numpy", "--resume", "--epochs", "14", "--no-pictures")
    messages = capsys.readouterr().err
    assert findings(tmp_path / "run") == before
    assert (
        "error P8" not in messages
        and "problems found: P8, P9; for details: latentkit diagnose run" in messages
    )


def test_a_loss_that_is_not_finite_is_a_finding_and_the_best_weights_are_kept(latentkit, digits, tmp_path):
    done = latentkit(
        "train",
        digits,
        "-o",
        "run",
        *SMALL,
        "--likelihood",
        "bernoulli",
        "--optimizer",
        "rmsprop",
        "--lr",
        "1e30",
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert any(line.startswith("error P7: ") for line in lines)
    assert "problems found: P7, P27; for details: latentkit diagnose run" in lines
    assert lines[-1].startswith("latentkit: the training loss is not finite at step")
    assert read_record(tmp_path / "run")["state"] == "stopped"
    assert (tmp_path / "run" / "weights.safetensors").is_file()
    assert latentkit("diagnose", "run", "--require", "healthy").returncode == 3


def test_a_validation_folder_of_another_class_is_noticed(command, digits, tmp_path, capsys):
    for name in ("0", "1"):
        shutil.copytree(digits / name, tmp_path / "two" / name)
    shutil.copytree(digits / "2", tmp_path / "third" / "2")
    command(
        "train",
        tmp_path / "two",
        "-o",
        "run",
        *SMALL,
        "--epochs",
        "2",
        "--validation",
        tmp_path / "third",
        "--quiet",
    )
    assert "P17" in {each["id"] for each in findings(tmp_path / "run")}


def test_fewer_images_than_latent_dimensions_are_noticed(command, make_blobs, tmp_path):
    command(
        "train", make_blobs("few", each=8), "-o", "run", *SMALL, "--epochs", "2", "--latent", "64", "--quiet"
    )
    titles = {each["title"] for each in findings(tmp_path / "run")}
    assert {"Fewer images than latent dimensions", "Few validation images"} <= titles


def test_info_and_embed_read_a_run_whose_history_has_findings(command, digits, capsys):
    command("train", digits, "-o", "run", *SMALL, "--epochs", "3", "--beta", "1e4", "--quiet")
    command("info", "run", "--json")
    facts = json.loads(capsys.readouterr().out.split("run\n", 1)[1])
    assert facts["last"]["validation"]["loss"] > 0


def test_images_without_a_run_are_refused(command, digits, tmp_path):
    from latentkit.errors import DiagnosisError

    (tmp_path / "log.csv").write_text("epoch,loss\n0,3.5\n")
    with pytest.raises(DiagnosisError, match="name a run folder, or omit --images"):
        command("diagnose", "log.csv", "--images", digits)


def test_a_corrupt_record_is_an_error_that_names_the_file(command, trained, tmp_path):
    from latentkit.errors import FormatError

    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text('{"schema": "latentkit.run/1", "state": "done"}')
    with pytest.raises(FormatError, match=r"run/run\.json"):
        command("diagnose", "run")


@pytest.mark.slow
@pytest.mark.parametrize("latent", [2, 8, 64])
@pytest.mark.parametrize("backend", ["numpy", "torch", "keras"])
def test_healthy_runs_over_seeds_and_sizes_raise_no_error_or_warning(latentkit, digits, backend, latent):
    network = ["--size", 8, "--arch", "mlp", "--lr", 0.003] if backend == "numpy" else ["--size", 16]
    for seed in range(3):
        options = [*network, "--latent", latent, "--epochs", 12, "--batch", 32, "--seed", seed, "--quiet"]
        run = f"run-{seed}"
        assert latentkit("train", digits, "-o", run, "--backend", backend, *options).returncode == 0
        done = latentkit("diagnose", run, "--images", digits, "--require", "healthy", "--json")
        assert done.returncode == 0, (seed, done.stderr)
