"""`latentkit analyze`: one command, one folder, resumable at any step."""

import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from harness import WALL

from latentkit import shell
from latentkit.analysis.analyze import read_verdict
from latentkit.analysis.steps import steps_of
from latentkit.cli import app
from latentkit.errors import FormatError, ImagesError, TrainingError
from latentkit.formats.analysis import read_steps
from latentkit.formats.latents import read_latents
from latentkit.formats.run import read_record
from latentkit.run import Run

SMALL = shlex.split(
    "--backend numpy --size 8 --latent 3 --width 4 --batch 16 --epochs 3 --project pca --cluster kmeans"
)
FILES = {
    "analysis.json",
    "curves.png",
    "diagnosis.txt",
    "latents.npz",
    "page.html",
    "reconstructions.png",
    "report.json",
    "report.txt",
    "run",
    "scan.txt",
}
NAMES = (
    "scan",
    "train",
    "embed",
    "pca",
    "cluster",
    "labels",
    "report",
    "diagnose",
    "curves",
    "reconstructions",
    "page",
)


@pytest.fixture(scope="module")
def finished(blobs, environment, tmp_path_factory) -> Path:
    """The folder of an analysis of `blobs`. Shared: tests copy it."""
    folder = tmp_path_factory.mktemp("analysis") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTKIT_CACHE", environment["LATENTKIT_CACHE"])
        patch.syspath_prepend(environment["PYTHONPATH"])
        try:
            app(["analyze", *SMALL, "-o", str(folder), str(blobs), "--quiet"], standalone_mode=False)
        finally:
            shell.quiet(False)
    return folder


@pytest.fixture
def analyze(command, capsys):
    """Analyze in this process; return the lines on stderr."""

    def run(*arguments):
        command("analyze", *SMALL, "-o", "out", *arguments)
        out, err = capsys.readouterr()
        assert out == "out/page.html\n"
        return err.splitlines()

    return run


@pytest.fixture
def again(analyze, finished, blobs):
    """Analyze the same images again, in a copy of the finished folder."""
    shutil.copytree(finished, "out")
    return lambda *arguments: analyze(blobs, *arguments)


def done_again(lines: list[str]) -> list[str]:
    """The steps that were done, in order."""
    found = [line for line in lines if line.startswith("unchanged since the last time: ")]
    kept = {name for line in found for name in line.partition(": ")[2].split(", ")}
    return [name for name in NAMES if name not in kept]


def latents():
    return read_latents("out/latents.npz", name="latents")


def test_one_command_makes_the_whole_folder(analyze, blobs):
    lines = analyze(blobs)
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert done_again(lines) == list(NAMES)
    assert "[1/11] scan: 60 images, 3 classes" in lines
    assert read_record(Path("out/run"))["options"]["latent"] == 3
    assert set(latents().projections()) == {"pca"}
    assert {"labels", "clusters"} <= set(latents().arrays)
    assert json.loads(Path("out/report.json").read_text())["n"] == 60
    assert b"</html>" in Path("out/page.html").read_bytes()


def test_a_second_call_does_nothing_and_says_the_same(again):
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    stamps = {path: path.stat().st_mtime_ns for path in before}
    lines = again()
    assert lines[0] == f"unchanged since the last time: {', '.join(NAMES)}"
    assert " ".join(lines[1:-1]) == read_verdict(Path("out"))
    assert {path: path.read_bytes() for path in before} == before
    assert {path: path.stat().st_mtime_ns for path in before} == stamps


def test_a_changed_option_says_what_is_done_again(again):
    lines = again("--cluster", "gmm")
    assert "[5/11] cluster again, because --cluster was kmeans and is gmm" in lines
    assert done_again(lines) == ["cluster", "report", "diagnose", "page"]


def test_another_network_is_trained_anew(again):
    lines = again("--latent", "2")
    assert "[2/11] train again, because --latent was 3 and is 2" in lines
    assert done_again(lines) == list(NAMES[1:])
    assert latents().mu.shape == (60, 2)


@pytest.mark.parametrize(("epochs", "steps"), [("5", 20), ("2", 8)])
def test_more_epochs_resume_the_run_and_fewer_train_anew(again, epochs, steps):
    first = Path("out/run/history.jsonl").read_text().splitlines()[0]
    again("--epochs", epochs)
    lines = Path("out/run/history.jsonl").read_text().splitlines()
    assert max(json.loads(line)["step"] for line in lines) == steps
    assert (lines[0] == first) is (epochs == "5")  # a line has the seconds that it took


def test_labels_are_replaced_without_embedding_again(again, finished, tmp_path):
    ids = latents().ids.tolist()
    (tmp_path / "labels.csv").write_text(
        "\n".join(f"{id},{'even' if id[-5] in '02468' else 'odd'}" for id in ids)
    )
    lines = again("--labels", "labels.csv")
    assert "[6/11] labels again, because the labels have changed" in lines
    assert done_again(lines) == ["labels", "report", "diagnose", "page"]
    assert set(latents().labels) == {"even", "odd"}
    again()
    assert set(latents().labels) == {"red", "green", "blue"}


def test_a_wrong_table_of_labels_is_an_error_before_anything_is_trained(analyze, blobs, tmp_path):
    (tmp_path / "labels.csv").write_text("red/00.png,a\nred/01.png\n")
    with pytest.raises(FormatError, match=r"labels\.csv"):
        analyze(blobs, "--labels", "labels.csv")
    assert not Path("out").exists()


def test_images_without_labels_are_analyzed(analyze, tmp_path):
    np.save(tmp_path / "X.npy", np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8))
    assert "[6/11] labels: there are none" in analyze("X.npy")


def test_a_lost_file_is_made_again_with_what_depends_on_it(again):
    Path("out/curves.png").unlink()
    assert done_again(again()) == ["curves"]
    Path("out/latents.npz").unlink()
    expected = [name for name in NAMES if name not in ("scan", "train", "curves", "reconstructions")]
    assert done_again(again()) == expected
    assert {"labels", "clusters", "projection_pca"} <= set(latents().arrays)


def test_changed_images_start_from_the_beginning(analyze, make_blobs):
    images = make_blobs("photos", each=4)
    analyze(images)
    (images / "red" / "00.png").write_bytes((images / "blue" / "00.png").read_bytes())
    lines = analyze(images)
    assert done_again(lines) == list(NAMES)
    assert "[2/11] train again, because the images have changed" in lines


def test_a_run_that_was_trained_further_by_hand_is_embedded_again(again, command, blobs, capsys):
    command("train", blobs, "-o", "out/run", "--resume", "--epochs", "6", "--backend", "numpy")
    capsys.readouterr()
    assert done_again(again()) == list(NAMES[2:])


@pytest.mark.parametrize("name", ["pca", "report", "page"])
def test_after_an_error_in_a_step_the_same_command_continues(again, capsys, monkeypatch, name):
    def fail(*_):
        raise OSError(28, "No space left on device")

    def broken(work):
        return [replace(step, make=fail) if step.name == name else step for step in steps_of(work)]

    with monkeypatch.context() as patch:
        patch.setattr("latentkit.analysis.analyze.steps_of", broken)
        with pytest.raises(OSError, match="No space left"):
            again("--seed", "1")
    words = capsys.readouterr()
    assert words.out == ""
    number = NAMES.index(name) + 1
    assert f"[{number}/11] {name} is not finished; what was done before is saved" in words.err
    lines = again("--seed", "1")
    assert done_again(lines)[0] == name
    assert set(NAMES[: number - 1]) <= set(NAMES) - set(done_again(lines))


def test_a_step_that_is_not_possible_is_left_out(analyze, make_blobs):
    images = make_blobs("few", each=1)
    lines = analyze(images, "--project", "pca,umap")
    left_out = "umap is left out: umap needs at least 4 images, but there are 3: embed more images"
    assert f"[5/12] {left_out}" in lines
    lines = analyze(images, "--project", "pca,umap")
    assert f"[5/12] {left_out}" in lines
    assert "report" not in done_again(lines)


def test_one_image_is_too_few(analyze, make_blobs, capsys):
    with pytest.raises(ImagesError, match="give at least two different images"):
        analyze(make_blobs("few", each=1) / "red")
    assert "train is not finished" in capsys.readouterr().err
    assert Path("out/scan.txt").exists()


def test_a_folder_with_other_files_is_left_alone(analyze, blobs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ImagesError, match="out is a folder with other files in it, not an analysis"):
        analyze(blobs)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_impossible_options_are_an_error_before_any_work(analyze, blobs):
    with pytest.raises(TrainingError, match="--min-lr"):
        analyze(blobs, "--lr", "1e-4", "--min-lr", "1")
    assert not Path("out").exists()


def test_an_unknown_projection_is_a_usage_error(analyze, blobs):
    with pytest.raises(typer.BadParameter, match="'lda' is not one of pca, tsne, umap"):
        analyze(blobs, "--project", "pca,lda")


def test_all_steps_share_one_model(again, monkeypatch):
    for name in ("latents.npz", "curves.png", "reconstructions.png"):
        (Path("out") / name).unlink()
    built, build = [], Run.model.func
    monkeypatch.setattr(Run.model, "func", lambda run: built.append(run) or build(run))
    again()
    assert len(built) == 1


def test_ctrl_c_saves_the_training_and_the_same_command_continues(environment, blobs, tmp_path):
    words = [sys.executable, "-m", "latentkit", "analyze", str(blobs), "-o", "out", *SMALL]
    how = {"cwd": tmp_path, "env": environment, "stdin": subprocess.DEVNULL, "text": True}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        [*words, "--epochs", "100000", "--patience", "100000"],
        **how,
        **pipes,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        history = tmp_path / "out/run/history.jsonl"
        while not (history.exists() and history.read_text()):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WALL)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "latentkit: interrupted"
    assert "[2/11] train is not finished; what was done before is saved" in err
    assert read_record(tmp_path / "out/run")["state"] == "interrupted"
    assert read_steps(tmp_path / "out")["train"].state == "started"


def test_an_interrupted_training_is_resumed_to_the_same_weights(again, command, blobs, capsys, monkeypatch):
    weights = Path("out/run/weights.safetensors").read_bytes()
    shutil.rmtree("out")

    def stop(writer):
        if read_record(writer.path)["state"] == "running":
            signal.raise_signal(signal.SIGINT)
        return False

    with monkeypatch.context() as patch:
        patch.setattr("latentkit.training.writer.RunWriter.due", stop)
        command("analyze", *SMALL, "-o", "out", blobs)
    assert read_record(Path("out/run"))["state"] == "interrupted"
    assert "[2/11] train is not finished" in capsys.readouterr().err
    command("analyze", *SMALL, "-o", "out", blobs)
    assert Path("out/run/weights.safetensors").read_bytes() == weights
