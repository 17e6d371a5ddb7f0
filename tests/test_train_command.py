"""`latentkit train`: output, files and errors."""

import fcntl
import io
import json
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import numpy as np
import pytest
import typer
from harness import WALL
from PIL import Image

from latentkit.errors import BackendError, ImagesError, LatentkitError, TrainingError
from latentkit.formats import history
from latentkit.formats.run import FILES, read_images, read_record
from latentkit.images import scratch

SMALL = shlex.split("--backend numpy --size 8 --latent 3 --width 4 --batch 16 --epochs 2 --no-pictures")

PICTURES = {"curves.png", "reconstructions.png"}


@pytest.fixture
def train(command):
    return lambda *arguments: command("train", *arguments, *SMALL)


# What it prints ------------------------------------------------------------------------------


def test_stdout_is_the_path_of_the_run_and_nothing_else(latentkit, blobs, tmp_path):
    done = latentkit("train", blobs, "-o", "runs/one", *SMALL)
    assert (done.returncode, done.stdout) == (0, "runs/one\n")
    assert {path.name for path in (tmp_path / "runs" / "one").iterdir()} == {*FILES} - PICTURES
    words = done.stderr.splitlines()
    assert words[0] == "lower loss is better; a negative loss is healthy with a Gaussian likelihood"
    assert words[1].startswith("training on 54 images, validating on all 6 held-out images; ")
    assert words[1].endswith(" on cpu")
    assert words[2].split() == ["epoch", "loss", "bits/dim", "R2", "KL", "active", "lr", "left"]
    rows = [words[3].split(), words[4].split()]  # the first and the last validation
    assert [(row[0], row[5], row[6], row[8]) for row in rows] == [
        ("1/2", "3/3", "0.001", "best"),
        ("2/2", "3/3", "0.001", "best"),
    ]
    assert rows[1][7] == "0:00:00"
    assert words[5] == "done"
    assert re.fullmatch(
        r"best: epoch 2, loss -?[\d.]+, \d\.\d{3} bits/dim, R2 -?\d+\.\d{3}, error/pixel 0\.\d{5}", words[6]
    )
    assert words[7] == "the last validation was the best; more training may help: --resume --epochs 4"
    assert words[8] == "too early to tell whether it is healthy: 2 validations, and at least 3 are needed"
    assert words[9] == f"next: latentkit embed runs/one {blobs} | latentkit report"
    assert len(words) == 10


def test_the_pictures_of_a_run_are_drawn_and_replaced(command, blobs, tmp_path, capsys):
    how = SMALL[:-1]
    command("train", blobs, "-o", "run", *how)
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {*FILES}
    before = {name: (run / name).read_bytes() for name in PICTURES}
    for picture in before.values():
        assert min(Image.open(io.BytesIO(picture)).size) > 300
    command("train", blobs, "-o", "run", "--resume", "--epochs", "3", "--backend", "numpy")
    assert all((run / name).read_bytes() != picture for name, picture in before.items())
    command("train", blobs, "-o", "run", *how, "--overwrite", "--no-pictures")
    assert {path.name for path in run.iterdir()} == {*FILES} - PICTURES
    assert "could not be drawn" not in capsys.readouterr().err


def test_pictures_that_cannot_be_drawn_are_one_warning(command, blobs, tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise RuntimeError("no fonts")

    monkeypatch.setattr("latentkit.analysis.pictures.curves", fail)
    command("train", blobs, "-o", "run", *SMALL[:-1])
    out, err = capsys.readouterr()
    assert out == "run\n"
    assert err.count("warning: the pictures of the run could not be drawn: no fonts\n") == 1
    assert read_record(tmp_path / "run")["state"] == "done"


@pytest.mark.parametrize("absurd", ["--lr 10", "--beta 1e4"])
def test_more_training_is_not_suggested_after_an_absurd_option(train, blobs, capsys, absurd):
    train(blobs, "-o", "run", *absurd.split())
    words = capsys.readouterr().err
    assert "more training may help" not in words
    assert "problems found: " in words


def test_more_training_is_not_suggested_if_the_best_validation_was_not_the_last(latentkit, blobs, tmp_path):
    done = latentkit(
        "train", blobs, "-o", "run", *SMALL, "--epochs", "30", "--lr", "0.05", "--patience", "30"
    )
    lines = [
        line["validation"]["loss"]
        for line in history.read_history(tmp_path / "run" / "history.jsonl").lines
        if "validation" in line
    ]
    assert lines.index(min(lines)) < len(lines) - 1
    assert "the last validation was the best" not in done.stderr


def test_quiet_is_silent(train, blobs, capsys):
    train(blobs, "-o", "run", "--quiet")
    assert tuple(capsys.readouterr()) == ("run\n", "")


def test_quiet_does_not_silence_errors(latentkit, tmp_path):
    done = latentkit("train", tmp_path / "none", "-o", "run", "--quiet", *SMALL)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"latentkit: there is no file or folder {tmp_path / 'none'}: ")


@pytest.mark.parametrize("columns", [80, 60])
def test_on_a_terminal_it_draws_progress_and_leaves_the_validations(environment, blobs, tmp_path, columns):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    written = io.BytesIO()

    def read():
        try:
            while part := os.read(ours, 65536):
                written.write(part)
        except OSError:  # the other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    done = subprocess.run(
        [sys.executable, "-m", "latentkit", "train", str(blobs), "-o", "run", *SMALL],
        cwd=tmp_path,
        env={**environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=WALL,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    assert (done.returncode, done.stdout) == (0, b"run\n")
    drawn = written.getvalue().decode()
    assert "reading images" in drawn
    lines = [
        line.rstrip() for line in re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", drawn).replace("\r", "\n").split("\n")
    ]
    commands = [
        line for line in lines if line.startswith("next: ")
    ]  # never broken, so that they can be copied
    assert len(commands) == 1
    assert max(len(line) for line in lines if line not in commands) <= columns
    first, second = (next(line for line in lines if re.match(rf" *{epoch}/2 ", line)) for epoch in (1, 2))
    assert first.endswith("best")
    assert "done" in lines
    heading = next(line for line in lines if line.split()[:2] == ["epoch", "loss"])
    assert ("lr" in heading.split()) == (columns == 80)
    assert "bits/dim" in heading
    assert heading.index("bits/dim") + len("bits/dim") == second.index(second.split()[2]) + len(
        second.split()[2]
    )


def test_training_never_mentions_accuracy(latentkit, trained, command, blobs, capsys):
    command("train", blobs, "-o", "run", *SMALL)
    said = "".join(capsys.readouterr())
    texts = [
        said,
        latentkit("train", "--help").stdout,
        (trained / "run.json").read_text(),
        (trained / "history.jsonl").read_text(),
    ]
    for text in texts:
        assert text
        assert "accura" not in text.lower()


# What it leaves ------------------------------------------------------------------------------


def test_a_line_of_history_has_the_documented_keys(trained):
    written = history.read_history(trained / "history.jsonl").lines
    lines = [line for line in written if "finding" not in line]
    assert all(list(line) == ["step", "finding"] for line in written if line not in lines)
    assert [line["epoch"] for line in lines] == list(range(1, 31))
    for line in lines:
        assert list(line) == [
            "epoch",
            "step",
            "lr",
            "beta",
            "seconds",
            "images_per_second",
            "train",
            "validation",
        ]
        assert list(line["train"]) == ["loss", "reconstruction", "kl", "mse", "r2"]
        assert list(line["validation"]) == [
            "loss",
            "reconstruction",
            "kl",
            "mse",
            "r2",
            "active_units",
            "bits_per_dim",
        ]


def test_the_record_says_how_the_run_was_made(trained):
    record = read_record(trained)
    assert record["state"] == "done"
    assert record["options"]["latent"] == 4
    assert {key: record["images"][key] for key in ("count", "train", "validation")} == {
        "count": 60,
        "train": 54,
        "validation": 6,
    }
    assert record["backend"] == {
        "name": "numpy",
        "version": f"numpy {np.__version__}",
        "device": "cpu",
        "processes": 1,
        "compiled": False,
    }
    assert len(record["validation"]["kl_per_dim"]) == 4
    assert record["best"]["loss"] == record["validation"]["loss"]


def test_a_vae_of_blobs_learns_something(trained):
    first, *_ = history.read_history(trained / "history.jsonl").lines
    assert first["validation"]["r2"] < 0 < read_record(trained)["validation"]["r2"]


def test_images_are_recorded_with_split_label_and_digest(trained):
    images = read_images(trained)
    assert images.ids.tolist() == sorted(images.ids.tolist())
    assert [str(id_).split("/")[0] for id_ in images.ids] == images.labels.tolist()
    sides = [(label, side) for label, side in zip(images.labels, images.split, strict=True)]
    assert {name: sides.count((name, "validation")) for name in ("red", "green", "blue")} == {
        "red": 2,
        "green": 2,
        "blue": 2,
    }


def test_the_same_command_twice_gives_the_same_weights(train, blobs, tmp_path):
    for name in ("one", "two"):
        train(blobs, "-o", name)
    one, two = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


def test_labels_never_touch_the_weights(train, make_blobs, tmp_path):
    labeled, held_out = make_blobs("labeled"), make_blobs("held-out", each=3, seed=1)
    for name, label in (("flat", lambda path: ""), ("mixed", lambda path: "xyz"[int(path.stem) % 3])):
        for path in labeled.rglob("*.png"):
            # the same order of names, and so of images, in folders that say something else or nothing
            copy = tmp_path / name / label(path) / f"{path.parent.name}-{path.name}"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    train(labeled, "-o", "run-labeled", "--validation", held_out)
    train(tmp_path / "flat", "-o", "run-flat", "--validation", held_out)
    files = [tmp_path / f"run-{name}" / "weights.safetensors" for name in ("labeled", "flat")]
    assert files[0].read_bytes() == files[1].read_bytes()
    sides = [read_images(file.parent) for file in files]
    assert set(sides[0].labels[sides[0].split == "train"]) == {"red", "green", "blue"}
    assert set(sides[1].labels[sides[1].split == "train"]) == {""}


# Images --------------------------------------------------------------------------------------


def test_unreadable_images_are_counted_named_and_skipped(train, make_blobs, capsys):
    images = make_blobs("images")
    (images / "red" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    (images / "red" / "evil \x1b[31m.png").write_bytes(b"")
    train(images, "-o", "run")
    words = capsys.readouterr().err.splitlines()
    assert words[0] == "2 of 62 images could not be read and are skipped:"
    assert words[1].startswith(f"  {images}/red/broken.png: ")
    assert words[2].startswith(f"  {images}/red/evil \\x1b[31m.png: ")
    assert read_record(Path("run"))["images"]["count"] == 60


def test_no_readable_image_is_an_error(train, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"no")
    with pytest.raises(ImagesError, match=r"none of 1 images can be read \(.*a\.png: .*\): name a folder"):
        train(tmp_path / "images", "-o", "run")
    assert not (tmp_path / "run").exists()


def test_one_image_is_too_few(train, make_blobs):
    with pytest.raises(ImagesError, match="give at least two different images"):
        train(make_blobs("images") / "red" / "00.png", "-o", "run")


def test_two_images_are_enough(train, make_blobs, capsys):
    images = make_blobs("images") / "red"
    train(images / "00.png", images / "01.png", "-o", "run")
    assert "training on 1 images, validating on all 1 held-out images" in capsys.readouterr().err
    assert read_record(Path("run"))["validation"]["r2"] is None


def test_color_in_the_validation_folder_alone_makes_the_run_color(train, make_blobs, tmp_path):
    images = make_blobs("images")
    for path in images.rglob("*.png"):
        Image.open(path).convert("L").save(path)
    train(images, "-o", "gray")
    train(images, "-o", "color", "--validation", make_blobs("held-out", each=3, seed=1))
    assert [read_record(Path(run))["images"]["transform"]["color"] for run in ("gray", "color")] == [
        "gray",
        "rgb",
    ]


def test_images_of_the_validation_folder_are_not_trained_on(train, make_blobs, capsys):
    images, held_out = make_blobs("images"), make_blobs("held-out", each=3, seed=1)
    for name in ("00", "01"):
        (held_out / "red" / f"again-{name}.png").write_bytes((images / "red" / f"{name}.png").read_bytes())
    train(images, "-o", "run", "--validation", held_out)
    words = capsys.readouterr().err
    assert "2 training images are skipped because they are in the validation folder too\n" in words
    assert "training on 58 images, validating on all 11 held-out images" in words
    found = read_images(Path("run"))
    assert np.isin(found.digest[found.split == "train"], found.digest[found.split == "validation"]).sum() == 0


@pytest.mark.parametrize("gray", [True, False])
def test_arrays_can_be_trained_on(train, tmp_path, gray):
    shape = (12, 9, 9) if gray else (12, 9, 9, 3)
    np.savez(tmp_path / "X.npz", pictures=np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    train("X.npz:pictures", "-o", "run")
    record = read_record(Path("run"))
    assert record["architecture"]["image"] == [8, 8, 1 if gray else 3]
    assert read_images(Path("run")).ids[0] == "pictures/000000"


@pytest.mark.parametrize(
    "options",
    [
        "--size 2 --latent 1",
        "--batch 1000",
        "--arch mlp --size 3",
        "--arch resnet",
        "--augment denoise",
        "--epochs 1",
    ],
)
def test_tiny_and_unusual_inputs_can_be_trained_on(command, blobs, options):
    command("train", blobs, "-o", "run", *SMALL, *options.split())
    assert read_record(Path("run"))["state"] == "done"


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "not cached"])
def test_more_images_than_memory_holds_train_from_disk_to_the_same_bytes(
    train, blobs, tmp_path, monkeypatch, cached
):
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    how = [] if cached else ["--no-cache"]
    train(blobs, "-o", "inside", "--augment", "denoise", *how)
    mapped = []
    monkeypatch.setattr(scratch, "memory_budget", lambda: 60 * 8 * 8 * 3 - 1)
    monkeypatch.setattr(
        "latentkit.training.data.prefetch", lambda pixels, rows: mapped.append(type(pixels) is np.memmap)
    )
    train(blobs, "-o", "outside", "--augment", "denoise", *how)
    assert mapped == [True] * 10  # eight steps and two validations
    for name in ("weights.safetensors", "baseline.safetensors", "images.npz"):
        assert (tmp_path / "inside" / name).read_bytes() == (tmp_path / "outside" / name).read_bytes()
    assert list((tmp_path / "temporary").iterdir()) == []
    left = sorted(path.suffix for path in tmp_path.glob("cache/*"))
    assert left == ([".sqlite"] if cached else [])


def test_images_of_one_color_can_be_trained_on(train, tmp_path):
    for shade in (10, 200):
        Image.new("L", (8, 8), shade).save(tmp_path / f"{shade}.png")
    train(tmp_path / "10.png", tmp_path / "200.png", "-o", "run")
    assert read_record(Path("run"))["architecture"]["image"] == [8, 8, 1]


@pytest.mark.parametrize(("option", "end"), [("--files-from", "\n"), ("--files0-from", "\0")])
def test_image_names_can_come_from_stdin(sh, blobs, end, option, tmp_path):
    printed = "-print0" if end == "\0" else ""
    done = sh(f"find {blobs} -name '*.png' {printed} | latentkit train {option} - -o run {' '.join(SMALL)}")
    assert (done.returncode, done.stdout) == (0, "run\n"), done.stderr
    assert read_record(tmp_path / "run")["images"]["count"] == 60


# What it refuses -----------------------------------------------------------------------------


def test_an_existing_run_is_not_replaced(train, blobs, tmp_path):
    train(blobs, "-o", "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(
        TrainingError, match="run is already a run; resume it with --resume, or replace it with --ov"
    ):
        train(blobs, "-o", "run", "--seed", 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    train(blobs, "-o", "run", "--seed", 1, "--overwrite")
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() != before["weights.safetensors"]


def test_overwriting_with_unreadable_images_leaves_the_run_alone(train, blobs, tmp_path):
    train(blobs, "-o", "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    (tmp_path / "broken.png").write_bytes(b"no")
    for images in ("broken.png", "none"):
        with pytest.raises(ImagesError):
            train(images, "-o", "run", "--overwrite")
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--validation 1.5", "1.5 is neither a fraction between 0 and 1 nor a folder"),
        ("--validation 0", "0 is neither a fraction between 0 and 1 nor a folder"),
        ("--validation nan", "nan is neither a fraction between 0 and 1 nor a folder"),
        ("--resume --overwrite", "cannot be used together"),
        ("--epochs 0", "--epochs"),
        ("--beta=-1", "--beta"),
        ("--likelihood poisson", "--likelihood"),
        ("--workers 0", "'0' is neither a positive number of threads nor auto"),
        ("--workers ٣", "is neither a positive number of threads nor auto"),
        ("--latent many", "--latent"),
    ],
)
def test_invalid_options_are_usage_errors(command, blobs, options, message):
    with pytest.raises(typer.BadParameter) as error:
        command("train", blobs, "-o", "run", *options.split())
    assert message in error.value.format_message()
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--lr inf", "--lr is inf; it must be a finite number"),
        ("--beta inf", "--beta is inf; it must be a finite number"),
        ("--min-lr 1", "--min-lr 1 is above --lr 0.001; lower it"),
        ("--likelihood bernoulli --sigma 0.1", "--sigma requires the Gaussian likelihood; "),
        ("--size 9", "convolutions cannot halve images of 9x9 pixels; choose an even --size"),
        ("--device tpu", "numpy has no device 'tpu'; it has cpu"),
        ("--validation nowhere", "there is no file or folder nowhere: "),
        ("--backend nonesuch", "there is no backend 'nonesuch'; installed: "),
    ],
)
def test_impossible_options_are_errors_and_make_no_run(command, blobs, options, message):
    with pytest.raises(LatentkitError) as error:
        command("train", blobs, "-o", "run", *SMALL, *options.split())
    assert str(error.value).startswith(message)
    assert not Path("run").exists()


def test_an_unwritable_folder_is_named(latentkit, blobs, tmp_path):
    (tmp_path / "file").write_text("")
    done = latentkit("train", blobs, "-o", "file/run", *SMALL)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "latentkit: file/run: Not a directory"


def test_the_record_is_plain_json(trained):
    record = json.loads((trained / "run.json").read_text(), parse_constant=pytest.fail)
    assert record["schema"] == "latentkit.run/1"
    for line in (trained / "history.jsonl").read_text().splitlines():
        assert json.loads(line, parse_constant=pytest.fail)


# How it computes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "instead"),
    [("--compile", "leave it out"), ("--precision bfloat16", "use --precision float32")],
)
def test_an_unsupported_feature_is_reported_before_anything_is_written(
    train, blobs, tmp_path, words, instead
):
    with pytest.raises(BackendError) as error:
        train(blobs, "-o", "run", *words.split())
    assert (
        str(error.value) == f"the numpy backend does not support {words}: {instead}, or use --backend torch"
    )
    assert not (tmp_path / "run").exists()


def test_a_run_in_low_precision_is_recorded_and_resumed_as_such(command, load_backend, blobs, tmp_path):
    load_backend("torch")
    how = shlex.split("--backend torch --size 8 --latent 3 --width 4 --batch 16 --epochs 2")
    command("train", blobs, "-o", "run", *how, "--precision", "bfloat16")
    record = read_record(tmp_path / "run")
    assert record["options"]["precision"] == "bfloat16" and record["backend"]["compiled"] is False
    with pytest.raises(BackendError, match="numpy backend does not support --precision bfloat16"):
        command("train", blobs, "-o", "run", "--resume", "--epochs", "3", "--backend", "numpy")
    command(
        "train",
        blobs,
        "-o",
        "run",
        "--resume",
        "--epochs",
        "3",
        "--backend",
        "numpy",
        "--precision",
        "float32",
    )
    assert read_record(tmp_path / "run")["options"]["precision"] == "float32"
