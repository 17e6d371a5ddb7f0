"""Groups of processes started by torchrun have the same results as one process."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from harness import WALL

from latentkit import shell
from latentkit.errors import BackendError
from latentkit.formats import history
from latentkit.formats.run import FILES, read_record
from latentkit.formats.tensors import read_tensors
from latentkit.training.checkpoint import restore

SMALL = shlex.split(
    "--backend torch --arch mlp --width 16 --size 8 --latent 3 --batch 15 --validation 0.2 --free-bits 0.05 --no-pictures"
)
PIXELS = 8 * 8 * 3
EPOCH = 4  # steps: 48 images, the last batch has 3


@pytest.fixture(scope="module")
def threadless(environment):
    """The environment of processes with one thread each."""
    return environment | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def start(threadless, load_backend):
    """Start two processes of latentkit with torchrun."""
    load_backend("torch")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]

    started = []

    def start(*arguments: object, cwd) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*launcher, "-m", "latentkit", *map(str, arguments)],
            cwd=cwd,
            env=threadless,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=WALL)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(scope="module")
def alone():
    """Run latentkit in a single process with one thread."""
    import torch
    from threadpoolctl import threadpool_limits

    from latentkit.cli import app

    def alone(*arguments: object) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                app([*map(str, arguments), "--quiet", "--no-cache"], standalone_mode=False)
        finally:
            torch.set_num_threads(before)
            shell.quiet(False)

    return alone


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of the two runs of this module."""
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def runs(start, alone, blobs, folder):
    """Train `one` in one process and `two` in two; return the output of the two."""
    how = (*SMALL, "--epochs", 2, "--validate-every", 1)
    process = start("train", blobs, "-o", "two", *how, cwd=folder)
    alone("train", blobs, "-o", folder / "one", *how)
    out, words = process.communicate(timeout=WALL)
    assert process.returncode == 0, words
    return out, words


@pytest.fixture
def port() -> int:
    """A free port of this machine."""
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


def by_hand(ranks: str, port: int, *arguments: object, cwd, env) -> list[subprocess.Popen[str]]:
    """Start some of two processes without torchrun, by setting its variables, as some clusters do."""
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "latentkit", *map(str, arguments)],
            cwd=cwd,
            env=env | together | {"RANK": rank, "LOCAL_RANK": rank},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ranks
    ]


def lines(run):
    return [line for line in history.read_history(run / "history.jsonl").lines if "validation" in line]


def test_two_processes_have_the_same_losses_as_one(runs, folder):
    one, two = (lines(folder / name) for name in ("one", "two"))
    assert [line["step"] for line in two] == [line["step"] for line in one] == list(range(1, 2 * EPOCH + 1))
    for mine, theirs in zip(one[:EPOCH], two, strict=False):
        for side in ("train", "validation"):
            for name in ("loss", "reconstruction", "kl"):
                scale = max(abs(mine[side]["loss"]), PIXELS)
                assert abs(theirs[side][name] - mine[side][name]) < 1e-5 * scale, (mine["step"], side, name)


def test_two_processes_have_the_same_weights_as_one(runs, folder):
    (one, _), (two, _) = (read_tensors(folder / name / "last.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-2, atol=1e-4, err_msg=name)


def test_only_one_process_prints_and_writes(runs, folder):
    out, words = runs
    assert out == "two\n"
    assert len(re.findall(r"^training on 48 images, .* on cpu in 2 processes$", words, re.MULTILINE)) == 1
    assert words.count("best: epoch") == 1
    assert {path.name for path in (folder / "two").iterdir()} == set(FILES) - {
        "curves.png",
        "reconstructions.png",
    }
    assert read_record(folder / "two")["backend"]["processes"] == 2


def test_a_run_of_two_processes_resumes_in_one(runs, alone, blobs, folder, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(folder / name, tmp_path / name)
        alone("train", blobs, "-o", tmp_path / name, "--resume", "--epochs", 3)
    one, two = (lines(tmp_path / name) for name in ("one", "two"))
    assert len(one) == len(two) == 3 * EPOCH
    assert two[-1]["validation"]["loss"] == pytest.approx(one[-1]["validation"]["loss"], abs=1e-3 * PIXELS)


@pytest.mark.slow  # tests/test_embed_share.py holds the same of threads
def test_two_processes_embed_to_the_same_bytes_as_one(
    runs, threadless, alone, folder, make_blobs, port, tmp_path
):
    images = make_blobs("more", each=20, seed=3)
    (images / "green" / "05.png").write_bytes(b"no image")
    how = ("embed", folder / "one", images, "--batch", 8, "--thumbnails", 4, "-o")
    processes = by_hand("01", port, *how, "two.npz", cwd=tmp_path, env=threadless)
    alone(*how, tmp_path / "one.npz")
    stderr = [process.communicate(timeout=WALL)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], stderr
    assert (tmp_path / "two.npz").read_bytes() == (tmp_path / "one.npz").read_bytes()
    assert stderr[0].startswith("1 of 60 images could not be read and are skipped:\n")
    assert stderr[1] == ""


# What a group is not for --------------------------------------------------------------------


@pytest.fixture
def second(monkeypatch):
    """Make this process one of two; `second(0)` makes it the first."""

    def be(rank: int) -> None:
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", "2")

    return be


def test_a_backend_without_groups_says_what_to_do(command, blobs, second):
    second(0)
    with pytest.raises(
        BackendError, match="the numpy backend runs in a single process; start it without torchrun, or use"
    ):
        command("train", blobs, "-o", "run", "--backend", "numpy")


def test_a_command_that_does_not_support_groups_fails_with_one_message(latentkit, environment):
    both = [
        latentkit("info", "run", environment=environment | {"RANK": str(rank), "WORLD_SIZE": "2"})
        for rank in (0, 1)
    ]
    assert [done.returncode for done in both] == [2, 2]
    assert "info runs in a single process: start it without torchrun" in " ".join(both[0].stderr.split())
    assert (both[1].stdout, both[1].stderr) == ("", "")


def test_a_group_cannot_read_image_names_from_stdin(latentkit, environment):
    done = latentkit(
        "train", "-o", "run", "--files-from", "-", environment=environment | {"RANK": "0", "WORLD_SIZE": "2"}
    )
    assert done.returncode == 2
    assert "cannot share standard input" in " ".join(done.stderr.split())


# Endings --------------------------------------------------------------------------------------


def wait_for(process, happened) -> None:
    deadline = time.monotonic() + WALL
    while not happened():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(process) -> list[int]:
    """Return the process ids of a launcher's workers, in the order of their ranks."""
    found = {}
    for pid in subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
    ).stdout.split():
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            variables = dict(pair.split(b"=", 1) for pair in file.read().split(b"\0") if b"=" in pair)
        if b"RANK" in variables:
            found[int(variables[b"RANK"])] = int(pid)
    return [found[rank] for rank in sorted(found)]


LONG = ("--epochs", 100_000, "--patience", 100_000, "--validate-every", EPOCH)


@pytest.fixture
def begin(start, blobs, tmp_path):
    """Start two processes on a very long training; return after the first validations."""
    started = []

    def begin():
        process = start("train", blobs, "-o", "run", *SMALL, *LONG, cwd=tmp_path)
        started.append(process)
        wait_for(process, lambda: len(history.read_history(tmp_path / "run" / "history.jsonl").lines) > 3)
        return process

    yield begin
    for process in started:
        process.terminate()
        process.wait(timeout=WALL)
        process.stdout.close()
        process.stderr.close()


def assert_goes_on(alone, blobs, tmp_path) -> None:
    epochs = restore(tmp_path / "run")[1].step // EPOCH + 2
    alone("train", blobs, "-o", tmp_path / "run", "--resume", "--epochs", epochs)
    assert restore(tmp_path / "run")[1].step == epochs * EPOCH


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_group_with_one_message(begin, alone, blobs, tmp_path, rank):
    process = begin()
    os.kill(workers_of(process)[rank], signal.SIGKILL)
    began = time.monotonic()
    out, words = process.communicate(timeout=WALL)
    assert time.monotonic() - began < 300  # gloo waits 30 minutes by itself
    assert (process.returncode, out) == (1, "")
    messages = [line for line in words.splitlines() if line.startswith("latentkit: ")]
    assert len(messages) == 1
    # On a busy machine the launcher may end the other process before that one misses its fellow.
    gone = "latentkit: another of the 2 processes of this group has ended; "
    assert messages[0].startswith(gone) or messages[0] == "latentkit: terminated"
    assert words.index(messages[0]) < words.index("Traceback")
    assert_goes_on(alone, blobs, tmp_path)


@pytest.mark.slow
def test_sigterm_to_the_launcher_saves_the_run_and_it_resumes(begin, alone, blobs, tmp_path):
    process = begin()
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    out, words = process.communicate(timeout=WALL)
    assert time.monotonic() - began < 300  # gloo waits 30 minutes by itself
    assert out == ""
    step = restore(tmp_path / "run")[1].step
    assert f"interrupted after step {step}; continue with --resume" in words.splitlines()
    assert read_record(tmp_path / "run")["state"] == "interrupted"
    assert_goes_on(alone, blobs, tmp_path)


@pytest.mark.slow
def test_sigterm_to_one_process_stops_all_after_the_same_step(begin, tmp_path):
    process = begin()
    os.kill(workers_of(process)[1], signal.SIGTERM)
    _, words = process.communicate(timeout=WALL)
    step = restore(tmp_path / "run")[1].step
    assert f"interrupted after step {step}; continue with --resume" in words.splitlines()
    assert "has ended" not in words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("images", "more", "words"),
    [
        ("BLOBS", [], "two is already a run; resume it with --resume, or replace it with --overwrite"),
        ("nowhere", [], "there is no file or folder nowhere: "),
        ("BLOBS", ["--resume", "--lr", "0.5"], "--lr is 0.001 in the run and 0.5 on the command line, "),
    ],
)
def test_an_error_in_all_processes_is_reported_once(start, runs, blobs, folder, images, more, words):
    images = str(blobs) if images == "BLOBS" else images
    process = start("train", images, "-o", "two", *SMALL, *more, cwd=folder)
    out, stderr = process.communicate(timeout=WALL)
    assert (process.returncode, out) == (1, "")
    messages = [line for line in stderr.splitlines() if line.startswith("latentkit: ")]
    assert len(messages) == 1
    assert messages[0].startswith(f"latentkit: {words}")


@pytest.mark.slow
def test_a_process_that_waits_for_missing_others_can_be_terminated(threadless, blobs, port, tmp_path):
    (process,) = by_hand("0", port, "train", blobs, "-o", "run", *SMALL, cwd=tmp_path, env=threadless)

    def waits() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("localhost", port)) == 0

    wait_for(process, waits)
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode != 0
    assert not (tmp_path / "run").exists()
